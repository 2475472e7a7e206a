"""Places in JSON."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.extraction import Unreadable
from proxy.extraction.selectors.tree import Json, Value, compile_json
from tests.support.pages import view


def json(expression: str) -> Json:
    """As the rule set compiles it."""
    return Json(expression, compile_json(expression))


@pytest.mark.parametrize("expression", ["a.b", "a.b.c", "a", "x", "a.l.b", "d"])
def test_a_plain_path_is_walked_as_jmespath_would(expression: str) -> None:
    """The short way finds the same."""
    body = view('{"a": {"b": 7, "l": [{"b": 1}]}, "d": "x"}', "application/json")
    short, long = json(expression), json(expression + " || `null`")

    assert short.steps
    assert not long.steps
    assert short.values(body, None) == long.values(body, None)
    row: Any = {"a": {"b": 7, "l": [{"b": 1}]}, "d": "x"}
    assert short.values(body, row) == long.values(body, row)


def test_every_value_of_a_doubled_key_is_found() -> None:
    """Whichever of them the application reads."""
    body = view('{"c": {"id": 1}, "c": {"id": 2}, "n": 3}', "application/json")

    assert json("c.id").values(body, None) == ["1", "2"]
    assert json("n").values(body, None) == ["3"]


def test_what_is_no_text_or_number_is_no_value() -> None:
    """true, null and objects are no ids."""
    body = view('{"a": [1, true, null, {"b": 2}, "x", [3]]}', "application/json")

    assert json("a").values(body, None) == ["1", "x", "3"]


def test_rows_are_the_items_of_a_list_or_the_one_thing_found() -> None:
    """A single result is often no list."""
    assert json("a").rows(view('{"a": [1, 2]}')) == [1, 2]
    assert json("a").rows(view('{"a": {"b": 1}}')) == [{"b": 1}]
    assert json("z").rows(view('{"a": 1}')) == []


def test_a_value_nested_beyond_measure_is_unreadable() -> None:
    """Rather than an error of our own."""
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]

    with pytest.raises(Unreadable, match="too_deep"):
        Value().values(view(""), deep)
