"""What a month's document says of anchors: how far each has come, when it was away.

Of one host's sealer: the store keeps no anchors, it is what they are held against.
Pure but for the question ``seals_of``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from proxy.reports.shown import printable
from proxy.sealing.outages import Outage
from proxy.store.port import Questions

MOST = 100
"""Anchors of all nodes a host ever sealed for."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SEALS = (
    "SELECT count(), countIf(number <= {number:UInt64}), "
    "maxIf(sealed_at, number <= {number:UInt64}) FROM seals "
    "WHERE node = {node:String} "
    "AND sealed_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC') "
    "AND sealed_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchoring:
    """What the sealer of a host has noted."""

    node: str
    """The one of this host."""
    names: tuple[str, ...]
    """Anchors of its config."""
    numbers: Mapping[str, int]
    """Last seal anchored, by ``NODE ANCHOR``."""
    outages: Sequence[Outage]


COLUMNS = ("sidecar", "anchor", "last seal", "seals", "vouched for", "last of them")


def rows(
    store: Questions, anchoring: Anchoring, period: Mapping[str, object]
) -> Iterator[tuple[str, ...]]:
    """Of each anchor: the seals of the month, and how many it vouches for."""
    numbers = {f"{anchoring.node} {name}": 0 for name in anchoring.names}
    numbers |= anchoring.numbers
    for key, number in list(numbers.items())[:MOST]:
        node, _, name = key.partition(" ")
        given = {**period, "node": node, "number": number}
        ((seals, vouched, at),) = store.query(SEALS, given).rows
        yield (
            *(node, printable(name), str(number) if number else "none"),
            *(str(seals), str(vouched), _time(at) if vouched else "-"),
        )


AWAY = ("sidecar", "anchor", "from", "until", "then seal", "why")


def away(anchoring: Anchoring, start: datetime, end: datetime) -> list[tuple[str, ...]]:
    """Outages that lasted into the month."""
    return [
        (
            each.node,
            printable(each.anchor),
            _time(_at(each.from_ns)),
            _time(_at(each.to_ns)) if each.to_ns else "it lasts",
            str(each.seal) if each.seal else "-",
            printable(each.why),
        )
        for each in anchoring.outages
        if _at(each.from_ns) < end and (not each.to_ns or _at(each.to_ns) >= start)
    ]


def _at(ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ns // 1000)


def _time(at: datetime) -> str:
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%F %T}Z"
