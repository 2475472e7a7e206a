"""SAML login by POST: an identity provider's signed word in a form field.

The browser carries ``SAMLResponse`` (base64 XML, saml-bindings-2.0-os 3.5) to
the application's assertion consumer service. Three steps, each of which may
only refuse: the structure allows one reading (``saml_document``), every
signature in it is valid under the pinned certificate, and the element *the
verifier gives back* names an account for this application at this time
(``saml_assertion``). The name is verified; the session key is bound only if the
application accepted it as well.

Certificates are compared by their key; that theirs expired is no reason to
refuse (metadata pins keys, saml-metadata-2.0-os). Whatever a library does with
hostile XML ends as ``bad_signature``. Nothing of the response is kept or logged.
"""

from __future__ import annotations

import base64
import binascii
import logging

import lxml.etree
from cryptography import x509

from proxy.attribution.asked import Asked
from proxy.attribution.materials import Materials, extra
from proxy.attribution.schemes.base import Candidate
from proxy.attribution.schemes.saml_assertion import assertion_name
from proxy.attribution.schemes.saml_document import (
    BOUNDS,
    SAML,
    SAMLP,
    Refused,
    parse_response,
    signed_parents,
)
from proxy.attribution.spec import SamlLogin
from proxy.errors import UsageError
from proxy.events import Strength

FIELD = "SAMLResponse"
_WHITE = str.maketrans("", "", " \t\r\n")
_LOCATION = {
    f"{{{SAMLP}}}Response": "./",
    f"{{{SAML}}}Assertion": f"./{{{SAML}}}Assertion/",
}
MAX_CERTIFICATES = 4
"""The old key, the new one, and room: each costs a verification of every login."""


class SamlScheme:
    """Reads one ``SamlLogin``.

    Raises:
        UsageError: the extra is missing, or the certificate is not one.
    """

    def __init__(self, login: SamlLogin, materials: Materials) -> None:
        self._login = login
        self._signxml = extra("signxml", "saml", use="SAML logins")
        # Its debug messages hold the signed document.
        logging.getLogger("signxml").setLevel(logging.WARNING)
        self._certificates = _certificates(login, materials)

    def candidate(self, asked: Asked) -> Candidate | None:
        """See ``Scheme``."""
        login = self._login
        if not asked.fits(login.request):
            return None
        name, reason = "", ""
        try:
            name = self._name(asked)
        except Refused as refused:
            reason = refused.reason
        return Candidate(
            name=name,
            scheme=login.name,
            confirmed_when=login.confirmed_when,
            strength=Strength.VERIFIED,
            reason=reason,
        )

    def _name(self, asked: Asked) -> str:
        response = parse_response(_document(asked))
        destination = response.get("Destination")
        wanted = self._login.recipient
        if wanted is not None and destination not in (None, "", wanted):
            raise Refused("wrong_recipient")
        assertion = self._verified(response)
        return assertion_name(assertion, self._login, asked.wall_ns)

    def _verified(self, response: lxml.etree._Element) -> lxml.etree._Element:
        """The assertion, from what was signed; every signature must be valid."""
        found: lxml.etree._Element | None = None
        data = lxml.etree.tostring(response)
        for parent in signed_parents(response):
            signed = self._signed(data, _LOCATION[str(parent.tag)])
            if signed.tag != parent.tag or signed.get("ID") != parent.get("ID"):
                raise Refused("bad_signature")
            if found is None:
                found = (
                    signed
                    if signed.tag == f"{{{SAML}}}Assertion"
                    else signed.find(f"{{{SAML}}}Assertion")
                )
        if found is None:
            raise Refused("bad_signature")
        return found

    def _signed(self, data: bytes, location: str) -> lxml.etree._Element:
        signxml = self._signxml
        config = signxml.SignatureConfiguration(location=location, expect_references=1)
        for certificate in self._certificates:
            try:
                result = signxml.XMLVerifier().verify(
                    data,
                    x509_cert=certificate,
                    id_attribute="ID",
                    expect_config=config,
                )
            except Exception:  # noqa: BLE001, S112 - fail closed: nothing is verified
                continue
            if isinstance(result.signed_xml, lxml.etree._Element):  # noqa: SLF001
                return result.signed_xml
        raise Refused("bad_signature")


def _document(asked: Asked) -> bytes:
    """The one response a request carries, decoded."""
    if not asked.complete:
        raise Refused("ambiguous")
    fields = (*asked.query, *asked.form)
    values = {value for name, value in fields if name.casefold() == FIELD.casefold()}
    if not values:
        artifact = any(name.casefold() == "samlart" for name, _ in fields)
        raise Refused("artifact" if artifact else "no_assertion")
    if len(values) != 1:
        raise Refused("ambiguous")
    text = values.pop()
    if len(text) > BOUNDS.document * 3 // 2:
        raise Refused("too_large")
    try:
        return base64.b64decode(text.translate(_WHITE), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("malformed_response") from None


def _certificates(login: SamlLogin, materials: Materials) -> list[x509.Certificate]:
    data = materials.file(login.certificate)
    try:
        found = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise UsageError(
            f"{login.certificate}: not a PEM certificate of an identity provider"
        ) from error
    if len(found) > MAX_CERTIFICATES:
        raise UsageError(
            f"{login.certificate}: {len(found)} certificates, at most "
            f"{MAX_CERTIFICATES}; keep those the identity provider signs with"
        )
    return found
