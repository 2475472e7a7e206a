"""The clock, as a port: the only place that asks what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Two clocks of one host."""

    def monotonic_ns(self) -> int:
        """CLOCK_MONOTONIC: the same for all processes of a host, never steps."""

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch; may step."""


class SystemClock:
    """The host's clocks."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return time.time_ns()


def wall_minus_monotonic_ns(clock: Clock) -> int:
    """What to add to a monotonic time to get the wall clock at this moment."""
    return clock.wall_ns() - clock.monotonic_ns()


def nanoseconds(at: datetime) -> int:
    """Since the epoch, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000
