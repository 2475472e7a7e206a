"""Running the catalogue over local days, and writing what is new.

A period is taken in parts of ``PART`` days, so that a question of a year is bounded
like one of a month. Of each detection at most ``MOST`` findings are written a part:
more than that is a threshold that is wrong, and is told (``Ran.left_out``).

A suppressed finding is written with its reason: evidence that it was not overlooked.

Failure modes: those of the store; what was written before stays, and a repeated run
writes the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from proxy.detections.catalogue import Detection, Window, catalogue
from proxy.detections.findings import COLUMNS, Finding, made
from proxy.detections.thresholds import Thresholds
from proxy.detections.working_time import DAY, local_day, start_of, working
from proxy.store.port import QuestionsAndRows

PART = 31
"""Days of one question."""
MOST = 1_000
"""Findings of a detection and part; twenty a day are what people can review."""
SETTLED = timedelta(hours=7)
"""After its end a day is judged: its last night ends at six, rows come late."""
_LOADED = "SELECT DISTINCT toString(kind) FROM context_loads UNION ALL SELECT ''"
"""Kinds of context that are loaded, and none, which is always there."""


@dataclass(frozen=True, slots=True)
class Days:
    """Local days, the last not included."""

    first: date
    end: date


@dataclass(slots=True)
class Ran:
    """What a run found."""

    new: list[Finding] = field(default_factory=list)
    known: int = 0
    """Found before."""
    left_out: dict[str, int] = field(default_factory=dict)
    """By detection, how many were more than is written."""
    needs: dict[str, str] = field(default_factory=dict)
    """By detection that was not asked, the context that is not loaded."""


def due(thresholds: Thresholds, now: datetime, *, back: int) -> tuple[Days, Days]:
    """What a scheduled run judges: complete days, and the days for events.

    Args:
        thresholds: whose zone counts.
        now: the moment.
        back: days that are judged again, for rows and names that came late.
    """
    today = local_day(now, thresholds.zone)
    over = local_day(now - SETTLED, thresholds.zone)
    return (
        Days(over - back * DAY, over),
        Days(today - back * DAY, today + DAY),
    )


def run(
    store: QuestionsAndRows,
    thresholds: Thresholds,
    days: Days,
    now: datetime,
    *,
    windows: frozenset[Window] = frozenset(Window),
    part: int = PART,
    most: int = MOST,
) -> Ran:
    """Ask every detection that is enabled about these days.

    Raises:
        StoreUnavailable, StoreRejected: the store does not answer.
    """
    ran = Ran()
    loaded = {row[0] for row in store.query(_LOADED).rows}
    for detection in catalogue():
        setting = thresholds.settings[detection.id]
        if not setting.enabled or detection.head.window not in windows:
            continue
        if detection.head.needs not in loaded:
            ran.needs[detection.id] = detection.head.needs
            continue
        for some in _parts(days, part):
            found = judge(store, detection, thresholds, some, now)
            if len(found) > most:
                more = ran.left_out.get(detection.id, 0) + len(found) - most
                ran.left_out[detection.id] = more
            new = _write(store, found[:most])
            ran.new += new
            ran.known += len(found[:most]) - len(new)
    return ran


def judge(
    store: QuestionsAndRows,
    detection: Detection,
    thresholds: Thresholds,
    days: Days,
    now: datetime,
) -> list[Finding]:
    """What one detection finds on these days; nothing is written."""
    setting = thresholds.settings[detection.id]
    answer = store.query(
        detection.question,
        {
            **_period(detection, thresholds, days),
            **{
                name: value if isinstance(value, float | int) else list(value)
                for name, value in setting.values.items()
            },
        },
    )
    digest = thresholds.digest(detection)
    found = (
        made(
            detection,
            dict(zip(answer.columns, row, strict=True)),
            thresholds.zone,
            severity=setting.severity,
            thresholds=digest,
            now=now,
        )
        for row in answer.rows
    )
    return [
        replace(each, suppressed=_suppressed(each, thresholds, now)) for each in found
    ]


def _parts(days: Days, part: int) -> Iterator[Days]:
    first = days.first
    while first < days.end:
        end = min(first + part * DAY, days.end)
        yield Days(first, end)
        first = end


def _period(
    detection: Detection, thresholds: Thresholds, days: Days
) -> dict[str, object]:
    zone = thresholds.zone
    since = days.first - detection.head.looks_back * DAY
    end = start_of(days.end, zone)
    hours = [
        (name, *each)
        for name, week in thresholds.hours.items()
        for each in working(week, thresholds.holidays, since, days.end + DAY, zone)
    ]
    return {
        "since": start_of(since, zone).isoformat(),
        "from": start_of(days.first, zone).isoformat(),
        "to": end.isoformat(),
        "later": (end + timedelta(hours=detection.head.reads_on)).isoformat(),
        "first_day": days.first.isoformat(),
        "end_day": days.end.isoformat(),
        "zone": zone.key,
        "schedules": [each[0] for each in hours],
        "begins": [each[1] for each in hours],
        "ends": [each[2] for each in hours],
    }


def _suppressed(finding: Finding, thresholds: Thresholds, now: datetime) -> str:
    today = local_day(now, thresholds.zone)
    for each in thresholds.suppressions:
        if (
            each.detection == finding.detection
            and today < each.until
            and each.employee in ("", finding.actor)
            and each.subject in ("", finding.subject)
        ):
            return each.reason
    return ""


def _write(store: QuestionsAndRows, found: Sequence[Finding]) -> list[Finding]:
    by_id = {each.id: each for each in found}
    if not by_id:
        return []
    there = store.query(
        "SELECT DISTINCT id FROM findings WHERE id IN {ids:Array(String)}",
        {"ids": list(by_id)},
    )
    for (known,) in there.rows:
        by_id.pop(known, None)
    new = list(by_id.values())
    if not new:
        return []
    token = hashlib.sha256("".join(sorted(by_id)).encode()).hexdigest()
    store.insert("findings", COLUMNS, [each.row() for each in new], token)
    return new


def between(since: datetime, until: datetime, thresholds: Thresholds) -> Days:
    """The local days that a period touches."""
    last = local_day(until.astimezone(UTC) - timedelta(microseconds=1), thresholds.zone)
    return Days(local_day(since, thresholds.zone), last + DAY)
