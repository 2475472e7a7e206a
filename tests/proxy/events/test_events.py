"""Events as bytes: what the journal keeps is what was decided."""

from __future__ import annotations

from enum import Enum
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import Event, ExchangeRecorded, decode, encode
from tests.support.rows import EXCHANGE, GAP, LEARNED, SESSION, VIEW

SAMPLES: tuple[Event, ...] = (EXCHANGE, VIEW, SESSION, GAP, LEARNED)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NUMBERS = st.integers(min_value=-(2**63), max_value=2**64 - 1)
BY_TYPE: dict[object, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: NUMBERS,
    bool: st.booleans(),
    bytes: st.binary(max_size=20),
    float: st.floats(allow_nan=False),
}


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        return st.builds(kind, **{f.name: strategy(f.type) for f in fields})
    item, _ = get_args(kind)
    return st.lists(strategy(item), max_size=3).map(tuple)


EVENTS = st.one_of([strategy(kind) for kind in get_args(Event)])


@given(EVENTS)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    """Every kind, every field, any value."""
    assert decode(encode(event)) == event


@given(EVENTS)
def test_the_bytes_of_an_event_are_always_the_same(event: Event) -> None:
    """A digest over them can be computed again."""
    assert encode(event) == encode(decode(encode(event)))


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_torn_bytes_are_no_event(event: Event) -> None:
    """Wherever they end."""
    body = encode(event)

    for end in range(len(body)):
        with pytest.raises(msgspec.DecodeError):
            decode(body[:end])


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_refused(body: bytes) -> None:
    """Nothing but msgspec's own exceptions."""
    try:
        event = decode(body)
    except msgspec.DecodeError:
        return
    assert decode(encode(event)) == event


def test_an_event_of_before_a_field_was_added_is_still_read() -> None:
    """Fields are added at the end, with a default: old journals stay readable."""
    array = msgspec.msgpack.decode(encode(EXCHANGE))
    optional = [
        field
        for field in msgspec.structs.fields(ExchangeRecorded)
        if field.default is not msgspec.NODEFAULT
        or field.default_factory is not msgspec.NODEFAULT
    ]

    shorter = msgspec.msgpack.encode(array[: len(array) - len(optional)])

    found = decode(shorter)
    assert isinstance(found, ExchangeRecorded)
    assert found.path == EXCHANGE.path
