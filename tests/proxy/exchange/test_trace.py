"""``traceparent``: what is a trace, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.trace import MAX_LENGTH, Trace, traceparent

TRACE = b"4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = b"00f067aa0ba902b7"
GOOD = b"00-" + TRACE + b"-" + SPAN + b"-01"


@pytest.mark.parametrize(
    "value",
    [GOOD, b" " + GOOD + b"\t", GOOD[:-2] + b"00", b"42" + GOOD[2:] + b"-more-to-come"],
)
def test_a_trace_is_read_whatever_its_flags_say(value: bytes) -> None:
    """Not sampled is a wish about tracing; later versions begin the same."""
    found = traceparent([(b"traceparent", value)])

    assert found == Trace(TRACE.decode(), SPAN.decode())


@pytest.mark.parametrize(
    "value",
    [
        b"",
        GOOD.upper(),
        GOOD[:-1],
        b"ff" + GOOD[2:],
        GOOD + b"-more",
        b"00-" + b"0" * 32 + b"-" + SPAN + b"-01",
        b"00-" + TRACE + b"-" + b"0" * 16 + b"-01",
        b"01" + GOOD[2:] + b"-" + b"x" * MAX_LENGTH,
    ],
)
def test_what_is_malformed_is_no_trace(value: bytes) -> None:
    """Zeros, capitals, version ff, a tail that version 00 does not have."""
    assert traceparent([(b"traceparent", value)]) is None


def test_two_of_them_are_none() -> None:
    """Which one counts is not said."""
    assert traceparent([(b"traceparent", GOOD)] * 2) is None
    assert traceparent([]) is None


@given(st.binary(max_size=80))
def test_no_value_raises(value: bytes) -> None:
    """What a peer sends is hostile."""
    found = traceparent([(b"traceparent", value)])

    assert found is None or (len(found.trace_id), len(found.parent_span)) == (32, 16)
