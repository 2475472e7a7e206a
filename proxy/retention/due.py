"""Which rows are due, as statements; the values are parameters.

A *stretch* is what one sidecar recorded in one epoch. Where it is sealed, the rows
of a table are due up to the last entry of the newest seal that is old enough, when
all seals before that one are, too; where the node has no seals at all, by their
own time. Rows of a sealed node that no seal covers are not due: they are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proxy.retention.policy import PERIODS
from proxy.store.client import ClickHouseStore

_WHERE = "node = {node:String} AND epoch = {epoch:UInt64}"
_UNSEALED_NS = 86_400 * 10**9
"""How late a row may be sealed before it is told: a day."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one node recorded in one epoch."""

    node: str
    epoch: int
    sealed: bool
    """Whether the node has seals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Which rows of a table of a stretch are due."""

    table: str
    cutoff_ns: int
    horizon: int
    """Last sequence number that is due; where nothing is sealed the time decides."""
    where: str
    """As SQL over ``params``."""
    params: dict[str, object]
    rows: int = 0
    first: int = 0
    last: int = 0
    held: int = 0


def stretches(store: ClickHouseStore, node: str | None) -> list[Stretch]:
    """All there are, of one node or of every one."""
    sealed = {row[0] for row in store.query("SELECT DISTINCT node FROM seals").rows}
    found: set[tuple[str, int]] = set()
    for table in (*PERIODS, "seals"):
        rows = store.query(
            "SELECT DISTINCT node, epoch FROM {table:Identifier} "
            "WHERE {node:String} = '' OR node = {node:String}",
            {"table": table, "node": node or ""},
        ).rows
        found |= {(str(row[0]), int(row[1])) for row in rows}
    return [Stretch(*each, each[0] in sealed) for each in sorted(found)]


def horizon(store: ClickHouseStore, stretch: Stretch, cutoff_ns: int) -> int:
    """Last entry of the newest seal from before ``cutoff_ns``; 0 for none."""
    last, after = store.query(
        "SELECT maxIf(last, toUnixTimestamp64Nano(sealed_at) < {cutoff:Int64}), "  # noqa: S608 constant
        "minIf(first, toUnixTimestamp64Nano(sealed_at) >= {cutoff:Int64}) "
        f"FROM seals WHERE {_WHERE}",
        {"node": stretch.node, "epoch": stretch.epoch, "cutoff": cutoff_ns},
    ).rows[0]
    return min(int(last), int(after) - 1) if after else int(last)


def due(
    store: ClickHouseStore, stretch: Stretch, table: str, cutoff_ns: int, run: str
) -> Due:
    """What is due of a table, not counted yet."""
    params: dict[str, object] = {
        "run": run,
        "node": stretch.node,
        "epoch": stretch.epoch,
        "cutoff": cutoff_ns,
    }
    if stretch.sealed:
        last = horizon(store, stretch, cutoff_ns)
        where = f"{_WHERE} AND seq <= {{horizon:UInt64}}"
        params["horizon"] = last
    else:
        last = 0
        at = PERIODS[table].at
        where = f"{_WHERE} AND {at} < fromUnixTimestamp64Nano({{cutoff:Int64}}, 'UTC')"
    return Due(
        table=table, cutoff_ns=cutoff_ns, horizon=last, where=where, params=params
    )


NOT_HELD = (
    "seq NOT IN (SELECT seq FROM held_rows WHERE run = {run:String} "
    "AND node = {node:String} AND epoch = {epoch:UInt64})"
)


def counted(store: ClickHouseStore, found: Due) -> Due:
    """The same with its rows counted: due and not held, and held."""
    rows, first, last, held = store.query(
        f"SELECT countIf({NOT_HELD}), minIf(seq, {NOT_HELD}), maxIf(seq, {NOT_HELD}), "  # noqa: S608 constant
        f"countIf(NOT ({NOT_HELD})) FROM {{table:Identifier}} WHERE {found.where}",
        {**found.params, "table": found.table},
    ).rows[0]
    return Due(
        table=found.table,
        cutoff_ns=found.cutoff_ns,
        horizon=found.horizon,
        where=found.where,
        params=found.params,
        rows=int(rows),
        first=int(first),
        last=int(last),
        held=int(held),
    )


def per_seal(
    store: ClickHouseStore, found: Due, firsts: list[int], last: int
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Rows of a table by the first entry of their seal: those that go, that stay."""
    rows = store.query(
        "SELECT roundDown(seq, {firsts:Array(UInt64)}) AS first, "  # noqa: S608 constant
        f"countIf({found.where} AND {NOT_HELD}) AS goes, count() - goes AS stays "
        f"FROM {{table:Identifier}} WHERE {_WHERE} "
        "AND seq BETWEEN {least:UInt64} AND {most:UInt64} GROUP BY first",
        {
            **found.params,
            "table": found.table,
            "firsts": firsts,
            "least": firsts[0],
            "most": last,
        },
    ).rows
    goes = {int(row[0]): int(row[1]) for row in rows}
    stays = {int(row[0]): int(row[2]) for row in rows}
    return goes, stays


def staying(store: ClickHouseStore, found: Due, first: int, last: int) -> set[int]:
    """Numbers of the rows of a table in [first, last] that stay."""
    rows = store.query(
        f"SELECT seq FROM {{table:Identifier}} WHERE {_WHERE} "  # noqa: S608 constant
        "AND seq BETWEEN {first:UInt64} AND {last:UInt64} "
        f"AND NOT ({found.where} AND {NOT_HELD})",
        {**found.params, "table": found.table, "first": first, "last": last},
    ).rows
    return {int(row[0]) for row in rows}


def erase(store: ClickHouseStore, found: Due) -> None:
    """Erase what is due and not held; returns when the parts are rewritten."""
    store.erase(found.table, f"{found.where} AND {NOT_HELD}", found.params)


def plainly_counted(store: ClickHouseStore, found: Due) -> int:
    """Due rows of a table that is not sealed."""
    rows = store.query(
        f"SELECT count() FROM {{table:Identifier}} WHERE {found.where}",  # noqa: S608 constant
        {**found.params, "table": found.table},
    ).rows
    return int(rows[0][0])


def plainly_erase(store: ClickHouseStore, found: Due) -> None:
    """Erase the due rows of a table that is not sealed."""
    store.erase(found.table, found.where, found.params)


def waiting(store: ClickHouseStore, found: Due) -> int:
    """Rows that are old enough by their own time and that no old seal covers."""
    at = PERIODS[found.table].at
    rows = store.query(
        f"SELECT count() FROM {{table:Identifier}} WHERE {_WHERE} "  # noqa: S608 constant
        "AND seq > {horizon:UInt64} "
        f"AND {at} < fromUnixTimestamp64Nano({{before:Int64}}, 'UTC')",
        {
            **found.params,
            "table": found.table,
            "horizon": found.horizon,
            "before": found.cutoff_ns - _UNSEALED_NS,
        },
    ).rows
    return int(rows[0][0])
