"""Local days and working hours as moments: daylight saving and holidays included.

A day has 23, 24 or 25 hours; hours that do not exist are read as the clock would show
an hour later, hours that come twice as the first. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "holiday",
)
HOLIDAY = 7
"""Hours of a holiday, whatever day it is; none: nobody has to work."""


@dataclass(frozen=True, slots=True)
class Hours:
    """From one time of the day to another, of the next day when not later."""

    begins: time
    ends: time


Week = Mapping[int, tuple[Hours, ...]]
"""Weekday (0: Monday) or ``HOLIDAY`` → working hours; none: a free day."""


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The local day of a moment."""
    return at.astimezone(zone).date()


def working(
    week: Week, holidays: frozenset[date], first: date, end: date, zone: ZoneInfo
) -> Iterator[tuple[int, int]]:
    """Working hours that begin on the days from ``first`` until before ``end``, as
    seconds since the epoch, in order of their begin."""
    day = first
    while day < end:
        kind = HOLIDAY if day in holidays else day.weekday()
        for hours in sorted(week.get(kind, ()), key=attrgetter("begins")):
            last = day if hours.ends > hours.begins else day + DAY
            yield (
                _seconds(datetime.combine(day, hours.begins, zone)),
                _seconds(datetime.combine(last, hours.ends, zone)),
            )
        day += DAY


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
