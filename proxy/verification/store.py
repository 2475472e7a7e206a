"""Rows and seals of a store."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from proxy.evidence.columns import columns, tables
from proxy.evidence.seal import Seal, Sealed
from proxy.store.client import ClickHouseStore
from proxy.verification.rows import expression
from proxy.verification.source import Span

_PAGE = 5_000
"""Seals asked for at once: some 5 MB, and the tags."""

# While an erasure is under way a seal has two lines here; what the newest says of
# leaves and salts is right, and the seed is there until the last row is gone.
_BESIDE = """
SELECT number, max(seed), max(tags), argMax(leaves, erased_at) != '',
    max(toUnixTimestamp64Nano(erased_at))
FROM seal_seeds
"""
_KEPT = """
SELECT argMax(leaves, erased_at), argMax(salts, erased_at)
FROM seal_seeds
WHERE node = {node:String} AND number = {number:UInt64}
"""


class StoreSource:
    """A ``Source`` over a store."""

    ordered = False

    def __init__(
        self, store: ClickHouseStore, *, in_order: bool = False, floors: bool = False
    ) -> None:
        """``floors``: look once where the rows of each table begin, and do not ask for
        those of seals before it, whose rows were erased."""
        self._store = store
        self._floors: dict[tuple[str, str, int], int] | None = None
        self._looks = floors
        self._order = " ORDER BY seq" if in_order else ""

    def nodes(self) -> list[str]:
        """See ``Source``."""
        # Seeds without a seal say that there was one.
        found = self._store.query(
            "SELECT node FROM (SELECT node FROM seals UNION ALL "
            "SELECT node FROM seal_seeds) GROUP BY node ORDER BY node"
        )
        return [row[0] for row in found.rows]

    def seals(self, node: str) -> Iterator[Sealed]:
        """See ``Source``."""
        newest = self._store.query(
            "SELECT max(number) FROM seals WHERE node = {node:String}", {"node": node}
        ).rows[0][0]
        for first in range(0, int(newest) + 1, _PAGE):
            bounds = {"node": node, "first": first, "last": first + _PAGE - 1}
            where = (
                "WHERE node = {node:String} "
                "AND number BETWEEN {first:UInt64} AND {last:UInt64} "
            )
            kept = {
                row[0]: row[1:]
                for row in self._store.query(
                    _BESIDE + where + "GROUP BY number",
                    bounds,
                ).rows
            }
            for number, body, signature in self._store.query(
                "SELECT number, body, signature FROM seals "  # noqa: S608 constant
                + where
                + "ORDER BY number",
                bounds,
            ).rows:
                beside = kept.get(number, ("", "", False, 0))
                seed, tags, leaves, erased_at_ns = beside
                yield Sealed(
                    body=body,
                    signature=signature,
                    seed=seed,
                    tags=tags,
                    kept=bool(leaves),
                    erased_at_ns=int(erased_at_ns),
                )

    def filled(self, seal: Seal, sealed: Sealed) -> Sealed:
        """See ``Source``."""
        if not sealed.kept:
            return sealed
        params = {"node": seal.node, "number": seal.number}
        leaves, salts = self._store.query(_KEPT, params).rows[0]
        return msgspec.structs.replace(sealed, leaves=leaves, salts=salts)

    def names(self, table: str) -> tuple[str, ...]:
        """See ``Source``."""
        return tuple(column.name for column in columns(table))

    def lines(
        self, table: str, node: str, epoch: int, first: int, last: int
    ) -> Iterator[bytes]:
        """See ``Source``."""
        if self._none(table, node, epoch, last):
            return
        wanted = ", ".join(
            f"{expression(column)} AS `_{n}`" for n, column in enumerate(columns(table))
        )
        where = (
            "FROM {table:Identifier} WHERE node = {node:String} "
            "AND epoch = {epoch:UInt64} "
            "AND seq BETWEEN {first:UInt64} AND {last:UInt64}"
        )
        yield from self._store.stream(
            f"SELECT {wanted} {where}{self._order}",
            {
                "table": table,
                "node": node,
                "epoch": epoch,
                "first": first,
                "last": last,
            },
        )

    def count(self, table: str, node: str, epoch: int, first: int, last: int) -> int:
        """See ``Source``."""
        if self._none(table, node, epoch, last):
            return 0
        return self._store.count(table, node, epoch, first, last)

    def _none(self, table: str, node: str, epoch: int, last: int) -> bool:
        """Whether all rows of a table come after ``last``. Sealed rows are in the store
        before their seal, so rows that come in meanwhile are of later seals."""
        if not self._looks:
            return False
        if self._floors is None:
            self._floors = {each[:3]: each.first for each in self.spans()}
        floor = self._floors.get((table, node, epoch))
        return floor is None or last < floor

    def spans(self) -> list[Span]:
        """See ``Source``."""
        found = []
        for table in tables():
            result = self._store.query(
                "SELECT node, epoch, count(), min(seq), max(seq) "
                "FROM {table:Identifier} GROUP BY node, epoch ORDER BY node, epoch",
                {"table": table},
            )
            found += [Span(table, *row) for row in result.rows]
        return found
