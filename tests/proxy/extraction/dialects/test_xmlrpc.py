"""XML-RPC: parameters, results, faults and batches."""

from __future__ import annotations

import xmlrpc.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.bodies.tree import read_json
from proxy.extraction.dialects.base import calls_of, shown_by
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.view import View
from tests.support.dialects import rpc, told
from tests.support.pages import rules

RULES = rules(
    """\
  client: {request: "POST /rpc", dialect: xmlrpc, operation: client.get, action: view, subject: {type: c, id: json.id}, data: {health: {xpath: "//member[name='health']"}}}
  list: {request: "POST /rpc", dialect: xmlrpc, operation: client.list, arguments: {"[0].open": "1"}, action: list, each: {json: "@"}, subject: {type: c, id: value}}
"""  # noqa: E501
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.integers(-(2**31), 2**31 - 1),
        st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(st.sampled_from("abc"), max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)
FAULT = xmlrpc.client.dumps(xmlrpc.client.Fault(1, "no"))


def asked(method: str, *params: Any) -> str:
    """A call, as Python's client writes it."""
    return xmlrpc.client.dumps(params, method, encoding="utf-8")


def answered(result: Any) -> str:
    """An answer."""
    return xmlrpc.client.dumps((result,), methodresponse=True)


def said(request: str, response: str) -> tuple[str, str, list[str]]:
    """Status, reason and what was found, as ``rule:id``."""
    return told(RULES, rpc(request, response))


@given(VALUES)
def test_values_come_out_as_they_went_in(value: Any) -> None:
    """Arguments and results alike."""
    view = View(rpc(asked("m", value), answered(value)))
    dialect = DIALECTS["xmlrpc"]

    (call,) = calls_of(dialect, view)
    inner = shown_by(dialect, view)

    assert (call.names, call.arguments) == (("m",), [value])
    assert inner.document(read_json, read_json) == [value]


def test_a_result_is_looked_at_as_json_and_as_xml() -> None:
    """Both selectors on one answer."""
    answer = RULES.read(
        rpc(asked("client.get", 5), answered({"id": 5, "health": "flu"}))
    ).extracted

    assert [(found.id, found.categories) for found in answer.subjects] == [
        ("5", ("health",))
    ]


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (FAULT, ("nothing_expected", "fault")),
        ("<html/>", ("failed", "not_xmlrpc")),
        ("<methodResponse/>", ("failed", "no_answer")),
        ("<methodResponse>", ("failed", "bad_xml")),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><methodResponse/>",
         ("failed", "xml_entities")),
        ("", ("failed", "bad_xml")),
    ],
)  # fmt: skip
def test_an_answer_without_a_result_says_why(
    response: str, expected: tuple[str, str]
) -> None:
    """A fault is answered with 200 and is no view."""
    assert said(asked("client.get", 5), response)[:2] == expected


def test_calls_inside_a_multicall_are_read_one_by_one() -> None:
    """By their own rules, each with its own answer."""
    calls = [
        {"methodName": "client.get", "params": [5]},
        {"methodName": "client.list", "params": [{"open": 1}]},
        {"methodName": "client.get", "params": [6]},
    ]
    results = [[{"id": 5}], [[7, 8]], {"faultCode": 1, "faultString": "no"}]

    found = said(asked("system.multicall", calls), answered(results))

    assert found == ("recorded", "", ["client:5", "list:7", "list:8"])


def test_a_multicall_hides_nothing() -> None:
    """What no rule claims is a hole."""
    calls = [
        {"methodName": "client.get", "params": [5]},
        {"methodName": "secret", "params": []},
    ]

    found = said(asked("system.multicall", calls), answered([[{"id": 5}], [1]]))

    assert found == ("partial", "unclaimed_call", ["client:5"])


@pytest.mark.parametrize("body", ["", "<a>", "<methodCall>", "<methodCall/>", "x=1"])
def test_what_is_no_call_asks_for_nothing(body: str) -> None:
    """Then no operation fits."""
    assert calls_of(DIALECTS["xmlrpc"], View(rpc(body, ""))) == ()
