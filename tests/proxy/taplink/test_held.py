"""Bytes that wait: order, bounds, and since when the recorder owes something."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from proxy.tapgate import EVERYTHING, Release
from proxy.taplink.held import Held, Keeper


class Kept(Keeper):
    """A gate that counts."""

    def __init__(self, most: int = 1 << 30) -> None:
        self.opened = False
        self.size = 0
        self.full = 0
        self.shown = 0
        self.lost_for: list[str] = []
        self._most = most

    @override
    def most(self) -> int:
        """As it was made."""
        return self._most

    @override
    def changed(self, held: Held, size: int) -> None:
        """Count."""
        self.size += size

    @override
    def filled(self, held: Held) -> None:
        """Count."""
        self.full += 1

    @override
    def passed(self, held: Held) -> None:
        """Count."""
        self.shown += 1

    @override
    def lost(self, held: Held, reason: str) -> None:
        """Note."""
        self.lost_for.append(reason)


def holding(most: int = 1 << 30) -> tuple[Held, Kept]:
    """Nothing yet."""
    kept = Kept(most)
    return Held(kept, 1, lambda: None), kept


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("data"), st.integers(1, 30)),
            st.tuples(st.just("to"), st.integers(0, 400)),
            st.tuples(st.just("client"), st.integers(1, 9)),
            st.tuples(st.just("pass"), st.integers(0, 30)),
        ),
        max_size=40,
    )
)
def test_bytes_go_in_order_and_never_beyond_what_was_released(
    steps: list[tuple[str, int]],
) -> None:
    """The reference: the highest offset allowed by any word that counts."""
    held, kept = holding()
    sent = shown = b""
    allowed = client = 0
    passes = -1

    for what, size in steps:
        if what == "data":
            data = bytes((len(sent) + place) % 251 for place in range(size))
            sent += data
            shown += held.arrived(data, 1)
        elif what == "to":
            allowed = max(allowed, size)
            held.release(Release(size))
            shown += held.take()
        elif what == "client":
            client += size
            held.asked(size)
        else:
            passes = max(passes, size)
            held.release(Release(0, size, passes=True))
            shown += held.take()
        if passes >= client:
            allowed = max(allowed, len(sent))
        assert shown == sent[: min(allowed, len(sent))]
        assert held.size == kept.size == len(sent) - len(shown)


def test_debt_begins_with_the_first_byte_and_ends_with_the_last() -> None:
    """In between it is as old as the oldest byte that waits."""
    held, _ = holding()

    held.arrived(b"12345", 100)
    held.arrived(b"67890", 200)
    first = held.owed_ns
    held.release(Release(7))
    held.take()
    second = held.owed_ns
    held.release(Release(10))
    held.take()

    assert (first, second, held.owed_ns) == (100, 200, 0)


def test_recorder_that_has_read_everything_owes_nothing_until_more_comes() -> None:
    """A slow response is its application's affair."""
    held, _ = holding()
    held.arrived(b"12345", 100)

    held.release(Release(0, read=4, unfinished=True))
    behind = held.owed_ns
    held.release(Release(0, read=5, unfinished=True))
    up_to_date = held.owed_ns
    held.arrived(b"6", 300)

    assert (behind, up_to_date, held.owed_ns) == (100, 0, 300)


def test_full_hold_says_so_once_and_is_owed_something_in_any_case() -> None:
    """Nothing more arrives that could be waited for."""
    held, kept = holding(most=10)

    held.arrived(b"x" * 12, 100)
    held.release(Release(0, read=12, unfinished=True))
    owed = held.owed_ns
    held.release(Release(5))
    held.take()

    assert (kept.full, owed, held.full) == (1, 100, False)


def test_opened_gate_shows_everything_and_counts_it() -> None:
    """What waited, and what comes, as long as it is open."""
    held, kept = holding()
    held.arrived(b"one", 1)

    kept.opened = True
    shown = held.take() + held.arrived(b"two", 2)
    kept.opened = False
    held.arrived(b"three", 3)

    assert (shown, kept.shown, held.size) == (b"onetwo", 2, 5)


def test_let_go_lasts_until_the_client_asks_again_or_for_ever() -> None:
    """A page that was shown unrecorded says nothing about the next one."""
    held, _ = holding()
    held.arrived(b"one", 1)

    held.let_go(for_ever=False)
    first = held.take() + held.arrived(b"more", 2)
    held.asked(1)
    second = held.arrived(b"two", 3)
    held.let_go(for_ever=True)
    held.asked(1)

    assert (first, second) == (b"onemore", b"")
    assert held.take() == b"two"
    assert held.may == EVERYTHING


def test_refused_hold_shows_nothing_and_keeps_nothing() -> None:
    """Whatever is released afterwards."""
    held, kept = holding()
    held.arrived(b"one", 1)

    held.refuse()
    held.release(Release(EVERYTHING))

    assert (held.take(), held.arrived(b"two", 2), kept.size) == (b"", b"", 0)


def test_leniency_is_void_once_the_client_asked_for_something_else() -> None:
    """It was said about what had been asked for until then."""
    held, _ = holding()
    held.asked(10)

    held.release(Release(0, 10, lenient=True))
    before = held.lenient
    held.asked(1)

    assert (before, held.lenient) == (True, False)
