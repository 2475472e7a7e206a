"""A clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ManualClock:
    """Implements ``proxy.clock.Clock``."""

    wall: int = 1_780_000_000_000_000_000
    monotonic: int = 1_000_000_000

    def monotonic_ns(self) -> int:
        return self.monotonic

    def wall_ns(self) -> int:
        return self.wall

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self.wall += round(seconds * 1e9)
        self.monotonic += round(seconds * 1e9)
