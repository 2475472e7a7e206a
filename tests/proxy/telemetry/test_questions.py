"""What the report of the question service says, as points."""

from __future__ import annotations

import pytest

from proxy.status import Report
from proxy.telemetry.questions import QUESTIONS


def points(name: str, **figures: object) -> list[float]:
    """Of one instrument."""
    (found,) = [each for each in QUESTIONS if each.name == name]
    report = Report(role="questions", pid=1, at=0.0, figures=dict(figures))
    return [value for value, _ in found.points({"questions": report})]


@pytest.mark.parametrize(
    ("seal_error", "last_error", "value"),
    [("", "", 0.0), ("no key", "", 1.0), ("", "refused", 1.0)],
)
def test_inquiries_that_wait_are_failing(
    seal_error: str, last_error: str, value: float
) -> None:
    """To be sealed, or for the store; a report of another version gives no point."""
    said = {"seal_error": seal_error, "last_error": last_error}

    assert points("whosaw.questions.failing", **said) == [value]
    assert points("whosaw.questions.failing") == []


def test_what_was_not_answered_is_counted_by_its_kind() -> None:
    """As the service counts it."""
    figures = {"answered": 4, "unrecorded": 3, "turned_away": 2, "refused": 1}

    for word, count in figures.items():
        assert points(f"whosaw.questions.{word}", **figures) == [float(count)]
