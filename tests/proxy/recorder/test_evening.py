"""Wires are read side by side: none far ahead, none waited for in vain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.recorder.evening import Heard, ahead

MOST = 200
NONE: frozenset[int] = frozenset()


def _ahead(wires: dict[int, Heard], paused: frozenset[int] = NONE) -> frozenset[int]:
    return ahead(wires, paused, now=10.0, most_ns=MOST, stalled=1.0)


def test_a_wire_far_ahead_is_not_read() -> None:
    """The other one's news may decide what it tells of."""
    assert _ahead({1: Heard(1000, 10.0), 2: Heard(500, 9.9)}) == {1}


def test_wires_close_together_are_both_read() -> None:
    """Nothing waits at normal load."""
    assert _ahead({1: Heard(1000, 10.0), 2: Heard(900, 9.9)}) == NONE


def test_a_wire_that_hangs_holds_nobody_up() -> None:
    """Silence although asked: it is not waited for."""
    assert _ahead({1: Heard(1000, 10.0), 2: Heard(500, 8.0)}) == NONE


def test_the_silence_of_a_paused_wire_is_our_own() -> None:
    """It stays paused until the slow one has caught up."""
    assert _ahead({1: Heard(1000, 5.0), 2: Heard(500, 9.9)}, frozenset({1})) == {1}
    assert _ahead({1: Heard(1000, 5.0), 2: Heard(850, 9.9)}, frozenset({1})) == NONE


def test_one_wire_alone_is_always_read() -> None:
    """There is nobody to wait for."""
    assert _ahead({1: Heard(1000, 10.0)}) == NONE


@given(
    st.dictionaries(
        st.integers(1, 6),
        st.tuples(st.integers(0, 2000), st.floats(0, 10)),
        max_size=6,
    ),
    st.frozensets(st.integers(1, 6)),
)
def test_the_slowest_wire_is_always_read(
    wires: dict[int, tuple[int, float]], paused: frozenset[int]
) -> None:
    """Somebody goes on, so that everybody does in the end."""
    heard = {boot: Heard(*each) for boot, each in wires.items()}

    held = _ahead(heard, paused & heard.keys())

    if heard:
        slowest = min(heard, key=lambda boot: heard[boot].watermark_ns)
        assert slowest not in held
