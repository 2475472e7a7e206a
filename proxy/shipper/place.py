"""Rows of one range of one table into the store: once each.

What is known beforehand decides how: nothing of them was ever sent (``NEW``);
they may have been sent under these very tokens (``SENT``); or they may be there
under tokens of other ranges (``ELSEWHERE``), in which case a range that is
there in part is halved until every piece is there or is not.

Halving always cuts the same rows at the same place, so that the token of a
piece means the same piece whenever it is tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from proxy.shipper.rejected import Rejected
from proxy.shipper.rows import Numbered
from proxy.store.port import Store, StoreRejected, StoreUnavailable
from proxy.store.tables import Table


class Known(Enum):
    """What is known about rows before they are sent."""

    NEW = "new"
    SENT = "sent"
    ELSEWHERE = "elsewhere"


@dataclass(slots=True)
class Placed:
    """What became of the rows of one table of a batch."""

    stored: int = 0
    """Rows that are in the store now."""
    found: int = 0
    """Of these, rows that were there already."""
    rejected: int = 0
    refusals: int = 0
    """Inserts of a single row that were refused."""
    accepted: int = 0
    """Inserts that were accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placer:
    """Places rows of one epoch."""

    store: Store
    rejected: Rejected
    node: str
    epoch: int
    max_refusals: int

    def place(
        self,
        table: Table,
        rows: Sequence[Numbered],
        first: int,
        last: int,
        known: Known,
    ) -> Placed:
        """Place all rows the table has in [first, last].

        Raises:
            StoreUnavailable: call again with the same rows, bounds and ``SENT``.
            OSError, RejectedFull: the disk did not take rejected rows.
        """
        placed = Placed()
        self._place(table, rows, (first, last), known, placed)
        return placed

    def _place(
        self,
        table: Table,
        rows: Sequence[Numbered],
        bounds: tuple[int, int],
        known: Known,
        placed: Placed,
    ) -> None:
        if known is not Known.NEW:
            there = self.store.count(table.name, self.node, self.epoch, *bounds)
            if there >= len(rows):
                placed.stored += len(rows)
                placed.found += len(rows)
                return
            if there and known is Known.ELSEWHERE:
                self._halve(table, rows, bounds, placed)
                return
        if placed.refusals >= self.max_refusals and not placed.accepted:
            self._reject(table, rows, "not tried: the rows before it", placed)
            return
        try:
            self.store.insert(
                table.name,
                table.columns,
                [numbered.row for numbered in rows],
                f"{self.node}:{self.epoch}:{table.name}:{bounds[0]}-{bounds[1]}",
            )
        except StoreRejected as problem:
            missing = self.store.missing_migrations()
            if missing:
                raise StoreUnavailable(lacks(missing)) from problem
            if len(rows) > 1:
                self._halve(table, rows, bounds, placed)
                return
            placed.refusals += 1
            self._reject(table, rows, str(problem), placed)
        else:
            placed.accepted += 1
            placed.stored += len(rows)

    def _halve(
        self,
        table: Table,
        rows: Sequence[Numbered],
        bounds: tuple[int, int],
        placed: Placed,
    ) -> None:
        middle = len(rows) // 2
        border = rows[middle].entry.seq
        # A refused insert may have left its first blocks behind.
        known = Known.ELSEWHERE
        self._place(table, rows[:middle], (bounds[0], border - 1), known, placed)
        self._place(table, rows[middle:], (border, bounds[1]), known, placed)

    def _reject(
        self, table: Table, rows: Sequence[Numbered], reason: str, placed: Placed
    ) -> None:
        self.rejected.keep(
            table.name, self.node, self.epoch, [(n.entry, reason) for n in rows]
        )
        placed.rejected += len(rows)


def lacks(missing: Sequence[str]) -> str:
    """What to tell about a store that is not ready."""
    return f"the store lacks migrations ({', '.join(missing)}): run whosaw migrate"
