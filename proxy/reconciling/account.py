"""The account of a period, asked of the store.

Three things must hold, and each that does not is a ``Difference`` with a name:

* *bytes*: of each connection that ended in the period, the bytes the wire counted
  are the bytes of its exchanges and gaps, per direction;
* *numbers*: between two heartbeats of a node and epoch every sequence number is
  stored once, over all tables together, and no exchange is stored twice;
* *signs of life*: no node was silent for longer than ``SILENT_SECONDS``.

A connection that is still open is in no account yet; it is counted with the period
in which it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from proxy.store.port import Questions
from proxy.store.tables import TABLES

SILENT_SECONDS = 150
"""Two heartbeats and a half: one may be late, two are not."""

MOST = 1_000
"""Differences named of a kind; beyond, only that there are more."""


class Kind(Enum):
    """What does not add up."""

    BYTES = "bytes"
    """Seen and accounted differ."""
    MISSING = "missing"
    """Sequence numbers that are not in the store."""
    DOUBLE = "double"
    """A sequence number, or an exchange, that is there more than once."""
    SILENT = "silent"
    """A node gave no sign of life."""
    UNSEEN = "unseen"
    """Another log has a request that was never seen."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not add up, and where."""

    kind: Kind
    where: str
    """Node, epoch and number; wire and connection; line of a file."""
    what: str


@dataclass(slots=True, kw_only=True)
class Balance:
    """What was compared, and what differed."""

    connections: int = 0
    exchanges: int = 0
    gaps: int = 0
    seen_bytes: int = 0
    """Both directions, of connections that ended in the period."""
    rows: int = 0
    """Sequence numbers looked at."""
    differences: list[Difference] = field(default_factory=list)
    more: bool = False
    """There are more than are named."""


def balance(store: Questions, since: datetime, until: datetime) -> Balance:
    """The account of [since, until).

    Raises:
        StoreUnavailable, StoreRejected: the store does not answer.
    """
    period = {"from": since.isoformat(), "to": until.isoformat()}
    found = Balance()
    _totals(store, period, found)
    _bytes(store, period, found)
    _numbers(store, period, found)
    _doubles(store, period, found)
    _silences(store, period, found)
    return found


_WITHIN = (
    ">= parseDateTime64BestEffort({from:String}, 9, 'UTC') AND {at} < "
    "parseDateTime64BestEffort({to:String}, 9, 'UTC')"
)


def _within(at: str) -> str:
    return f"{at} {_WITHIN.replace('{at}', at)}"


def _totals(store: Questions, period: Mapping[str, object], found: Balance) -> None:
    ((connections, seen),) = store.query(
        "SELECT uniqExact(wire, connection), sum(up_bytes) + sum(down_bytes) "
        f"FROM connections WHERE {_within('ended_at')}",
        period,
    ).rows
    ((exchanges,),) = store.query(
        f"SELECT count() FROM exchanges WHERE {_within('started_at')}",
        period,
    ).rows
    ((gaps,),) = store.query(
        f"SELECT count() FROM gaps WHERE {_within('to_at')}",
        period,
    ).rows
    found.connections, found.seen_bytes = int(connections), int(seen)
    found.exchanges, found.gaps = int(exchanges), int(gaps)


def _bytes(store: Questions, period: Mapping[str, object], found: Balance) -> None:
    rows = store.query(
        "SELECT node, application, wire, connection, ended_at, seen_up, seen_down, "
        "accounted_up, accounted_down "
        "FROM unbalanced_in(from = {from:String}, to = {to:String}) "
        "ORDER BY ended_at LIMIT {most:UInt64}",
        {**period, "most": MOST + 1},
    ).rows
    _take(
        found,
        [
            Difference(
                Kind.BYTES,
                f"{node} {application} wire {wire:x} connection {connection}",
                f"ended {ended_at:%F %T}: seen {seen_up} up and {seen_down} down, "
                f"recorded or in gaps {up} up and {down} down",
            )
            for (
                node,
                application,
                wire,
                connection,
                ended_at,
                seen_up,
                seen_down,
                up,
                down,
            ) in rows
        ],
    )


def _numbers(store: Questions, period: Mapping[str, object], found: Balance) -> None:
    stretches = store.query(
        "SELECT node, epoch, min(seq), max(seq) FROM heartbeats "
        f"WHERE {_within('at')} "
        "GROUP BY node, epoch ORDER BY node, epoch",
        period,
    ).rows
    everything = " UNION ALL ".join(
        f"SELECT seq FROM {table.name} WHERE node = {{node:String}} "
        "AND epoch = {epoch:UInt64} AND seq BETWEEN {first:UInt64} AND {last:UInt64}"
        for table in TABLES
    )
    for node, epoch, first, last in stretches:
        span = {"node": node, "epoch": epoch, "first": first, "last": last}
        found.rows += int(last) - int(first) + 1
        rows = store.query(
            "SELECT before, seq FROM (SELECT seq, lagInFrame(seq, 1, "
            "toUInt64({first:UInt64} - 1)) OVER (ORDER BY seq ROWS BETWEEN "
            f"1 PRECEDING AND CURRENT ROW) AS before FROM ({everything})) "
            "WHERE seq != before + 1 ORDER BY seq LIMIT {most:UInt64}",
            {**span, "most": MOST + 1},
        ).rows
        _take(
            found,
            [
                Difference(Kind.DOUBLE, f"{node}:{epoch}:{seq}", "stored twice")
                if seq == before
                else Difference(
                    Kind.MISSING,
                    f"{node}:{epoch}:{before + 1}",
                    f"{seq - before - 1} of {before + 1} to {seq - 1} are not stored",
                )
                for before, seq in rows
            ],
        )


def _doubles(store: Questions, period: Mapping[str, object], found: Balance) -> None:
    rows = store.query(
        "SELECT any(node), wire, connection, request_offset, count() FROM exchanges "
        f"WHERE {_within('started_at')} "
        "GROUP BY wire, connection, request_offset HAVING count() > 1 "
        "LIMIT {most:UInt64}",
        {**period, "most": MOST + 1},
    ).rows
    _take(
        found,
        [
            Difference(
                Kind.DOUBLE,
                f"{node} wire {wire:x} connection {connection} offset {offset}",
                f"one exchange, recorded {count} times",
            )
            for node, wire, connection, offset, count in rows
        ],
    )


def _silences(store: Questions, period: Mapping[str, object], found: Balance) -> None:
    rows = store.query(
        "SELECT node, from_at, to_at FROM silences_in(from = {from:String}, "
        "to = {to:String}, seconds = {seconds:UInt32}) "
        "ORDER BY from_at LIMIT {most:UInt64}",
        {**period, "seconds": SILENT_SECONDS, "most": MOST + 1},
    ).rows
    _take(
        found,
        [
            Difference(
                Kind.SILENT,
                node,
                f"no sign of life from {from_at:%F %T} to {to_at:%F %T} UTC",
            )
            for node, from_at, to_at in rows
        ],
    )


def _take(found: Balance, differences: list[Difference]) -> None:
    found.differences += differences[:MOST]
    found.more = found.more or len(differences) > MOST
