"""YAML → a SAML login: ``saml: {request:, certificate:, audience:, name:, ...}``."""

from __future__ import annotations

from proxy.attribution.spec import SamlLogin
from proxy.document import Fields
from proxy.ruleset.predicates import read_predicate
from proxy.ruleset.requests import RequestReader

_NS = 10**9
_NAME_ID = "name_id"
_ATTRIBUTE = "attribute."


def read_saml(fields: Fields, word: str, reader: RequestReader) -> SamlLogin | None:
    """The login under this word, or None after a problem."""
    problems = fields.problems
    confirmed = fields.required(
        "confirmed_when", "how the application says that it accepted the login"
    )
    predicate = None if confirmed is None else read_predicate(confirmed, problems)
    node = fields.child(word)
    if node is None:
        return None
    with Fields(node, problems) as inner:
        requests = reader.requests(inner)
        certificate = str(inner.path("certificate"))
        audience = inner.text("audience")
        attribute = _name(inner)
        issuer = inner.text("issuer", None)
        recipient = inner.url("recipient", None)
        skew = inner.duration("skew", 60.0, most=600)
        scheme = inner.text("scheme", "saml")
        if len(requests) > 1:
            inner.wrong(node, "several requests", "one; write a login for each")
    if not requests or predicate is None or not audience:
        return None
    return SamlLogin(
        request=requests[0],
        certificate=certificate,
        audience=audience,
        confirmed_when=predicate,
        attribute=attribute,
        issuer=issuer,
        recipient=recipient,
        skew_ns=int(skew * _NS),
        name=scheme,
    )


def _name(fields: Fields) -> str | None:
    """The attribute's name; None for the NameID."""
    text = fields.text("name", _NAME_ID)
    if text == _NAME_ID:
        return None
    attribute = text.removeprefix(_ATTRIBUTE)
    if not attribute or attribute == text:
        node = fields.child("name")
        assert node is not None
        fields.wrong(node, "not a place for a name", "name_id or attribute.NAME")
    return attribute
