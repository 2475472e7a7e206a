"""Conditions beside a request pattern decide which rule claims an exchange."""

from __future__ import annotations

import pytest

from proxy.exchange.model import Exchange
from proxy.ruleset import explain
from tests.support.pages import exchange, problems, rules

RULES = rules(
    """\
  partial:
    {request: "GET /x", headers: {X-Requested-With: "XMLHttp*"}, action: list,
     subject: &s {type: c, id: query.id}}
  made: {request: "GET /x", status: [201, 3xx], action: create, subject: *s}
  json: {request: "GET /x", content_type: "application/*json", action: search,
         subject: *s}
  file: {request: "GET /x", body: {contains: Client file, absent: [No access, Gone]},
         action: view, subject: *s}
  rest: {request: "GET /x", action: mention, subject: *s}
"""
)


def asked(name: str, value: str) -> Exchange:
    """A request with this header."""
    found = exchange("/x?id=1", "y")
    found.request.headers.append((name.encode(), value.encode()))
    return found


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (asked("x-requested-with", "XMLHttpRequest"), "partial"),
        (asked("x-requested-with", "Fetch"), "rest"),
        (exchange("/x?id=1", "y", status=201), "made"),
        (exchange("/x?id=1", "y", status=302), "made"),
        (exchange("/x?id=1", "{}", "application/hal+json; charset=utf-8"), "json"),
        (exchange("/x?id=1", "{}", "APPLICATION/JSON"), "json"),
        (exchange("/x?id=1", "<h1>Client file</h1>"), "file"),
        (exchange("/x?id=1", "<h1>Client file</h1>No access"), "rest"),
        (exchange("/x?id=1", "<h1>Client list</h1>"), "rest"),
    ],
)
def test_the_first_rule_whose_conditions_hold_claims(
    answer: Exchange, rule: str
) -> None:
    """Request header, status, content type, marks in the body."""
    assert rule == RULES.read(answer).rule


def test_a_response_that_never_came_is_claimed_and_fails() -> None:
    """It cannot be told what it would have been; silence would hide it."""
    reading = RULES.read(exchange("/x?id=1", answered=False))

    assert (reading.rule, reading.extracted.reason) == ("made", "no_response")


def test_an_explanation_says_which_condition_did_not_hold() -> None:
    """In words, per rule that was passed over."""
    told = explain(RULES, exchange("/x?id=1", "No access"))

    assert [step.said for step in told.passed_over] == [
        "request header x-requested-with is not XMLHttp*",
        "the status is another",
        "the content type is not application/*json",
        "the body does not contain 'Client file', the body contains 'No access'",
    ]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("headers: {Cookie: x}", "headers.Cookie: Cookie holds secrets"),
        ("headers: {X-A: [x]}", "headers.X-A: a list stands here; expected text"),
        ("status: 2000", "status: not a status; expected a code such as 302, or 2xx"),
        ("body: {}", "body: nothing is stated; expected contains: text"),
        ("body: {contain: x}", "body.contain: unknown key; did you mean contains?"),
        ("contenttype: x", "contenttype: unknown key; did you mean content_type?"),
    ],
)
def test_mistakes_are_told_with_their_place(conditions: str, expected: str) -> None:
    """Line, key, what is expected."""
    text = (
        "application: a\nrecords:\n"
        f"  p: {{request: /p, {conditions}, action: view,\n"
        "      subject: {type: c, id: query.id}}\n"
    )

    told = problems(text)

    assert [f"rules.yaml:3: records.p.{expected}"] == [
        line[: len(f"rules.yaml:3: records.p.{expected}")] for line in told
    ]
