"""Reviews are appended, with a reason, and the term is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from proxy.detections.findings import ask
from proxy.detections.reviews import State, Step, append, kept, steps_of
from proxy.detections.runner import Days, run
from proxy.errors import UsageError
from tests.proxy.detections.conftest import DAY, Office, thresholds

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def step(finding: str, state: State, hours: int, reason: str = "asked ann") -> Step:
    """A step so long after the finding."""
    at = NOW + timedelta(hours=hours)
    return Step(finding=finding, state=state, at=at, reviewer="po", reason=reason)


def found(office: Office, count: int) -> list[str]:
    """As many findings."""
    for number in range(count):
        office.shows(f"emp{number}", range(10), hour=23)
    office.flush()
    days = Days(DAY, DAY + timedelta(days=1))
    return [each.id for each in run(office.store, thresholds(), days, NOW).new]


def test_the_last_step_is_the_state_and_every_step_stays(office: Office) -> None:
    """Seen, explained, and taken back."""
    (finding,) = found(office, 1)
    steps = [
        step(finding, State.SEEN, 1),
        step(finding, State.EXPLAINED, 2),
        step(finding, State.OPEN, 3, "the wrong finding"),
    ]

    for each in steps:
        append(office.store, each)
        ((_, state),) = ask(office.store, "1", {}, limit=9)
        assert state == each.state.value

    assert steps_of(office.store, finding) == steps


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2_001])
def test_a_review_needs_a_reason(office: Office, reason: str) -> None:
    """And nothing is recorded without."""
    with pytest.raises(UsageError, match="reason"):
        append(office.store, step("abc", State.SEEN, 1, reason))

    assert steps_of(office.store, "abc") == []


def test_the_share_reviewed_within_the_term_is_told(office: Office) -> None:
    """In time, too late, not yet; a step that opens it again is no review."""
    ids = found(office, 4)
    append(office.store, step(ids[0], State.SEEN, 1))
    append(office.store, step(ids[0], State.EXPLAINED, 100))
    append(office.store, step(ids[1], State.ESCALATED, 50))
    append(office.store, step(ids[2], State.OPEN, 1))

    (term,) = kept(office.store, NOW, NOW + timedelta(days=1), hours=24)

    assert (term.month, term.detection) == ("2026-06", "outside-hours")
    assert (term.findings, term.reviewed, term.in_time) == (4, 2, 1)
    assert (term.overdue, term.share) == (2, 0.25)
