"""What was looked at in a long run, and whether it grew; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

SHARE = 0.10
LEAST = {"rss_mib": 8.0, "descriptors": 20.0, "journal_mib": 16.0}
"""Growth below either is breathing: a batch under way, a segment that is filled."""


@dataclass(slots=True)
class Series:
    """One figure of one process over the run."""

    what: str
    """A key of ``LEAST``."""
    points: list[tuple[float, float]] = field(default_factory=list)
    """(seconds since the start, value)."""

    def add(self, at: float, value: float) -> None:
        """One look."""
        self.points.append((at, value))

    @property
    def first(self) -> float:
        """When the start is over: the mean of the second quarter."""
        return _mean(self._part(0.25, 0.5))

    @property
    def last(self) -> float:
        """The mean of the last quarter."""
        return _mean(self._part(0.75, 1.0))

    @property
    def a_minute(self) -> float:
        """Slope over what comes after the first quarter, by least squares."""
        return slope(self._part(0.25, 1.0)) * 60

    @property
    def flat(self) -> bool:
        """It did not grow by more than a part of itself, or next to nothing."""
        return self.last - self.first <= max(SHARE * self.first, LEAST[self.what])

    def plain(self) -> dict[str, float | bool]:
        """As JSON."""
        return {
            "first": round(self.first, 2),
            "last": round(self.last, 2),
            "a_minute": round(self.a_minute, 3),
            "flat": self.flat,
        }

    def _part(self, start: float, end: float) -> Sequence[tuple[float, float]]:
        number = len(self.points)
        return self.points[int(number * start) : max(1, int(number * end))]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares; 0 for less than two points."""
    if len(points) < 2:
        return 0.0
    x, y = _mean_of(points, 0), _mean_of(points, 1)
    spread = sum((at - x) ** 2 for at, _ in points)
    if not spread:
        return 0.0
    return sum((at - x) * (value - y) for at, value in points) / spread


def _mean_of(points: Sequence[tuple[float, float]], which: int) -> float:
    return sum(point[which] for point in points) / len(points)


def _mean(points: Sequence[tuple[float, float]]) -> float:
    return _mean_of(points, 1) if points else 0.0
