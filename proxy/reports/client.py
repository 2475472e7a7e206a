"""What was recorded about one client in a period, and what was not established.

A period is not established where there is a gap, where a sidecar gave no sign of
life, where pages could not be read, where nobody was recording yet, and where rows
were erased at the end of their time. Of views without a name it is not established
who it was.

Bounded: ``limit`` views and ``MOST_CAVEATS`` of each kind; what was cut is said
(``complete``, ``caveats_complete``).

Failure modes: ``StoreUnavailable``, ``StoreRejected``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from proxy.store.crosswalk import Identifier, Identity, who_saw_client
from proxy.store.investigations import Caveats, moment, period_caveats
from proxy.store.port import Questions
from proxy.store.seen import Seen

MOST_CAVEATS = 10_000
"""Of each kind; more than anybody reads, little enough to keep."""
SILENCE_SECONDS = 150
"""Between two heartbeats, which come once a minute: two were missed."""
_EPOCH_YEAR = 1970
"""What the smallest of no rows is."""


class Why(Enum):
    """Why a part of the period is not established."""

    BEFORE = "before"
    """Nothing was recorded yet, or nothing of it is kept."""
    ERASED = "erased"
    """Rows were erased at the end of their time."""
    GAP = "gap"
    SILENCE = "silence"
    """A sidecar gave no sign of life."""
    UNREAD = "unread"
    """Pages were recorded whose records could not all be read."""
    UNATTRIBUTED = "unattributed"
    """Records were shown, and it is not known to whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unestablished:
    """A part of the period."""

    why: Why
    from_at: datetime
    to_at: datetime
    application: str = ""
    """Empty: any."""
    count: int = 0
    """Connections of a gap, pages that were not read, views without a name."""
    detail: str = ""
    """For an investigator: kind and reason, path, node."""


class Row(NamedTuple):
    """One view, and why it was."""

    seen: Seen
    purpose: str
    """URL of the processing activity; empty: not recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReport:
    """An answer about one client."""

    client: str
    """The id that was asked for."""
    subject_type: str
    start: datetime
    end: datetime
    """Not included."""
    made_at: datetime
    rows: tuple[Row, ...]
    """By time."""
    complete: bool
    identity: Identity
    unestablished: tuple[Unestablished, ...]
    """By reason, then time."""
    caveats_complete: bool

    @property
    def opened(self) -> int:
        """Views that showed the record itself."""
        return sum(row.seen.opened for row in self.rows)


def client_report(
    store: Questions,
    asked: Sequence[Identifier],
    client: str,
    start: datetime,
    end: datetime,
    made_at: datetime,
    *,
    limit: int,
) -> ClientReport:
    """Ask for everything a report says.

    Args:
        store: What is asked.
        asked: The client's id under each live key.
        client: That id, as screens show it.
        start: Of the period.
        end: Of the period, not included.
        made_at: The time it is.
        limit: Most views.
    """
    answer, identity = who_saw_client(store, asked, start, end, limit=limit)
    ids = [each.pseudonym for each in identity.identifiers]
    purposes = _purposes(store, ids, start, end, limit)
    rows = [
        Row(seen, purposes.get((seen.node, seen.epoch, seen.seq), ""))
        for seen in answer.rows
    ]
    caveats = period_caveats(store, start, end, limit=MOST_CAVEATS)
    found = [*_outside(store, start, end), *_of_caveats(caveats, start, end)]
    silences = _silences(store, start, end)
    found += silences
    order = list(Why)
    return ClientReport(
        client=client,
        subject_type=asked[0].type,
        start=start,
        end=end,
        made_at=made_at,
        rows=tuple(sorted(rows, key=lambda row: row.seen.started_at)),
        complete=answer.complete,
        identity=identity,
        unestablished=tuple(
            sorted(found, key=lambda each: (order.index(each.why), each.from_at))
        ),
        caveats_complete=max(
            len(caveats.gaps),
            len(caveats.unmapped),
            len(caveats.unattributed),
            len(silences),
        )
        < MOST_CAVEATS,
    )


def _period(start: datetime, end: datetime) -> dict[str, object]:
    return {"from": moment(start), "to": moment(end)}


def _purposes(
    store: Questions, ids: Sequence[str], start: datetime, end: datetime, limit: int
) -> Mapping[tuple[str, int, int], str]:
    """Purposes of views, by their row."""
    result = store.query(
        "SELECT node, epoch, seq, activity FROM views WHERE activity != '' "
        "AND subject IN (SELECT toFixedString(unhex(arrayJoin("
        "{subjects:Array(String)})), 16)) "
        "AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC') "
        "AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC') "
        "ORDER BY actor, started_at, seq LIMIT {limit:UInt64}",
        {"subjects": list(ids), **_period(start, end), "limit": 10 * limit},
    )
    return {(row[0], row[1], row[2]): row[3] for row in result.rows}


def _outside(store: Questions, start: datetime, end: datetime) -> list[Unestablished]:
    """Parts of the period of which rows were never there, or are no more."""
    found = []
    first, erased = store.query(
        "SELECT (SELECT min(at) FROM (SELECT min(at) AS at, count() AS n FROM "
        "heartbeats UNION ALL SELECT min(started_at), count() FROM exchanges) "
        "WHERE n > 0), (SELECT max(due_before) FROM erasures WHERE of = 'views')"
    ).rows[0]
    if erased.year > _EPOCH_YEAR and erased > start:
        found.append(
            Unestablished(why=Why.ERASED, from_at=start, to_at=min(erased, end))
        )
    if first.year == _EPOCH_YEAR or first > start:
        until = end if first.year == _EPOCH_YEAR else min(first, end)
        found.append(Unestablished(why=Why.BEFORE, from_at=start, to_at=until))
    return found


def _silences(store: Questions, start: datetime, end: datetime) -> list[Unestablished]:
    result = store.query(
        "SELECT node, from_at, to_at FROM silences_in(from = {from:String}, "
        "to = {to:String}, seconds = {seconds:UInt32}) "
        "ORDER BY from_at, node LIMIT {limit:UInt64}",
        {
            **_period(start, end),
            "seconds": SILENCE_SECONDS,
            "limit": MOST_CAVEATS,
        },
    )
    return [
        Unestablished(
            why=Why.SILENCE,
            from_at=max(row[1], start),
            to_at=min(row[2], end),
            detail=row[0],
        )
        for row in result.rows
    ]


def _of_caveats(
    caveats: Caveats, start: datetime, end: datetime
) -> list[Unestablished]:
    found = [
        Unestablished(
            why=Why.GAP,
            from_at=max(gap.from_at, start),
            to_at=min(gap.to_at, end),
            application=gap.application,
            count=gap.connections,
            detail=f"{gap.kind}: {gap.reason}, "
            f"{'intended' if gap.intended else 'not intended'}, "
            f"{gap.up_bytes + gap.down_bytes} bytes",
        )
        for gap in caveats.gaps
    ]
    found += [
        Unestablished(
            why=Why.UNREAD,
            from_at=page.first_at,
            to_at=page.last_at,
            application=page.application,
            count=page.exchanges,
            detail=f"{page.path} {page.extraction.value}: {page.reason}, "
            f"{page.actors} accounts",
        )
        for page in caveats.unmapped
    ]
    found += [
        Unestablished(
            why=Why.UNATTRIBUTED,
            from_at=views.first_at,
            to_at=views.last_at,
            application=views.application,
            count=views.views,
            detail=f"{views.rule}: {views.reason}, {views.subjects} subjects",
        )
        for views in caveats.unattributed
    ]
    return found
