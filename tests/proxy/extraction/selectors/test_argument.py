"""What a request asks for, as values."""

from __future__ import annotations

import pytest

from proxy.extraction.dialects.base import Call
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.selectors.argument import Argument, argument_values
from proxy.extraction.selectors.tree import Json, compile_json
from proxy.extraction.view import View
from tests.support.dialects import rpc

CALL = Call(("m",), [[1, "2"], {"id": "3", "deep": {"x": 1.5}}, None, True])


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("[0]", ["1", "2"]),
        ("[1].id", ["3"]),
        ("[1].deep.x", ["1.5"]),
        ("[].id", ["3"]),
        ("[2]", []),
        ("[3]", []),
        ("[9]", []),
        ("id", []),
        ("sum([1].id)", []),
    ],
)
def test_values_are_texts_and_numbers_lists_flattened(
    place: str, expected: list[str]
) -> None:
    """What is not there, or of another type, is no value."""
    assert argument_values(CALL, Json(place, compile_json(place))) == expected


def test_a_document_nested_without_end_has_no_values() -> None:
    """Nor does it end the reading."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    assert argument_values(Call(("m",), deep), Json("@", compile_json("@"))) == []


def test_every_call_of_a_batch_has_its_values() -> None:
    """In order; no body is needed for them."""
    argument = Argument(DIALECTS["jsonrpc"], Json("[0]", compile_json("[0]")))
    asked = '[{"method": "a", "params": [1]}, {"method": "b", "params": [2]}]'
    view = View(rpc(asked, "", "application/json"))

    assert argument.values(view, None) == ["1", "2"]
    assert not argument.needs_body
    assert argument.present(view)
