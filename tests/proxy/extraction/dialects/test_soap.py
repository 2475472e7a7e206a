"""Envelopes: operation, arguments, faults, namespaces."""

from __future__ import annotations

import pytest

from proxy.extraction.dialects.base import Call, calls_of
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.view import View
from tests.support.dialects import rpc
from tests.support.pages import ids, problems, rules

RULES = rules(
    """\
  ping: {request: "POST /rpc", dialect: soap, operation: Ping, action: mention, required: false, subject: {type: c, id: {xpath: //Nobody}}}
  get: {request: "POST /rpc", dialect: soap, operation: [GetClient, "urn:x#*"], action: view, subject: {type: c, id: {xpath: //Client/Id}}}
  spaced: {request: "POST /rpc", dialect: soap, operation: Spaced, namespaces: {a: "urn:a"}, action: list, each: {xpath: "//a:Client"}, subject: {type: c, id: {xpath: ./a:Id}}}
"""  # noqa: E501
)
ANSWER = "<R><Client><Id>5</Id></Client></R>"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"


def envelope(inside: str, namespace: str = SOAP11, header: str = "") -> str:
    """A message."""
    return (
        f'<?xml version="1.0"?><s:Envelope xmlns:s="{namespace}">{header}'
        f"<s:Body>{inside}</s:Body></s:Envelope>"
    )


def said(
    inside: str, answer: str, *, action: str = "", status: int = 200
) -> tuple[str, str, str, list[str]]:
    """Rule, status, reason and ids."""
    exchange = rpc(envelope(inside), answer, action=action, status=status)
    reading = RULES.read(exchange)
    answered = reading.extracted
    return reading.rule, answered.status.value, answered.reason, ids(answered)


@pytest.mark.parametrize("namespace", [SOAP11, SOAP12])
def test_the_operation_is_the_first_element_of_the_body(namespace: str) -> None:
    """Of either version."""
    answer = envelope(ANSWER, namespace)

    assert said("<m:GetClient xmlns:m='urn:m'/>", answer) == (
        "get", "recorded", "", ["5"],
    )  # fmt: skip


def test_the_operation_is_the_action_too() -> None:
    """Servers dispatch by either; a harmless name hides no other."""
    answer = envelope(ANSWER)

    assert said("<Any/>", answer, action='"urn:x#Get"')[3] == ["5"]
    assert said("<Ping/>", answer, action='"http://t/GetClient"')[3] == ["5"]
    assert said("<GetClient/>", answer, action='"http://t/Ping"')[3] == ["5"]
    assert said("<Any/>", answer, action='"http://t/Other"')[:2] == ("", "unmapped")


def test_arguments_are_a_document_without_namespaces() -> None:
    """Attributes and repeated elements among them; headers are not."""
    header = "<s:Header><Security><Password>canary</Password></Security></s:Header>"
    inside = "<m:Get xmlns:m='u' v='1'><m:id>5</m:id><m:id>6</m:id><p><q/></p></m:Get>"
    view = View(rpc(envelope(inside, header=header), ""))

    assert calls_of(DIALECTS["soap"], view) == (
        Call(("Get",), {"@v": "1", "id": ["5", "6"], "p": {"q": ""}}),
    )


def test_the_action_of_version_12_stands_in_the_content_type() -> None:
    """``action=``, quoted or not."""
    view = View(rpc("", "", 'application/soap+xml; action="urn:x/Get"'))

    assert calls_of(DIALECTS["soap"], view)[0].names == ("Get", "urn:x/Get")


@pytest.mark.parametrize(
    ("answer", "status", "expected"),
    [
        (envelope("<s:Fault><a/></s:Fault>"), 200, ("nothing_expected", "fault")),
        (envelope("<s:Fault/>", SOAP12), 200, ("nothing_expected", "fault")),
        (envelope("<s:Fault/>"), 500, ("nothing_expected", "status_500")),
        ("<html/>", 200, ("failed", "not_soap")),
        (envelope("<a>"), 200, ("failed", "bad_xml")),
        (envelope("<R/>"), 200, ("failed", "no_subject")),
    ],
)  # fmt: skip
def test_an_answer_without_records_says_why(
    answer: str, status: int, expected: tuple[str, str]
) -> None:
    """A Fault shows nothing, whatever the status."""
    assert said("<GetClient/>", answer, status=status)[1:3] == expected


def test_names_are_compared_with_declared_namespaces() -> None:
    """And with those only."""
    good = envelope("<b:Client xmlns:b='urn:a'><b:Id>7</b:Id></b:Client>")
    other = envelope("<b:Client xmlns:b='urn:b'><b:Id>7</b:Id></b:Client>")

    assert said("<Spaced/>", good)[3] == ["7"]
    assert said("<Spaced/>", other)[1:] == ("recorded", "no_rows", [])


def test_an_undeclared_prefix_is_a_mistake() -> None:
    """Found when the rule set is read."""
    text = (
        "application: a\nrecords:\n  p: {request: /p, action: view, "
        "namespaces: {a: u}, subject: {type: c, id: {xpath: //a:x}}}\n"
        "  q: {request: /q, action: view, namespaces: {'1': u, b: }, "
        "subject: {type: c, id: {xpath: //c:x}}}\n"
    )

    found = problems(text)

    assert any("q.namespaces.1: no namespace" in line for line in found)
    assert not any("records.p" in line for line in found)


def test_a_body_that_is_no_xml_goes_by_its_action_alone() -> None:
    """Hostile requests end, and are claimed by what they say."""
    bomb = "<!DOCTYPE a [<!ENTITY b 'c'>]>" + envelope("<GetClient/>")

    assert calls_of(DIALECTS["soap"], View(rpc(bomb, ""))) == ()
    assert calls_of(DIALECTS["soap"], View(rpc(bomb, "", action="Get")))[0].names == (
        "Get",
    )
