"""Findings: ids that repeat, sentences people read, and the rows behind them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.detections.findings import finding_id, named, shown
from proxy.detections.runner import Days, run
from proxy.errors import UsageError
from tests.proxy.detections.conftest import DAY, Office, thresholds

ZONE = ZoneInfo("Europe/Amsterdam")
PART = st.text(max_size=8)


@given(st.tuples(PART, PART, PART), st.tuples(PART, PART, PART))
def test_two_findings_have_one_id_only_if_they_are_about_the_same(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    """However names and texts run into each other."""
    ids = [finding_id(a, b, b"", c) for a, b, c in (one, other)]

    assert (ids[0] == ids[1]) is (one == other)


def test_values_are_shown_as_people_say_them() -> None:
    """Days by name, times local, thousands apart, lists with commas."""
    noon = datetime(2026, 5, 12, 12, tzinfo=UTC)

    assert shown(noon, ZONE) == "14:00"
    assert shown(date(2026, 5, 2), ZONE) == "Saturday 2 May 2026"
    assert shown(12345, ZONE) == "12,345"
    assert (shown(2.5, ZONE), shown(2.0, ZONE)) == ("2.5", "2")
    assert shown(["a", "b"], ZONE) == "a, b"
    assert len(shown("x" * 10_000, ZONE)) == 2_000


def test_a_finding_is_named_by_how_its_id_begins(office: Office) -> None:
    """Enough of it, and one only."""
    for who in ("ann", "bob"):
        office.shows(who, range(10), hour=23)
    office.flush()
    days = Days(DAY, DAY + timedelta(days=1))
    now = datetime(2026, 6, 1, tzinfo=UTC)
    one, other = run(office.store, thresholds(), days, now).new

    assert named(office.store, one.id[:8])[0].actor == one.actor
    assert named(office.store, other.id)[0].actor == other.actor
    for wrong, said in (("", "at least"), (one.id[:5], "at least"), ("z" * 8, "no ")):
        with pytest.raises(UsageError, match=said):
            named(office.store, wrong)


def test_names_of_an_application_are_only_text(office: Office) -> None:
    """Quotes, braces and line ends are neither statement nor template."""
    hostile = "O'Brien\\ {clients}\n{x:String}"
    office.shows(hostile, range(10), hour=23)
    office.flush()
    days = Days(DAY, DAY + timedelta(days=1))
    now = datetime(2026, 6, 1, tzinfo=UTC)

    (found,) = run(office.store, thresholds(), days, now).new

    assert named(office.store, found.id)[0].actor == hostile
    assert "{" not in found.sentence
