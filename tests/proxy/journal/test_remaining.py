"""Days left in the journal."""

from __future__ import annotations

import pytest

from proxy.journal.model import Fill
from proxy.journal.remaining import Remaining

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


def fill(size: int, entries: int) -> Fill:
    """Of a journal that may hold a million bytes."""
    return Fill(bytes=size, entries=entries, unshipped=entries, limit=1_000_000)


def test_days_left_are_the_room_over_the_rate() -> None:
    """Ten entries of 100 bytes a second fill 900,000 bytes in 900 seconds."""
    remaining = Remaining()
    remaining.days(0, 0, fill(1, 0))

    days = remaining.days(100 * SECOND, 1_000, fill(100_000, 1_000))

    assert days == pytest.approx(900 / 86_400)


def test_a_journal_that_rests_has_no_end() -> None:
    """No rate, no figure; and none before there was anything to compare."""
    remaining = Remaining()

    assert remaining.days(0, 5, fill(500, 5)) is None
    assert remaining.days(HOUR, 5, fill(500, 5)) is None


def test_a_full_journal_has_no_days_left() -> None:
    """Also when it is over its bound by the segment it may exceed it by."""
    remaining = Remaining()
    remaining.days(0, 0, fill(1, 0))

    assert remaining.days(SECOND, 9, fill(1_200_000, 9)) == 0.0


def test_the_rate_forgets_what_is_older_than_an_hour() -> None:
    """A busy morning does not count in the afternoon."""
    remaining = Remaining()
    for minute in range(200):
        seq = min(minute, 60) * 1_000
        days = remaining.days(minute * 60 * SECOND, seq, fill(1_000, 10))
        assert (days is None) == (minute == 0 or minute >= 119), minute
