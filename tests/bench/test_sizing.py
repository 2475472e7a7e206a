"""The arithmetic behind the sizing table."""

from __future__ import annotations

import pytest

from tests.bench.sizing import Measured, lines, size

FOUND = Measured(
    cpu_us=200, memory_mib=210, journal_bytes=230, exchange_bytes=30, view_bytes=37
)


def test_a_thousand_advisors_are_counted_by_hand() -> None:
    """1,000 x 1,200 exchanges, a fifth of them in an hour: 66.7 a second."""
    found = size(1_000, FOUND)

    assert found.peak_per_s == pytest.approx(66.67, abs=0.01)
    assert found.cores == pytest.approx(66.67 * 200e-6 * 2, rel=1e-3)
    assert found.journal_gib_day * 2**30 == pytest.approx(1_000 * 1_640 * 230)
    assert found.store_gib_year * 2**30 == pytest.approx(
        1_000 * 250 * (1_200 * 30 + 440 * 37)
    )


def test_the_table_says_what_it_rests_on() -> None:
    """Every figure that went into it."""
    text = "\n".join(lines([size(100, FOUND)], FOUND))

    assert text.count("|---|") >= 1
    for part in ("200 µs", "210 MiB", "230 bytes", "30 an exchange", "37 a view"):
        assert part in text
