"""One run: mark what is held, keep what verifies the rest, erase, and count.

Order, per stretch: held rows are marked; each seal that loses rows gets its new
line; rows are erased; it is counted that none is left; the old lines, with the
seeds, are erased. A run that was killed leaves nothing a later one does not find
again. Two runs at once do the same twice.

Failure modes: ``StoreUnavailable`` and ``StoreRejected``: call again. Rows whose
seal does not verify are kept and told (``Outcome.doubtful``): they are evidence of
tampering.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from proxy.clock import nanoseconds
from proxy.errors import UsageError
from proxy.evidence.seal import Seal
from proxy.retention import due as dues
from proxy.retention import forgetting, seals
from proxy.retention.due import Due, Stretch
from proxy.retention.held import mark
from proxy.retention.holds import Hold, in_force
from proxy.retention.policy import PERIODS, PLAIN, Retention
from proxy.store.client import ClickHouseStore

MOST_TOLD = 100
"""Seals in doubt that are named; more are counted by ``whosaw verify``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased of one table of one stretch."""

    table: str
    node: str
    epoch: int
    rows: int
    held: int
    """Due, and left because of a hold."""
    first: int
    last: int
    due_before: datetime


@dataclass(slots=True)
class Outcome:
    """What a run did, or would do."""

    run: str
    erased: list[Erased] = field(default_factory=list)
    holds: int = 0
    """In force."""
    left: int = 0
    """Rows that were to be erased and are there still: always a fault."""
    waiting: int = 0
    """Rows old enough by their own time that no old seal covers yet."""
    forgotten: int = 0
    """Rows whose id was emptied, because its subject was forgotten."""
    doubtful: list[str] = field(default_factory=list)
    """Seals that do not verify; their rows were not erased."""

    @property
    def rows(self) -> int:
        """Rows erased."""
        return sum(each.rows for each in self.erased)


def retain(
    store: ClickHouseStore,
    retention: Retention,
    now: datetime,
    *,
    node: str | None = None,
    dry: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Erase what is due and not held.

    Args:
        store: whose; its user may alter tables.
        retention: how long each table keeps its rows.
        now: the time it is.
        node: only what this node recorded; None: all.
        dry: only count; holds are marked, nothing else is written.
        progress: is told what is being done, a line each.

    Raises:
        UsageError: the schema is not this program's.
        StoreUnavailable, StoreRejected: call again.
    """
    missing = store.missing_migrations()
    if missing:
        raise UsageError(f"the store misses {', '.join(missing)}: run whosaw migrate")
    outcome = Outcome(secrets.token_hex(8))
    holds = in_force(store)
    outcome.holds = len(holds)
    now_ns = nanoseconds(now)
    for stretch in dues.stretches(store, node):
        progress(f"{stretch.node}:{stretch.epoch}")
        _stretch(store, retention, now_ns, stretch, holds, outcome, dry=dry)
    _plain(store, retention, now_ns, holds, outcome, dry=dry)
    if not dry:
        outcome.forgotten = forgetting.erase(store)
    return outcome


def _plain(
    store: ClickHouseStore,
    retention: Retention,
    now_ns: int,
    holds: Sequence[Hold],
    outcome: Outcome,
    *,
    dry: bool,
) -> None:
    """Tables without nodes: nothing younger than a hold's start is erased."""
    whole = Stretch("", 0, sealed=False)
    kept_from = min((nanoseconds(each.from_at) for each in holds), default=now_ns)
    for name, each in PLAIN.items():
        cutoff = min(now_ns - round(retention.seconds[name] * 1e9), kept_from)
        found = Due(
            table=name,
            cutoff_ns=cutoff,
            horizon=0,
            where=each.where,
            params={"cutoff": cutoff},
        )
        rows = dues.plainly_counted(store, found)
        if not rows:
            continue
        found = replace(found, rows=rows)
        outcome.erased.append(_erased(whole, found))
        if not dry:
            dues.plainly_erase(store, found)
            outcome.left += dues.plainly_counted(store, found)
    if not dry:
        _note(store, outcome, whole, now_ns)


def _stretch(
    store: ClickHouseStore,
    retention: Retention,
    now_ns: int,
    stretch: Stretch,
    holds: Sequence[Hold],
    outcome: Outcome,
    *,
    dry: bool,
) -> None:
    found = []
    for name in PERIODS:
        cutoff = now_ns - round(retention.seconds[name] * 1e9)
        each = dues.due(store, stretch, name, cutoff, outcome.run)
        for hold in holds:
            mark(store, hold, name, each.where, each.params)
        found.append(each)
    found = [dues.counted(store, each) for each in found]
    if stretch.sealed:
        outcome.waiting += sum(dues.waiting(store, each) for each in found)
        doubtful = _seals(store, stretch, found, now_ns, dry=dry)
        outcome.doubtful += [
            f"{each.node} seal {each.number}" for each in doubtful[:MOST_TOLD]
        ]
        if doubtful:
            _keep(store, stretch, doubtful, outcome.run)
            found = [dues.counted(store, each) for each in found]
    for each in found:
        if each.rows or each.held:
            outcome.erased.append(_erased(stretch, each))
        if each.rows and not dry:
            dues.erase(store, each)
            outcome.left += dues.counted(store, each).rows
    if not dry:
        _note(store, outcome, stretch, now_ns)
        if stretch.sealed:
            _forget(store, stretch)


def _seals(
    store: ClickHouseStore,
    stretch: Stretch,
    found: Sequence[Due],
    now_ns: int,
    *,
    dry: bool,
) -> list[Seal]:
    """Give each seal that loses rows its new line; the seals in doubt."""
    doubtful: list[Seal] = []
    for page in seals.pages(store, stretch, found):
        verdict = seals.judge(store, page, found, now_ns)
        doubtful += verdict.doubtful
        if verdict.lines and not dry:
            first, last = verdict.lines[0][1], verdict.lines[-1][1]
            store.insert(
                "seal_seeds",
                seals.LINE,
                verdict.lines,
                token=f"erased:{stretch.node}:{first}-{last}:{now_ns}",
            )
    return doubtful


def _keep(
    store: ClickHouseStore, stretch: Stretch, doubtful: Sequence[Seal], run: str
) -> None:
    """Rows of seals in doubt are held, too."""
    for seal in doubtful:
        for table in PERIODS:
            store.command(
                "INSERT INTO held_rows (run, node, epoch, seq) SELECT {run:String}, "
                "node, epoch, seq FROM {table:Identifier} WHERE node = {node:String} "
                "AND epoch = {epoch:UInt64} "
                "AND seq BETWEEN {first:UInt64} AND {last:UInt64}",
                {
                    "run": run,
                    "table": table,
                    "node": stretch.node,
                    "epoch": stretch.epoch,
                    "first": seal.first,
                    "last": seal.last,
                },
            )


def _erased(stretch: Stretch, each: Due) -> Erased:
    return Erased(
        table=each.table,
        node=stretch.node,
        epoch=stretch.epoch,
        rows=each.rows,
        held=each.held,
        first=each.first,
        last=each.last,
        due_before=datetime.fromtimestamp(each.cutoff_ns // 10**9, UTC),
    )


def _note(
    store: ClickHouseStore, outcome: Outcome, stretch: Stretch, now_ns: int
) -> None:
    rows = [
        (
            outcome.run,
            now_ns,
            each.table,
            each.node,
            each.epoch,
            each.first,
            each.last,
            each.rows,
            each.held,
            each.due_before,
        )
        for each in outcome.erased
        if each.rows and (each.node, each.epoch) == (stretch.node, stretch.epoch)
    ]
    columns = ("run", "at", "of", "node", "epoch", "first", "last", "erased", "held")
    store.insert(
        "erasures",
        (*columns, "due_before"),
        rows,
        token=f"erasures:{outcome.run}:{stretch.node}:{stretch.epoch}",
    )


def _forget(store: ClickHouseStore, stretch: Stretch) -> None:
    """Erase the lines of seals that have a newer one: with them the seeds go."""
    stale = (
        "node = {node:String} AND (number, erased_at) NOT IN (SELECT number, "
        "max(erased_at) FROM seal_seeds WHERE node = {node:String} GROUP BY number)"
    )
    params = {"node": stretch.node}
    left = store.query(f"SELECT count() FROM seal_seeds WHERE {stale}", params)  # noqa: S608 constant
    if int(left.rows[0][0]):
        store.erase("seal_seeds", stale, params)
