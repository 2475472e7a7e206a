"""Local days and working hours, across the nights on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from proxy.detections.working_time import (
    HOLIDAY,
    Hours,
    local_day,
    start_of,
    working,
)

ZONE = ZoneInfo("Europe/Amsterdam")
OFFICE = (Hours(time(7), time(19)),)
NIGHT = (Hours(time(22), time(6)),)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def test_office_hours_move_with_the_clock() -> None:
    """Seven in the morning is five in summer and six in winter, in UTC."""
    week = {6: OFFICE, 0: OFFICE}

    found = list(working(week, frozenset(), AUTUMN, date(2026, 10, 27), ZONE))
    before = list(working({4: OFFICE}, frozenset(), date(2026, 10, 23), AUTUMN, ZONE))

    assert [datetime.fromtimestamp(a, UTC).hour for a, _ in before] == [5]
    assert [datetime.fromtimestamp(a, UTC).hour for a, _ in found] == [6, 6]
    assert {b - a for a, b in found + before} == {12 * 3600}


def test_a_night_shift_is_an_hour_longer_or_shorter_when_the_clock_changes() -> None:
    """It ends at six by the clock on the wall."""
    lengths = [
        (b - a) / 3600
        for day in (SPRING, AUTUMN, date(2026, 6, 14))
        for a, b in working({5: NIGHT}, frozenset(), day - timedelta(days=1), day, ZONE)
    ]

    assert lengths == [7, 9, 8]


def test_on_a_holiday_only_its_own_hours_count() -> None:
    """Whatever day of the week it is."""
    monday = date(2026, 4, 27)
    days = (monday, monday + timedelta(days=1))

    closed = list(working({0: OFFICE}, frozenset({monday}), *days, ZONE))
    open_too = list(working({HOLIDAY: OFFICE}, frozenset({monday}), *days, ZONE))

    assert (closed, len(open_too)) == ([], 1)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_a_day_begins_in_it_and_the_moment_before_is_another(day: date) -> None:
    """Days of 23 and 25 hours too."""
    start = start_of(day, ZONE)

    assert local_day(start, ZONE) == day
    assert local_day(start - timedelta(microseconds=1), ZONE) < day
