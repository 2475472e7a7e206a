"""Which calls a rule claims."""

from __future__ import annotations

import pytest

from proxy.exchange.patterns import compile_glob
from proxy.extraction.dialects.base import Call
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.selectors.tree import Json, compile_json
from proxy.extraction.view import View
from proxy.ruleset.operations import Operation
from tests.support.dialects import rpc

CALL = Call(("GetClient", "urn:x/GetClient"), {"id": ["5", "6"]})


def operation(*names: str, **arguments: str) -> Operation:
    """Of JSON-RPC."""
    places = tuple(
        (Json(place, compile_json(place)), compile_glob(text))
        for place, text in arguments.items()
    )
    return Operation(
        dialect=DIALECTS["jsonrpc"],
        names=tuple(map(compile_glob, names)),
        arguments=places,
    )


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (operation(), CALL.names),
        (operation("GetClient"), ("GetClient",)),
        (operation("*GetClient"), CALL.names),
        (operation("a", "urn:*"), ("urn:x/GetClient",)),
        (operation("getclient"), ()),
        (operation("GetClient", id="6"), ("GetClient",)),
        (operation(id="6"), CALL.names),
        (operation("GetClient", id="7"), ()),
        (operation("GetClient", id="*", name="*"), ()),
    ],
)
def test_names_and_arguments_decide(
    claimed: Operation, expected: tuple[str, ...]
) -> None:
    """Any of the names, all of the arguments, any of their values."""
    assert claimed.fitting(CALL, CALL.names) == expected


def test_a_request_fits_when_any_of_its_calls_does() -> None:
    """And one that asks nothing fits what asks for nothing in particular."""
    batch = View(rpc('[{"method": "a"}, {"method": "b"}]', "", "application/json"))
    page = View(rpc("", ""))

    assert operation("b").fits(batch)
    assert not operation("c").fits(batch)
    assert (operation().fits(page), operation("*").fits(page)) == (True, False)
    assert (operation().several(batch), operation().several(page)) == (True, False)
