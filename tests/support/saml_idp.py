"""A test identity provider: its own key, and responses good and bad.

It signs with signxml or, for what signxml would not make, signs first and has
the document changed afterwards, as an attacker does.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from functools import cache

import lxml.etree
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.signer import XMLSigner
from typing_extensions import override

IDP = "https://idp.example/metadata"
AUDIENCE = "https://app.example/metadata"
ACS = "https://app.example/saml/acs"
NS = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
"""When the responses of these tests are issued unless they say otherwise."""

_RESPONSE = """\
<samlp:Response xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="_r{serial}" Version="2.0"
 IssueInstant="{now}" Destination="{destination}" InResponseTo="{request}"><saml:Issuer>{issuer}</saml:Issuer>\
<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>\
<saml:Assertion ID="_a{serial}" Version="2.0" IssueInstant="{now}">\
<saml:Issuer>{issuer}</saml:Issuer>\
<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">{name}</saml:NameID>\
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{recipient}" InResponseTo="{request}"/>\
</saml:SubjectConfirmation></saml:Subject>\
<saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}"><saml:AudienceRestriction>\
<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="_s{serial}"><saml:AuthnContext>\
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password\
</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>\
<saml:AttributeStatement><saml:Attribute Name="uid">\
<saml:AttributeValue>{uid}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>\
</saml:Assertion></samlp:Response>"""  # noqa: E501


@cache
def _key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the identity provider is asked to sign."""

    name: str = "jansen"
    uid: str = "P-4711"
    audience: str = AUDIENCE
    recipient: str = ACS
    destination: str = ACS
    issuer: str = IDP
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    request: str = "_q1"
    serial: int = 1
    now: dt.datetime = NOON
    lasts: dt.timedelta = dt.timedelta(minutes=5)
    sign: tuple[str, ...] = ("assertion",)
    """Signed in this order: an inner signature comes before the outer one."""

    def document(self) -> lxml.etree._Element:
        """Unsigned."""
        texts = {
            key: _escaped(getattr(self, key))
            for key in (
                "name",
                "uid",
                "audience",
                "recipient",
                "destination",
                "issuer",
                "status",
                "request",
                "serial",
            )
        }
        return lxml.etree.fromstring(
            _RESPONSE.format(
                samlp=NS["samlp"],
                saml=NS["saml"],
                now=_instant(self.now),
                since=_instant(self.now - dt.timedelta(seconds=5)),
                until=_instant(self.now + self.lasts),
                **texts,
            )
        )


class _AnySigner(XMLSigner):
    """Signs with SHA-1 as well, as providers of that age do."""

    @override
    def check_deprecated_methods(self) -> None:
        return


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """One signing key."""

    number: int = 0
    algorithm: SignatureMethod = SignatureMethod.RSA_SHA256

    @property
    def key_pem(self) -> bytes:
        """The private key."""
        return _key(self.number).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def certificate(self) -> bytes:
        """What the application and the rule set pin, PEM."""
        return _certificate(self.number)

    def sign(self, statement: Statement) -> lxml.etree._Element:
        """A response, signed as the statement says."""
        root = statement.document()
        for what in statement.sign:
            root = self.signed(root, what)
        return root

    def signed(self, root: lxml.etree._Element, what: str) -> lxml.etree._Element:
        """The same with a signature under its assertion or its response."""
        target = root if what == "response" else one(root, "saml:Assertion")
        # Where the schema wants it: behind the issuer.
        place = lxml.etree.Element(
            f"{{{NS['ds']}}}Signature", {"Id": "placeholder"}, {"ds": NS["ds"]}
        )
        one(target, "./saml:Issuer").addnext(place)
        signer = _AnySigner(
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
            signature_algorithm=self.algorithm,
        )
        done: lxml.etree._Element = signer.sign(
            target,
            key=self.key_pem,
            cert=self.certificate.decode(),
            reference_uri=str(target.get("ID")),
            id_attribute="ID",
        )
        if what == "response":
            return done
        parent = target.getparent()
        assert parent is not None
        parent.replace(target, done)
        return root


def one(root: lxml.etree._Element, path: str) -> lxml.etree._Element:
    """The first element of a path; ``//`` is implied unless it starts with a dot."""
    full = path if path.startswith(".") else f".//{path}"
    found = root.find(full, NS)
    assert found is not None, path
    return found


def encoded(document: lxml.etree._Element | bytes | str) -> str:
    """The value of the form field."""
    if isinstance(document, str):
        document = document.encode()
    if not isinstance(document, bytes):
        document = lxml.etree.tostring(document)
    return base64.b64encode(document).decode()


def response(
    statement: Statement | None = None, idp: IdentityProvider | None = None
) -> str:
    """An ordinary response, ready for the form field."""
    return encoded((idp or IdentityProvider()).sign(statement or Statement()))


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _escaped(value: object) -> str:
    text = str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@cache
def _certificate(number: int) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"idp {number}")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key(number).public_key())
        .serial_number(number + 1)
        .not_valid_before(NOON - dt.timedelta(days=3650))
        .not_valid_after(NOON + dt.timedelta(days=3650))
        .sign(_key(number), hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
