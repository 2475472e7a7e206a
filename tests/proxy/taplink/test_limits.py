"""Bounds of the tap link."""

from __future__ import annotations

import pytest

from proxy.taplink import GateLimits, Limits


def test_bounds_that_contradict_each_other_are_refused() -> None:
    """A mistake is told at start, not by a wire that sheds everything."""
    with pytest.raises(ValueError, match="backlog_soft"):
        Limits(backlog_soft=2, backlog_hard=1)
    with pytest.raises(ValueError, match="negative"):
        Limits(pace_most=-1)
    with pytest.raises(ValueError, match="deadline"):
        GateLimits(deadline=0)
    with pytest.raises(ValueError, match="within total"):
        GateLimits(connection=2, total=1)
