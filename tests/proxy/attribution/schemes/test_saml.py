"""SAML by POST: a signed response names somebody, any other names nobody."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from urllib.parse import urlencode

import lxml.etree
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signxml.algorithms import SignatureMethod

from proxy.attribution.asked import Asked
from proxy.attribution.materials import Materials
from proxy.attribution.schemes.base import Candidate
from proxy.attribution.schemes.saml import SamlScheme
from proxy.attribution.schemes.saml_document import Bounds, Refused, parse_response
from proxy.attribution.spec import RequestMatch, SamlLogin, StatusIn
from proxy.errors import UsageError
from proxy.events import Strength
from proxy.exchange.model import Exchange
from proxy.exchange.patterns import compile_pattern
from tests.support.browsing import exchange
from tests.support.saml_idp import (
    ACS,
    AUDIENCE,
    IDP,
    NOON,
    NS,
    IdentityProvider,
    Statement,
    encoded,
    one,
    response,
)

LOGIN = SamlLogin(
    request=RequestMatch(compile_pattern("POST /saml/acs")),
    certificate="idp.pem",
    audience=AUDIENCE,
    confirmed_when=StatusIn(302, 303),
    recipient=ACS,
    issuer=IDP,
)
OTHER = IdentityProvider(1)


def scheme(login: SamlLogin = LOGIN, *pinned: IdentityProvider) -> SamlScheme:
    """The scheme with these identity providers' certificates."""
    pem = b"".join(each.certificate for each in pinned or (IdentityProvider(),))
    return SamlScheme(login, Materials({"idp.pem": pem}))


def posted(value: str, **more: str) -> Exchange:
    """The browser's POST to the application."""
    form = urlencode({"SAMLResponse": value, "RelayState": "/", **more})
    return exchange("/saml/acs", method="POST", form=form)


def read(
    asked: Exchange,
    reader: SamlScheme | None = None,
    when: dt.datetime = NOON,
) -> Candidate:
    """What the request claims at that time."""
    wall = int(when.timestamp() * 10**9) - asked.request.start_ns
    found = (reader or scheme()).candidate(
        Asked(asked.request, wall_minus_monotonic_ns=wall)
    )
    assert found is not None
    assert bool(found.name) != bool(found.reason)
    return found


def said(
    value: str | lxml.etree._Element,
    login: SamlLogin = LOGIN,
    when: dt.datetime = NOON,
) -> str:
    """The name a response gives, or why it gives none."""
    text = value if isinstance(value, str) else encoded(value)
    found = read(posted(text), scheme(login), when)
    return found.name or found.reason


def refused(value: str | lxml.etree._Element, login: SamlLogin = LOGIN) -> str:
    """Why a response names nobody; it must not name anybody."""
    text = value if isinstance(value, str) else encoded(value)
    found = read(posted(text), scheme(login))
    assert not found.name
    return found.reason


@pytest.mark.matrix(scheme="saml", case="right login")
@pytest.mark.parametrize(
    "sign", [("assertion",), ("response",), ("assertion", "response")]
)
def test_the_name_of_a_signed_response_is_verified(sign: tuple[str, ...]) -> None:
    """Identity providers sign the assertion, the response around it, or both."""
    found = read(posted(response(Statement(sign=sign))))

    assert (
        found.name,
        found.strength,
        found.scheme,
    ) == ("jansen", Strength.VERIFIED, "saml")


def test_an_attribute_may_hold_the_account() -> None:
    """Where the NameID is an opaque number, the directory's uid is an attribute."""
    login = replace(LOGIN, attribute="uid")

    assert said(response(), login) == "P-4711"
    assert said(response(), replace(LOGIN, attribute="mail")) == "no_name"


def test_a_request_to_another_address_is_no_login() -> None:
    """Only the assertion consumer service takes responses."""
    other = exchange("/saml/slo", method="POST", form="SAMLResponse=x")

    assert scheme().candidate(Asked(other.request)) is None


def test_either_of_two_pinned_certificates_may_sign() -> None:
    """While an identity provider replaces its key both are in use."""
    both = scheme(LOGIN, IdentityProvider(), OTHER)

    assert read(posted(response()), both).name == "jansen"
    assert read(posted(response(idp=OTHER)), both).name == "jansen"


def test_another_key_signs_for_nobody() -> None:
    """The certificate inside the signature is the attacker's to choose."""
    assert refused(response(idp=OTHER)) == "bad_signature"


def test_an_unsigned_response_names_nobody() -> None:
    """Even when the application would take it."""
    assert refused(Statement(sign=()).document()) == "unsigned"


@pytest.mark.matrix(scheme="saml", case="forged identity")
def test_a_swapped_name_breaks_the_signature() -> None:
    """Whatever is changed after signing."""
    signed = IdentityProvider().sign(Statement())
    one(signed, "saml:NameID").text = "boss"

    assert refused(signed) == "bad_signature"


def test_a_signature_of_the_response_around_a_swapped_assertion_is_bad() -> None:
    """Both are signed; the inner one is somebody else's, and valid by itself."""
    idp = IdentityProvider()
    mine = idp.sign(Statement(sign=("assertion", "response")))
    other = idp.sign(Statement(name="boss", serial=2))
    mine.replace(one(mine, "saml:Assertion"), one(other, "saml:Assertion"))

    assert refused(mine) == "bad_signature"


def _evil(original: lxml.etree._Element, identity: str) -> lxml.etree._Element:
    """An unsigned copy of an assertion that names somebody else."""
    copy = deepcopy(original)
    for signature in copy.findall("ds:Signature", NS):
        copy.remove(signature)
    copy.set("ID", identity)
    one(copy, "saml:NameID").text = "boss"
    return copy


def _before(root: lxml.etree._Element) -> None:
    assertion = one(root, "saml:Assertion")
    assertion.addprevious(_evil(assertion, "_evil"))


def _after(root: lxml.etree._Element) -> None:
    assertion = one(root, "saml:Assertion")
    assertion.addnext(_evil(assertion, "_evil"))


def _inside_evil(root: lxml.etree._Element) -> None:
    assertion = one(root, "saml:Assertion")
    evil = _evil(assertion, "_evil")
    root.replace(assertion, evil)
    evil.append(assertion)


def _around_signature(root: lxml.etree._Element) -> None:
    assertion = one(root, "saml:Assertion")
    evil = _evil(assertion, "_evil")
    signature = one(assertion, "ds:Signature")
    assertion.remove(signature)
    root.replace(assertion, evil)
    evil.append(signature)
    signature.append(assertion)


def _in_object(root: lxml.etree._Element) -> None:
    assertion = one(root, "saml:Assertion")
    evil = _evil(assertion, str(assertion.get("ID")))
    signature = one(assertion, "ds:Signature")
    assertion.remove(signature)
    root.replace(assertion, evil)
    evil.insert(1, signature)
    lxml.etree.SubElement(signature, f"{{{NS['ds']}}}Object").append(assertion)


def _in_extensions(root: lxml.etree._Element) -> None:
    assertion = one(root, "saml:Assertion")
    evil = _evil(assertion, "_evil")
    root.replace(assertion, evil)
    extensions = lxml.etree.Element(f"{{{NS['samlp']}}}Extensions")
    extensions.append(assertion)
    root.insert(1, extensions)


def _same_id(root: lxml.etree._Element) -> None:
    assertion = one(root, "saml:Assertion")
    assertion.addprevious(_evil(assertion, str(assertion.get("ID"))))


def _other_name_space(root: lxml.etree._Element) -> None:
    assertion = one(root, "saml:Assertion")
    evil = _evil(assertion, "_evil")
    evil.tag = "{urn:oasis:names:tc:SAML:1.0:assertion}Assertion"
    assertion.addprevious(evil)


def _loose_signature(root: lxml.etree._Element) -> None:
    assertion = one(root, "saml:Assertion")
    signature = one(assertion, "ds:Signature")
    one(root, "samlp:Status").append(signature)


def _second_signature(root: lxml.etree._Element) -> None:
    signature = one(root, "ds:Signature")
    signature.addnext(deepcopy(signature))


WRAPPED = [
    _before,
    _after,
    _inside_evil,
    _around_signature,
    _in_object,
    _in_extensions,
    _same_id,
    _other_name_space,
    _loose_signature,
    _second_signature,
]


@pytest.mark.parametrize("wrap", WRAPPED)
def test_a_wrapped_signature_names_nobody(
    wrap: Callable[[lxml.etree._Element], None],
) -> None:
    """The signed assertion is still there, beside one that names another."""
    signed = IdentityProvider().sign(Statement())
    wrap(signed)

    assert refused(signed) in {"ambiguous", "bad_signature"}


@pytest.mark.parametrize("deep", [False, True])
def test_a_wrapped_response_names_nobody(deep: bool) -> None:
    """The signed response inside an unsigned copy, or inside its signature."""
    signed = IdentityProvider().sign(Statement(sign=("response",)))
    evil = deepcopy(signed)
    evil.set("ID", "_evil")
    one(evil, "saml:Assertion").set("ID", "_evil2")
    one(evil, "saml:NameID").text = "boss"
    signature = one(evil, "ds:Signature")
    if deep:
        lxml.etree.SubElement(signature, f"{{{NS['ds']}}}Object").append(signed)
    else:
        evil.append(signed)

    assert refused(evil) == "ambiguous"


def _changed(old: str, new: str, count: int = 1) -> str:
    text = lxml.etree.tostring(IdentityProvider().sign(Statement())).decode()
    assert old in text
    return encoded(text.replace(old, new, count))


@pytest.mark.parametrize(
    "name", ["jan<!---->sen", "jan<!-- x -->sen", "jan<?x?>sen", "jan<![CDATA[]]>sen"]
)
def test_a_split_name_names_nobody(name: str) -> None:
    """A comment does not break the signature; some readers stop at it."""
    assert refused(_changed(">jansen<", f">{name}<")) == "ambiguous"


def test_entities_and_document_types_are_refused() -> None:
    """What they stand for is the reader's choice; some are bombs."""
    signed = lxml.etree.tostring(IdentityProvider().sign(Statement())).decode()
    bomb = '<!DOCTYPE r [<!ENTITY e "boss">]>' + signed.replace("jansen", "&e;")

    assert refused(encoded(bomb)) == "dtd"
    assert refused(encoded('<!DOCTYPE r SYSTEM "http://x/">' + signed)) == "dtd"
    assert refused(encoded(signed.replace("jansen", "&e;"))) == "malformed_response"


def test_another_encoding_is_refused() -> None:
    """A document type in UTF-16 is one as well."""
    signed = IdentityProvider().sign(Statement())
    data = lxml.etree.tostring(signed, encoding="UTF-16")

    assert refused(encoded(data)) == "malformed_response"
    lied = lxml.etree.tostring(signed, encoding="utf-7", xml_declaration=True)
    assert refused(encoded(lied)) in {"malformed_response", "bad_signature"}


def test_an_encrypted_assertion_is_told_apart() -> None:
    """Only the application can open it; the reason says so."""
    root = Statement(sign=()).document()
    assertion = one(root, "saml:Assertion")
    hidden = lxml.etree.Element(f"{{{NS['saml']}}}EncryptedAssertion")
    root.replace(assertion, hidden)

    assert refused(root) == "encrypted_assertion"


@pytest.mark.matrix(scheme="saml", case="expiry")
def test_an_assertion_counts_only_in_its_time() -> None:
    """Compared at the request's first byte, with a small skew, not with now."""
    value = response()
    minute = dt.timedelta(minutes=1)

    assert said(value, when=NOON + 5.5 * minute) == "jansen"
    assert said(value, when=NOON + 7 * minute) == "expired_assertion"
    assert said(value, when=NOON - 0.5 * minute) == "jansen"
    assert said(value, when=NOON - 2 * minute) == "not_yet_valid"
    strict = replace(LOGIN, skew_ns=0)
    assert said(value, strict, NOON + 5 * minute) == "expired_assertion"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (Statement(audience="https://other.example"), "wrong_audience"),
        (Statement(recipient="https://other.example/acs"), "wrong_recipient"),
        (Statement(destination="https://other.example/acs"), "wrong_recipient"),
        (Statement(issuer="https://other-idp.example"), "wrong_issuer"),
        (
            Statement(status="urn:oasis:names:tc:SAML:2.0:status:Responder"),
            "status_not_success",
        ),
        (Statement(name=""), "no_name"),
        (Statement(name="a" * 300), "unusable_name"),
        (Statement(name="jan\u202esen"), "unusable_name"),
    ],
)
def test_an_assertion_for_somebody_else_names_nobody(
    statement: Statement, reason: str
) -> None:
    """An identity provider serves many applications with one key."""
    assert refused(response(statement)) == reason


def _signed_after(change: Callable[[lxml.etree._Element], None]) -> str:
    """A response whose identity provider itself says such a thing."""
    root = Statement(sign=()).document()
    change(root)
    return encoded(IdentityProvider().signed(root, "assertion"))


def _remove(path: str) -> Callable[[lxml.etree._Element], None]:
    def change(root: lxml.etree._Element) -> None:
        found = one(root, path)
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)

    return change


def _twice(path: str) -> Callable[[lxml.etree._Element], None]:
    def change(root: lxml.etree._Element) -> None:
        found = one(root, path)
        found.addnext(deepcopy(found))

    return change


def _set(path: str, **attributes: str) -> Callable[[lxml.etree._Element], None]:
    def change(root: lxml.etree._Element) -> None:
        for key, value in attributes.items():
            one(root, path).set(key, value)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_remove("saml:AudienceRestriction"), "wrong_audience"),
        (_remove("saml:Conditions"), "wrong_audience"),
        (_remove("saml:Subject"), "no_name"),
        (_remove("saml:NameID"), "no_name"),
        (_remove("saml:SubjectConfirmation"), "no_bearer"),
        (_remove("saml:SubjectConfirmationData"), "no_bearer"),
        (_set("saml:SubjectConfirmation", Method="holder"), "no_bearer"),
        (
            _set("saml:SubjectConfirmationData", NotOnOrAfter="2020-01-01T00:00:00Z"),
            "expired_assertion",
        ),
        (_set("saml:Conditions", NotOnOrAfter="soon"), "malformed_response"),
        (_set("saml:Conditions", NotBefore="2026-03-02T13:00:00"), "not_yet_valid"),
        (_twice("saml:NameID"), "ambiguous"),
        (_twice("saml:Subject"), "ambiguous"),
        (_twice("saml:Conditions"), "ambiguous"),
        (_twice("saml:Audience"), "jansen"),
    ],
)
def test_what_is_missing_or_there_twice_is_told(
    change: Callable[[lxml.etree._Element], None], reason: str
) -> None:
    """Signed properly, and still not readable in one way."""
    assert said(_signed_after(change)) == reason


def test_a_name_with_elements_inside_names_nobody() -> None:
    """Its text is what a reader makes of it."""

    def change(root: lxml.etree._Element) -> None:
        name = one(root, "saml:NameID")
        lxml.etree.SubElement(name, "b").text = "x"

    assert said(_signed_after(change)) == "ambiguous"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#enveloped-signature", "#base64"),
        ("xml-exc-c14n#", "REC-xslt-19991116"),
        ('URI="#_a1"', 'URI=""'),
        ('URI="#_a1"', 'URI="#_r1"'),
        ('URI="#_a1"', 'URI="http://x/"'),
        ("rsa-sha256", "hmac-sha256"),
    ],
)
def test_a_signature_that_says_something_else_is_bad(old: str, new: str) -> None:
    """Transforms and references decide what is signed: one form counts."""
    assert refused(_changed(old, new)) == "bad_signature"


def test_a_second_reference_or_a_heap_of_transforms_is_refused() -> None:
    """Each would be canonicalised: a way to keep the recorder busy."""
    transform = '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
    signed = lxml.etree.tostring(IdentityProvider().sign(Statement())).decode()
    heap = re.sub(r"(<ds:Transforms>)", r"\1" + transform * 1000, signed)
    reference = re.search(r"<ds:Reference.*</ds:Reference>", signed)
    assert reference
    assert heap != signed

    assert refused(encoded(heap)) == "bad_signature"
    twice = signed.replace(reference[0], reference[0] * 2)
    assert refused(encoded(twice)) == "ambiguous"


def test_sha1_is_no_proof() -> None:
    """Collisions in SHA-1 are within reach; the reason is the same as any other's."""
    old = IdentityProvider(algorithm=SignatureMethod.RSA_SHA1)

    assert refused(response(idp=old)) == "bad_signature"


def test_other_algorithms_of_the_day_are_taken() -> None:
    """RSA-PSS and longer digests."""
    idp = IdentityProvider(algorithm=SignatureMethod.SHA256_RSA_MGF1)

    assert said(encoded(idp.sign(Statement()))) == "jansen"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "malformed_response"),
        ("%%%", "malformed_response"),
        (base64.b64encode(b"<a/>").decode(), "not_a_response"),
        (base64.b64encode(b"<a>").decode(), "malformed_response"),
        (base64.b64encode(b"\xff\xfe").decode(), "malformed_response"),
        (base64.b64encode(b"<a>" * 40 + b"</a>" * 40).decode(), "too_large"),
        ("A" * 600_000, "too_large"),
    ],
)
def test_what_is_no_response_names_nobody(value: str, reason: str) -> None:
    """Each with its reason; nothing raises."""
    assert refused(value) == reason


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(document=1000),
        Bounds(elements=5),
        Bounds(depth=3),
        Bounds(namespaces=2),
        Bounds(attributes=2),
    ],
)
def test_bounds_refuse_what_is_above_them(bounds: Bounds) -> None:
    """With the limit shrunk below an ordinary response."""
    data = base64.b64decode(response())
    assert parse_response(data).get("ID") == "_r1"

    with pytest.raises(Refused, match="too_large"):
        parse_response(data, bounds)


def test_fields_that_servers_read_differently_name_nobody() -> None:
    """Two responses, or one in the address as well."""
    value, other = response(), response(Statement(name="boss"))
    twice = urlencode([("SAMLResponse", value), ("SAMLResponse", other)])
    spelled = urlencode([("SAMLResponse", value), ("samlresponse", other)])
    same = urlencode([("SAMLResponse", value), ("SAMLResponse", value)])

    for form, expected in ((twice, ""), (spelled, ""), (same, "jansen")):
        found = read(exchange("/saml/acs", method="POST", form=form))
        assert expected == found.name
        assert found.name or found.reason == "ambiguous"


def test_an_artifact_says_that_the_response_goes_another_way() -> None:
    """The artifact binding: application and identity provider talk directly."""
    artifact = exchange("/saml/acs", method="POST", form="SAMLart=AAQAAMh48")
    nothing = exchange("/saml/acs", method="POST", form="RelayState=x")

    assert read(artifact).reason == "artifact"
    assert read(nothing).reason == "no_assertion"


def test_white_space_in_the_field_is_no_matter() -> None:
    """Some identity providers break the lines of their base64."""
    value = response()
    lines = "\r\n".join(value[i : i + 76] for i in range(0, len(value), 76))

    assert said(lines) == "jansen"


def test_a_certificate_that_is_none_stops_the_start() -> None:
    """The message names the file and quotes nothing of it."""
    for data in (b"canary", b"", OTHER.key_pem):
        with pytest.raises(UsageError, match=r"idp\.pem") as raised:
            SamlScheme(LOGIN, Materials({"idp.pem": data}))
        assert "canary" not in str(raised.value)
    five = b"".join(IdentityProvider().certificate for _ in range(5))
    with pytest.raises(UsageError, match="at most"):
        SamlScheme(LOGIN, Materials({"idp.pem": five}))


_SIGNED = lxml.etree.tostring(IdentityProvider().sign(Statement()))


@given(st.integers(0, len(_SIGNED) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_no_change_of_a_response_names_anybody_else(
    place: int, put: bytes, drop: int
) -> None:
    """Hostile bytes anywhere: the same name, or none."""
    changed = _SIGNED[:place] + put + _SIGNED[place + drop :]

    assert read(posted(encoded(changed))).name in {"", "jansen"}


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data: bytes) -> None:
    """Never an exception."""
    assert read(posted(encoded(data))).name == ""
