"""What the calls of one exchange showed, put together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.exchange.model import BodyState
from tests.support.dialects import rpc, told
from tests.support.pages import rules

RULES = rules(
    """\
  a: {request: "POST /rpc", dialect: jsonrpc, operation: a, action: view, subject: {type: c, id: json.id}}
  b: {request: "POST /rpc", dialect: jsonrpc, operation: "b*", on_status: 200, action: view, each: {json: "@"}, subject: {type: c, id: json.id}}
  quiet: {request: "POST /rpc", dialect: jsonrpc, operation: quiet, action: mention, required: false, subject: {type: c, id: json.none}}
"""  # noqa: E501
)


def said(*calls: tuple[str, Any], **options: Any) -> tuple[str, str, list[str]]:
    """A batch of (method, result or error)."""
    asked = [
        {"method": method, "id": number} for number, (method, _) in enumerate(calls)
    ]
    answers = [
        {"id": number} | ({"error": "no"} if result is None else {"result": result})
        for number, (_, result) in enumerate(calls)
    ]
    one = rpc(json.dumps(asked), json.dumps(answers), "application/json", **options)
    return told(RULES, one)


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([("a", {"id": 1}), ("b", [{"id": 2}])], ("recorded", "", ["a:1", "b:2"])),
        ([("a", {"id": 1}), ("b", [{"id": 1}])], ("recorded", "", ["a:1"])),
        ([("a", None), ("b", [{"id": 2}])], ("recorded", "", ["b:2"])),
        ([("a", None), ("b", None)], ("nothing_expected", "rpc_error", [])),
        ([("a", {}), ("b", [{"id": 2}])], ("partial", "no_subject", ["b:2"])),
        ([("a", {}), ("b", None)], ("failed", "no_subject", [])),
        ([("a", {"id": 1}), ("x", 1)], ("partial", "unclaimed_call", ["a:1"])),
        ([("a", {"id": 1}), ("x", None)], ("recorded", "", ["a:1"])),
        ([("quiet", 1), ("x", 1)], ("unmapped", "unclaimed_call", [])),
        ([("b", [{"id": 2}, {}]), ("a", {"id": 1})],
         ("partial", "unreadable_rows", ["b:2", "a:1"])),
        ([("b", []), ("b", [])], ("recorded", "no_rows", [])),
    ],
)  # fmt: skip
def test_the_worst_of_the_calls_is_the_status_and_all_subjects_count(
    calls: list[tuple[str, Any]], expected: tuple[str, str, list[str]]
) -> None:
    """A subject that two calls show counts once."""
    assert said(*calls) == expected


def test_a_batch_without_an_answer_has_failed() -> None:
    """What was shown is not known."""
    one = rpc('[{"method": "a", "id": 1}, {"method": "b", "id": 2}]', "")
    one.response = None

    assert told(RULES, one) == ("failed", "no_response", [])


def test_a_batch_that_was_truncated_says_so() -> None:
    """Each of its calls."""
    calls = [("a", {"id": 1}), ("b", [{"id": 2}])]

    assert said(*calls, state=BodyState.TRUNCATED)[:2] == ("truncated", "body_cap")


def test_a_batch_that_no_rule_claims_at_all_is_unmapped() -> None:
    """As any other request."""
    assert said(("x", 1), ("y", 2))[0] == "unmapped"
