"""The inside of a verified assertion: whom it names, for whom, and when.

Reads nothing but the element that the verifier gave back. Times are compared
with the wall clock at the first byte of the request, never with the clock now,
so that a replay of a capture decides as it was decided then.
"""

from __future__ import annotations

from datetime import UTC, datetime

import lxml.etree

from proxy.attribution.schemes.base import MAX_NAME
from proxy.attribution.schemes.saml_document import SAML, Refused
from proxy.attribution.spec import SamlLogin

_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SECOND_NS = 10**9


def assertion_name(
    assertion: lxml.etree._Element, login: SamlLogin, wall_ns: int
) -> str:
    """The account that a verified assertion names.

    Args:
        assertion: As it was signed.
        login: What the rule set demands of it.
        wall_ns: Wall clock at the request's first byte, ns since the epoch.

    Raises:
        Refused: ``wrong_issuer``, ``wrong_audience``, ``wrong_recipient``,
            ``expired_assertion``, ``not_yet_valid``, ``no_bearer``, ``no_name``,
            ``ambiguous``, ``unusable_name``, ``malformed_response``.
    """
    if login.issuer is not None:
        issuers = _all(assertion, "Issuer")
        if [_text(issuer) for issuer in issuers] != [login.issuer]:
            raise Refused("wrong_issuer")
    _conditions(assertion, login, wall_ns)
    subjects = _all(assertion, "Subject")
    if len(subjects) != 1:
        raise Refused("ambiguous" if subjects else "no_name")
    _confirmations(subjects[0], login, wall_ns)
    if login.attribute is None:
        return _usable(_all(subjects[0], "NameID"))
    return _usable(_values(assertion, login.attribute))


def _conditions(assertion: lxml.etree._Element, login: SamlLogin, wall_ns: int) -> None:
    found = _all(assertion, "Conditions")
    if len(found) != 1:
        raise Refused("ambiguous" if found else "wrong_audience")
    _in_time(found[0], login, wall_ns)
    restrictions = _all(found[0], "AudienceRestriction")
    if not restrictions:
        raise Refused("wrong_audience")
    for restriction in restrictions:  # each of them must be satisfied (2.5.1.4)
        if login.audience not in [_text(a) for a in _all(restriction, "Audience")]:
            raise Refused("wrong_audience")


def _confirmations(
    subject: lxml.etree._Element, login: SamlLogin, wall_ns: int
) -> None:
    """One bearer confirmation holds; without one the first refusal is told."""
    first: Refused | None = None
    for confirmation in _all(subject, "SubjectConfirmation"):
        if confirmation.get("Method") != _BEARER:
            continue
        data = _all(confirmation, "SubjectConfirmationData")
        try:
            if len(data) != 1:
                raise Refused("no_bearer")  # noqa: TRY301 - told if none holds
            _in_time(data[0], login, wall_ns)
            recipient = data[0].get("Recipient")
            if login.recipient is not None and recipient != login.recipient:
                raise Refused("wrong_recipient")  # noqa: TRY301
        except Refused as refused:
            first = first or refused
        else:
            return
    raise first or Refused("no_bearer")


def _in_time(element: lxml.etree._Element, login: SamlLogin, wall_ns: int) -> None:
    before, after = element.get("NotBefore"), element.get("NotOnOrAfter")
    if before is not None and wall_ns < _time_ns(before) - login.skew_ns:
        raise Refused("not_yet_valid")
    if after is not None and wall_ns >= _time_ns(after) + login.skew_ns:
        raise Refused("expired_assertion")


def _time_ns(text: str) -> int:
    """An xs:dateTime in UTC (1.3.3), ns since the epoch."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp()) * _SECOND_NS
    except (ValueError, OverflowError):
        raise Refused("malformed_response") from None


def _values(assertion: lxml.etree._Element, name: str) -> list[lxml.etree._Element]:
    """Values of an attribute, wherever its name stands more than once."""
    return [
        value
        for statement in _all(assertion, "AttributeStatement")
        for attribute in _all(statement, "Attribute")
        if attribute.get("Name") == name
        for value in _all(attribute, "AttributeValue")
    ]


def _usable(elements: list[lxml.etree._Element]) -> str:
    if len(elements) != 1:
        raise Refused("ambiguous" if elements else "no_name")
    name = _text(elements[0])
    if not name:
        raise Refused("no_name")
    if len(name) > MAX_NAME or not name.isprintable():
        raise Refused("unusable_name")
    return name


def _text(element: lxml.etree._Element) -> str:
    """Text of an element that has nothing but text."""
    if len(element):
        raise Refused("ambiguous")
    return (element.text or "").strip()


def _all(element: lxml.etree._Element, name: str) -> list[lxml.etree._Element]:
    return element.findall(f"{{{SAML}}}{name}")
