"""Which responses wait, decided from heads alone and on the side of holding."""

from __future__ import annotations

import pytest

from proxy.exchange.model import Request, Response
from proxy.extraction.model import OnFailure
from proxy.ruleset import RuleSet, load
from proxy.ruleset.gate import Gate

SUBJECT = "subject: {type: client, id: path.id}"
HEAD = "application: a\nsession: none\n"


def rules(text: str) -> RuleSet:
    """A rule set of these lines."""
    found = load((HEAD + text).encode(), "rules.yaml")
    assert isinstance(found, RuleSet), str(found)
    return found


def names(gate: Gate | None) -> list[str]:
    """The rules of a gate."""
    return [] if gate is None else [record.rule.name for record in gate.records]


def get(target: str, **headers: str) -> Request:
    """A GET whose head is there."""
    pairs = [(key.encode(), value.encode()) for key, value in headers.items()]
    return Request(headers=pairs, method=b"GET", target=target.encode())


TWO = f"""
records:
  detail: {{request: "GET /client/{{id}}", action: view, {SUBJECT}, assurance: gate}}
  list: {{request: "GET /list/{{id}}", action: list, {SUBJECT}}}
"""


@pytest.mark.parametrize(
    ("target", "held_by"),
    [
        ("/client/7", ["detail"]),
        ("/client/7?tab=1", ["detail"]),
        ("/list/7", []),
        ("/style.css", []),
        ("//client/7", ["detail"]),
        ("/x/..%2fclient/7", ["detail"]),
    ],
)
def test_request_is_held_where_a_gated_rule_may_claim_it(
    target: str, held_by: list[str]
) -> None:
    """A target that servers may route elsewhere may be anybody's."""
    assert names(rules(TWO).gate(get(target))) == held_by


def test_rule_set_without_a_gate_holds_nothing() -> None:
    """And does not even look."""
    ruleset = rules(TWO.replace("gate", "observe"))

    assert ruleset.gated is None
    assert ruleset.gate(get("/client/7")) is None


def test_assurance_at_the_top_counts_for_every_rule_that_does_not_say_otherwise() -> (
    None
):
    """As the other keys that may stand there."""
    top = "assurance: gate\non_failure: closed\n"
    ruleset = rules(top + TWO.replace("assurance: gate", "on_failure: open"))

    detail, listed = ruleset.gate(get("/client/7")), ruleset.gate(get("/list/7"))

    assert ruleset.gated is OnFailure.CLOSED
    assert (names(detail), names(listed)) == (["detail"], ["list"])
    assert [gate and gate.closed for gate in (detail, listed)] == [False, True]


CONDITIONS = f"""
records:
  special:
    request: "GET /page/{{id}}"
    action: view
    {SUBJECT}
    query: {{mode: print}}
    headers: {{X-Requested-With: XMLHttpRequest}}
    assurance: gate
  general: {{request: "GET /page/{{id}}", action: view, {SUBJECT}}}
  late: {{request: "* /page/*", action: view, {SUBJECT.replace("path", "query")},
    assurance: gate}}
"""


@pytest.mark.parametrize(
    ("target", "header", "held_by"),
    [
        ("/page/1", "", []),
        ("/page/1?mode=print", "", []),
        ("/page/1?mode=print", "XMLHttpRequest", ["special"]),
    ],
)
def test_conditions_that_a_request_head_answers_are_asked(
    target: str, header: str, held_by: list[str]
) -> None:
    """And a rule behind one that claims everything is never reached."""
    request = get(target, **{"x-requested-with": header})

    assert names(rules(CONDITIONS).gate(request)) == held_by


def test_condition_on_a_form_that_has_not_come_may_hold() -> None:
    """Its content is not there yet when the head is."""
    ruleset = rules(
        'records: {save: {request: "POST /save", form: {what: client}, action: update,'
        " subject: {type: client, id: form.id}, assurance: gate}}"
    )

    gate = ruleset.gate(Request(method=b"POST", target=b"/save"))

    assert names(gate) == ["save"]


@pytest.mark.parametrize(
    ("status", "content_type", "holds"),
    [
        (200, b"text/html; charset=utf-8", True),
        (206, b"application/octet-stream", True),
        (200, b"", True),
        (200, b"text/event-stream", False),
        (302, b"text/html", False),
        (401, b"text/html", False),
        (404, b"text/html", False),
        (500, b"text/html", False),
    ],
)
def test_response_is_held_where_it_may_show_records(
    status: int, content_type: bytes, holds: bool
) -> None:
    """By its status and type; an event stream has no end to wait for."""
    gate = rules(TWO).gate(get("/client/7"))
    headers = [(b"content-type", content_type)] if content_type else []

    assert gate is not None
    assert gate.holds(Response(status=status, headers=headers)) is holds
