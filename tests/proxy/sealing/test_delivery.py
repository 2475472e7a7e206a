"""Seals reach the store once, however often it does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from proxy.sealing.delivery import deliver
from proxy.sealing.shelf import Shelf
from proxy.store.port import Result, StoreUnavailable
from tests.support.embedded import EmbeddedStore
from tests.support.seals import sealed

ALL = (2**63, 0)
"""Every row was shipped."""


class Unsure:
    """A real store whose answers get lost: each insert is stored, then fails."""

    def __init__(self, store: object, lost: int) -> None:
        self.store = store
        self.lost = lost

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        token: str,
    ) -> None:
        """Store, and say that nobody knows."""
        self.store.insert(table, columns, rows, token)  # type: ignore[attr-defined]
        self.lost -= 1
        if self.lost >= 0:
            raise StoreUnavailable("timed out")

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Result:
        """As it is."""
        found: Result = self.store.query(sql, params)  # type: ignore[attr-defined]
        return found


def fill(shelf: Shelf, first: int, last: int) -> None:
    """Seals of these numbers."""
    for number in range(first, last + 1):
        shelf.append(*sealed(number, number, number))


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_seal_is_in_the_store_once(
    tmp_path: Path, embedded_store: EmbeddedStore, lost: int
) -> None:
    """With its seed; both are forgotten here then."""
    store = embedded_store.store()
    shelf = Shelf(tmp_path)
    unsure = Unsure(store, lost)
    fill(shelf, 1, 3)

    for _ in range(lost):
        with pytest.raises(StoreUnavailable):
            deliver(shelf, unsure, ALL)
    fill(shelf, 4, 5)
    done = deliver(shelf, unsure, ALL)

    assert done == 5
    assert shelf.waiting(9) == []
    for table in ("seals", "seal_seeds"):
        found = store.query(f"SELECT number FROM {table} ORDER BY number").rows
        assert found == [(1,), (2,), (3,), (4,), (5,)]
    store.close()


def test_what_is_in_the_store_is_what_was_sealed(
    tmp_path: Path, embedded_store: EmbeddedStore
) -> None:
    """To the letter."""
    store = embedded_store.store()
    shelf = Shelf(tmp_path)
    seal, kept = sealed(1, 1, 4)
    shelf.append(seal, kept)
    deliver(shelf, store, ALL)

    row = store.query("SELECT node, first, last, body, signature FROM seals").rows
    seed = store.query("SELECT seed, tags, leaves FROM seal_seeds").rows

    assert row == [("node", 1, 4, kept.body, kept.signature)]
    assert seed == [(kept.seed, kept.tags, "")]
    store.close()


def test_nothing_to_deliver_asks_nobody(tmp_path: Path) -> None:
    """A store that is away costs nothing then."""
    assert deliver(Shelf(tmp_path), Unsure(None, 0), ALL) == 0


def test_a_seal_waits_for_its_rows(
    tmp_path: Path, embedded_store: EmbeddedStore
) -> None:
    """Whoever verifies would miss them."""
    store = embedded_store.store()
    shelf = Shelf(tmp_path)
    fill(shelf, 1, 4)

    done = [deliver(shelf, store, place) for place in ((0, 0), (7, 2), (7, 2), (8, 0))]

    assert done == [0, 2, 0, 2]
    store.close()
