"""What the report of the detections says, as points."""

from __future__ import annotations

import pytest

from proxy.status import Report
from proxy.telemetry.detections import DETECTIONS


def points(name: str, **figures: object) -> list[float]:
    """Of one instrument."""
    (found,) = [each for each in DETECTIONS if each.name == name]
    report = Report(role="detections", pid=1, at=0.0, figures=dict(figures))
    return [value for value, _ in found.points({"detections": report})]


@pytest.mark.parametrize(("error", "value"), [("", 0.0), ("no table", 1.0)])
def test_a_run_that_did_not_end_is_failing(error: str, value: float) -> None:
    """Until one ends; a report of another version gives no point."""
    assert points("whosaw.detections.failing", last_error=error) == [value]
    assert points("whosaw.detections.failing") == []


def test_what_was_done_is_counted() -> None:
    """As the role counts it."""
    figures = {"runs": 3, "findings": 2, "left_out": 1, "pushed": 2, "last_run": 9.5}

    assert points("whosaw.detections.runs", **figures) == [3.0]
    assert points("whosaw.detections.findings", **figures) == [2.0]
    assert points("whosaw.detections.left_out", **figures) == [1.0]
    assert points("whosaw.detections.pushed", **figures) == [2.0]
    assert points("whosaw.detections.time", **figures) == [9.5]
