"""What the shipper relies on, of the fake store and of a real one alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proxy.events import Event
from proxy.store.client import ClickHouseStore, StoreSettings, connect
from proxy.store.port import Store, StoreRejected, StoreUnavailable
from proxy.store.tables import table_for
from tests.support.rows import EXCHANGE, GAP, SESSION, VIEW, view
from tests.support.stores import FakeStore

DAY_NS = 86_400_000_000_000


@pytest.fixture(params=["fake", "embedded"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each of them, empty and migrated."""
    if request.param == "fake":
        yield FakeStore()
        return
    real: ClickHouseStore = request.getfixturevalue("embedded_store").store()
    yield real
    real.close()


def put(store: Store, events: list[Event], first: int, token: str) -> None:
    """Insert events of one table with numbers from ``first``."""
    table = table_for(events[0])
    rows = [table.row(event, "node", 7, n) for n, event in enumerate(events, first)]
    store.insert(table.name, table.columns, rows, token)


@pytest.mark.parametrize("event", [EXCHANGE, VIEW, SESSION, GAP])
def test_rows_of_every_table_are_counted_by_their_sequence(
    store: Store, event: Event
) -> None:
    """Both bounds belong to the range; another node or epoch does not."""
    name = table_for(event).name

    put(store, [event] * 10, 1, "t1")

    assert store.count(name, "node", 7, 1, 10) == 10
    assert store.count(name, "node", 7, 3, 5) == 3
    assert store.count(name, "node", 7, 11, 99) == 0
    assert store.count(name, "other", 7, 1, 10) == 0
    assert store.count(name, "node", 8, 1, 10) == 0


def test_the_same_token_again_stores_nothing_more(store: Store) -> None:
    """What makes sending again safe."""
    put(store, [VIEW] * 3, 1, "t1")

    put(store, [VIEW] * 3, 1, "t1")

    assert store.count("views", "node", 7, 1, 10) == 3


def test_another_token_stores_the_same_rows_again(store: Store) -> None:
    """What makes re-forming a batch unsafe."""
    put(store, [VIEW] * 3, 1, "t1")

    put(store, [VIEW] * 3, 1, "t2")

    assert store.count("views", "node", 7, 1, 10) == 6


def test_a_token_is_of_one_table(store: Store) -> None:
    """Batches of two tables may carry the same bounds."""
    put(store, [VIEW], 1, "t")
    put(store, [EXCHANGE], 2, "t")

    assert store.count("views", "node", 7, 1, 2) == 1
    assert store.count("exchanges", "node", 7, 1, 2) == 1


def test_rows_of_two_months_under_one_token_are_stored_once(store: Store) -> None:
    """Each month is a part of its own; the token covers both."""
    events: list[Event] = [view(), view(started_ns=VIEW.started_ns + 40 * DAY_NS)]

    put(store, events, 1, "t")
    put(store, events, 1, "t")

    assert store.count("views", "node", 7, 1, 2) == 2


def test_large_numbers_survive(store: Store) -> None:
    """Epochs and sequences are 64 bits wide."""
    table = table_for(VIEW)
    epoch, seq = (1 << 63) + 1, (1 << 63) + 5

    store.insert(table.name, table.columns, [table.row(VIEW, "n", epoch, seq)], "t")

    assert store.count("views", "n", epoch, seq, seq) == 1


def test_a_row_that_does_not_fit_is_rejected_for_good(store: Store) -> None:
    """Not unavailable: trying again would give the same, for ever."""
    if isinstance(store, FakeStore):
        store.refuses = lambda _, row: "view" not in row
    table = table_for(VIEW)
    good = table.row(VIEW, "node", 7, 1)
    bad = tuple("no such action" if value == "view" else value for value in good)

    with pytest.raises(StoreRejected):
        store.insert(table.name, table.columns, [good, bad], "t")

    assert store.count("views", "node", 7, 1, 9) == 0
    store.insert(table.name, table.columns, [good], "t-1")
    assert store.count("views", "node", 7, 1, 9) == 1


def test_a_ready_store_lacks_no_migration(store: Store) -> None:
    """The shipper asks before it sends anything."""
    assert store.missing_migrations() == []


def test_a_store_that_is_not_there_is_unavailable() -> None:
    """Every call says so, and says it again after the first."""
    store = connect(StoreSettings(url="http://127.0.0.1:9", database="d"))
    table = table_for(VIEW)
    row = table.row(VIEW, "node", 7, 1)

    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            store.missing_migrations()
        with pytest.raises(StoreUnavailable):
            store.count("views", "n", 1, 1, 1)
        with pytest.raises(StoreUnavailable):
            store.insert(table.name, table.columns, [row], "t")
    store.close()
