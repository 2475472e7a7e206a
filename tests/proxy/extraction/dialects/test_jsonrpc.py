"""Calls and their results; nothing hides in a batch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.extraction.dialects.base import MAX_CALLS, calls_of
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.view import View
from tests.support.dialects import rpc, told
from tests.support.pages import rules

RULES = rules(
    """\
  ping: {request: "POST /rpc", dialect: jsonrpc, operation: ping, action: mention, required: false, subject: {type: c, id: json.none}}
  read: {request: "POST /rpc", dialect: jsonrpc, operation: "client.*", arguments: {"[1]": full}, action: view, each: {json: "@"}, subject: {type: c, id: json.id}}
  case: {request: "POST /rpc", dialect: jsonrpc, operation: case.read, action: view, subject: {type: case, id: json.id}}
  move: {request: "POST /rpc", dialect: jsonrpc, operation: client.move, action: update, subject: {type: c, id: {argument: "[0]"}}}
"""  # noqa: E501
)
JSON = "application/json"


def call(method: str, *params: Any, key: Any = 1) -> dict[str, Any]:
    """A call."""
    return {"method": method, "params": list(params), "id": key}


def said(asked: Any, answered: Any) -> tuple[str, str, list[str]]:
    """Status, reason and what was found, as ``rule:id``."""
    texts = [
        each if isinstance(each, str) else json.dumps(each)
        for each in (asked, answered)
    ]
    return told(RULES, rpc(texts[0], texts[1], JSON))


def test_one_call_is_claimed_by_method_and_params() -> None:
    """One address for everything."""
    answer = {"id": 1, "result": [{"id": 5}, {"id": 6}]}

    assert said(call("client.read", [5, 6], "full"), answer) == (
        "recorded",
        "",
        ["read:5", "read:6"],
    )
    assert said(call("client.read", [5, 6], "short"), answer)[0] == "unmapped"
    assert said(call("case.read", 1), {"id": 1, "result": {"id": 9}})[2] == ["case:9"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"id": 1, "error": {"code": 1}}, ("nothing_expected", "rpc_error")),
        ({"id": 1, "result": None, "error": "no"}, ("nothing_expected", "rpc_error")),
        ({"id": 1, "result": {"id": 3}, "error": None}, ("recorded", "")),
        ({"id": 1}, ("failed", "no_answer")),
        ([], ("failed", "no_answer")),
        ("<html>", ("failed", "not_json")),
        ({"id": 1, "result": {}}, ("failed", "no_subject")),
    ],
)
def test_an_error_inside_a_200_is_no_view(
    answer: Any, expected: tuple[str, str]
) -> None:
    """And what cannot be read is no error."""
    assert said(call("case.read", 1), answer)[:2] == expected


def test_calls_of_a_batch_are_read_by_their_own_rules() -> None:
    """Answers come in any order and are found by id."""
    asked = [
        call("ping"),
        call("client.read", [5], "full", key="1"),
        call("case.read", 9, key=2),
        call("client.move", 7, "x", key=3),
    ]
    answer = [
        {"id": 3, "error": "denied"},
        {"id": 2, "result": {"id": 9}},
        {"id": "1", "result": [{"id": 5}]},
        {"id": 1, "result": "pong"},
    ]

    assert said(asked, answer) == ("recorded", "", ["read:5", "case:9"])


def test_a_call_nobody_claims_is_a_hole_unless_it_was_refused() -> None:
    """A record must not be fetched beside a harmless call."""
    asked = [call("case.read", 9), call("secret.read", 1, key=2)]
    case = {"id": 1, "result": {"id": 9}}

    shown = said(asked, [case, {"id": 2, "result": {"bsn": 1}}])
    refused = said(asked, [case, {"id": 2, "error": "denied"}])

    assert shown == ("partial", "unclaimed_call", ["case:9"])
    assert refused == ("recorded", "", ["case:9"])


def test_calls_with_one_id_are_read_with_both_answers_and_said() -> None:
    """Which is whose cannot be told; neither is lost."""
    asked = [call("case.read", 9), call("client.read", 5, "full")]
    answer = [{"id": 1, "result": {"id": 9}}, {"id": 1, "result": [{"id": 5}]}]

    status, reason, found = said(asked, answer)

    assert (status, reason) == ("partial", "ambiguous_ids")
    assert {"case:9", "read:5"} <= set(found)


def test_a_method_given_twice_is_read_both_ways() -> None:
    """Servers differ in which one they take."""
    asked = '{"method": "ping", "method": "case.read", "params": [], "id": 1}'

    assert said(asked, {"id": 1, "result": {"id": 9}})[2] == ["case:9"]


def test_an_update_counts_when_it_was_not_refused() -> None:
    """Its subject stands in the request."""
    asked = call("client.move", 7, "x")

    assert said(asked, {"id": 1, "result": True}) == ("recorded", "", ["move:7"])
    assert said(asked, {"id": 1, "error": "no"})[2] == []


def test_of_two_updates_in_a_batch_only_the_one_that_was_not_refused_counts() -> None:
    """Each call is read with its own arguments, not with those of the others."""
    asked = [call("client.move", 7, "x", key=1), call("client.move", 8, "x", key=2)]
    answer = [{"id": 1, "result": True}, {"id": 2, "error": "no"}]

    assert said(asked, answer) == ("recorded", "", ["move:7"])


def test_the_calls_of_one_request_are_bounded() -> None:
    """And that there were more is said."""
    asked = [call("ping", key=number) for number in range(MAX_CALLS + 1)]
    answer = [{"id": number, "result": 1} for number in range(MAX_CALLS + 1)]

    assert said(asked, answer)[1] == "too_many_calls"


@pytest.mark.parametrize(
    "body",
    ["", "a=1", "[" * 100_000, '{"method": 5}', '[{"method": {"a": 1}}, 3]', "{"],
)
def test_what_is_no_call_asks_for_nothing(body: str) -> None:
    """Hostile among it."""
    assert calls_of(DIALECTS["jsonrpc"], View(rpc(body, "", JSON))) == ()
