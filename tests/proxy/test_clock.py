"""The clock: two clocks of one host, and the difference between them."""

from __future__ import annotations

from proxy.clock import SystemClock, wall_minus_monotonic_ns
from tests.support.clocks import ManualClock


def test_the_monotonic_clock_never_steps_back() -> None:
    """Whatever happens to the wall clock."""
    clock = SystemClock()

    times = [clock.monotonic_ns() for _ in range(1000)]

    assert times == sorted(times)


def test_the_difference_turns_a_monotonic_time_into_one_of_the_wall() -> None:
    """Both clocks are read at the same moment, as near as may be."""
    clock = ManualClock()

    difference = wall_minus_monotonic_ns(clock)

    assert clock.monotonic_ns() + difference == clock.wall_ns()
