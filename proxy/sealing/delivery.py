"""Seals and their seeds, from the shelf to the store.

What is there is asked first, so that a seal is in the store once, however often
an answer did not come. Seeds go before seals: a seal that stands in the store can
be checked there; so it also waits for its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from proxy.evidence.seal import Seal, Sealed
from proxy.sealing.shelf import Shelf

SEALS = ("node", "number", "epoch", "first", "last", "sealed_at", "body", "signature")
SEEDS = ("node", "number", "seed", "tags", "leaves")

MOST = 200
"""Seals in one insert: with their tags a few MB at most."""


class Answer(Protocol):
    """What a store answers."""

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """Its rows."""


class SealStore(Protocol):
    """What the delivery needs of a store."""

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        token: str,
    ) -> None:
        """See ``proxy.store.port.Store``."""

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Answer:
        """Ask; raises as ``insert``."""


def deliver(shelf: Shelf, store: SealStore, shipped: tuple[int, int]) -> int:
    """Bring the next waiting seals to the store; how many of them it has now.

    Args:
        shelf: where they wait.
        store: where to.
        shipped: epoch and number of the last entry whose row was shipped. Seals
            of later ones wait: a verification would miss their rows.

    Raises:
        StoreUnavailable, StoreRejected: none of them is forgotten; call again.
        OSError: the disk failed.
    """
    waiting = [
        each for each in shelf.waiting(MOST) if (each[0].epoch, each[0].last) <= shipped
    ]
    for node in dict.fromkeys(seal.node for seal, _ in waiting):
        mine = [each for each in waiting if each[0].node == node]
        _insert(store, "seal_seeds", SEEDS, mine)
        _insert(store, "seals", SEALS, mine)
        for seal, _ in mine:
            shelf.stored(seal)
    return len(waiting)


def _insert(
    store: SealStore,
    table: str,
    columns: Sequence[str],
    waiting: Sequence[tuple[Seal, Sealed]],
) -> None:
    node = waiting[0][0].node
    numbers = [seal.number for seal, _ in waiting]
    there = {
        int(row[0])
        for row in store.query(
            "SELECT number FROM {table:Identifier} WHERE node = {node:String} "
            "AND number BETWEEN {first:UInt64} AND {last:UInt64}",
            {"table": table, "node": node, "first": min(numbers), "last": max(numbers)},
        ).rows
    }
    missing = [each for each in waiting if each[0].number not in there]
    if not missing:
        return
    rows = [_seed(*each) if table == "seal_seeds" else _row(*each) for each in missing]
    first, last = missing[0][0].number, missing[-1][0].number
    store.insert(table, columns, rows, f"{node}:{table}:{first}-{last}:{len(rows)}")


def _row(seal: Seal, sealed: Sealed) -> tuple[object, ...]:
    return (
        seal.node,
        seal.number,
        seal.epoch,
        seal.first,
        seal.last,
        seal.sealed_at_ns,
        sealed.body,
        sealed.signature,
    )


def _seed(seal: Seal, sealed: Sealed) -> tuple[object, ...]:
    return seal.node, seal.number, sealed.seed, sealed.tags, sealed.leaves
