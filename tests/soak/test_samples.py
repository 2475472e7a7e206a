"""Whether something grew."""

from __future__ import annotations

import pytest

from tests.soak.samples import Series, slope


def series(*values: float, what: str = "rss_mib") -> Series:
    """One look a second."""
    made = Series(what)
    for at, value in enumerate(values):
        made.add(at, value)
    return made


def test_a_start_is_no_growth() -> None:
    """The first quarter is not looked at."""
    started = series(10, 90, *[100] * 6)

    assert (started.first, started.last) == (100, 100)
    assert started.a_minute == 0
    assert started.flat


def test_what_goes_on_growing_is_not_flat() -> None:
    """A tenth of itself, or more than next to nothing."""
    leak = series(*(100 + 2 * at for at in range(40)))
    breath = series(*(20 + at * 0.2 for at in range(40)))

    assert leak.a_minute == pytest.approx(120)
    assert not leak.flat
    assert breath.last > 1.1 * breath.first
    assert breath.flat


def test_a_run_of_one_look_has_no_slope() -> None:
    """Nor has one without any."""
    assert slope([]) == slope([(1.0, 5.0)]) == 0.0
    assert series().flat
    assert series(5).flat
