"""Runs: what is due, in parts, each finding once, suppressed ones with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from proxy.context_files import ContextKind
from proxy.detections.catalogue import Window
from proxy.detections.findings import ask
from proxy.detections.runner import Days, between, due, run
from tests.proxy.detections.conftest import DAY, Office, thresholds

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = Days(DAY - timedelta(days=1), DAY + timedelta(days=1))


def test_what_was_found_is_found_once(office: Office) -> None:
    """Run again, over other days, in other parts: nothing is added."""
    office.past("ann", 10)
    office.shows("ann", range(80))
    office.flush()

    first = run(office.store, thresholds(), DAYS, NOW)
    again = run(office.store, thresholds(), DAYS, NOW + timedelta(days=1), part=1)

    assert [each.detection for each in first.new] == ["volume"]
    assert (again.new, again.known) == ([], 1)
    assert office.store.query("SELECT count() FROM findings").rows == [(1,)]
    ((found, state),) = ask(office.store, "1", {}, limit=10)
    assert (found.id, found.sentence) == (first.new[0].id, first.new[0].sentence)
    assert (found.at, state) == (NOW, "open")
    assert found.evidence == first.new[0].evidence


def test_more_than_can_be_reviewed_is_told_and_not_kept(office: Office) -> None:
    """With the limit shrunk."""
    for number in range(6):
        office.shows(f"emp{number}", range(10), hour=23)
    office.flush()

    ran = run(office.store, thresholds(), DAYS, NOW, most=4)

    assert len(ran.new) == 4
    assert ran.left_out == {"outside-hours": 2}


def test_what_needs_context_is_not_asked_without_it(office: Office) -> None:
    """And the run says so: finding nothing would look like all is well."""
    ran = run(office.store, thresholds(), DAYS, NOW)
    office.loads(ContextKind.STAFF, "employee,team,valid_from\nann,north,2020-01-01")
    later = run(office.store, thresholds(), DAYS, NOW)

    assert ran.needs == {
        "own-record": "staff",
        "outside-caseload": "caseload",
        "searched-by-name": "caseload",
        "watched-subject": "watchlist",
    }
    assert "own-record" not in later.needs


def test_a_suppressed_finding_is_kept_with_its_reason(
    office: Office,
) -> None:
    """Of this account and detection, until its end."""
    for who in ("ann", "bob"):
        office.shows(who, range(10), hour=23)
    office.flush()
    rule = "suppress:\n  - {detection: outside-hours, employee: ann, reason: on call"

    ran = run(office.store, thresholds(f"{rule}, until: 2026-06-02}}\n"), DAYS, NOW)

    told = {each.actor: each.suppressed for each in ran.new}
    assert told == {"ann": "on call", "bob": ""}
    states = {f.actor: state for f, state in ask(office.store, "1", {}, limit=9)}
    assert states == {"ann": "suppressed", "bob": "open"}


def test_a_suppression_ends(office: Office) -> None:
    """On its day it does not count any more."""
    office.shows("ann", range(10), hour=23)
    office.flush()
    rule = "suppress:\n  - {detection: outside-hours, reason: on call"

    ran = run(office.store, thresholds(f"{rule}, until: 2026-06-01}}\n"), DAYS, NOW)

    assert [each.suppressed for each in ran.new] == [""]


def test_a_detection_that_is_off_or_not_due_is_not_asked(office: Office) -> None:
    """By the thresholds, or by the window."""
    office.shows("ann", range(10), hour=23)
    office.flush()
    off = thresholds("detections: {outside-hours: {enabled: no}}\n")

    assert run(office.store, off, DAYS, NOW).new == []
    events = frozenset({Window.EVENT})
    assert run(office.store, thresholds(), DAYS, NOW, windows=events).new == []


def test_a_day_is_judged_once_its_night_is_over_and_events_at_once() -> None:
    """In the organisation's zone; two days back for what came late."""
    zone = thresholds("zone: Europe/Amsterdam\n")
    early = datetime(2026, 5, 13, 4, 30, tzinfo=UTC)

    over, events = due(zone, early, back=2)
    later, _ = due(zone, early + timedelta(hours=1), back=2)

    assert over == Days(date(2026, 5, 10), date(2026, 5, 12))
    assert later == Days(date(2026, 5, 11), date(2026, 5, 13))
    assert events == Days(date(2026, 5, 11), date(2026, 5, 14))


def test_a_period_is_the_local_days_it_touches() -> None:
    """Midnight in Amsterdam is not the day that begins in London."""
    zone = thresholds("zone: Europe/Amsterdam\n")
    since = datetime(2026, 5, 1, 22, tzinfo=UTC)
    until = datetime(2026, 5, 3, 22, tzinfo=UTC)

    assert between(since, until, zone) == Days(date(2026, 5, 2), date(2026, 5, 4))
