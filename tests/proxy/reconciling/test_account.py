"""The account of a period, on rows of a real store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from proxy.events import Event, GapKind
from proxy.reconciling.account import Balance, Kind, balance
from proxy.store.client import ClickHouseStore
from proxy.store.tables import table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import HEARTBEAT, NOON_NS, ended, exchange, gap, view

SINCE = datetime(2026, 5, 28, tzinfo=UTC)
UNTIL = datetime(2026, 5, 29, tzinfo=UTC)
MINUTE = 60_000_000_000


def beat(minute: int) -> Event:
    """A sign of life, so many minutes after the first."""
    return msgspec.structs.replace(HEARTBEAT, at_ns=NOON_NS + minute * MINUTE)


def whole(wire: int = 5) -> list[Event]:
    """A connection that adds up, between two signs of life."""
    place = {"wire": wire, "connection": 7}
    return [
        beat(0),
        exchange(**place, request_offset=0, request_bytes=30, response_bytes=500),
        view(**place, request_offset=0),
        exchange(**place, request_offset=30, request_bytes=30, response_bytes=40),
        gap(**place, kind=GapKind.SHED, up_bytes=5, down_bytes=0),
        ended(**place, up_bytes=65, down_bytes=540),
        beat(1),
    ]


@pytest.fixture
def store(embedded_store: EmbeddedStore) -> ClickHouseStore:
    """A client on a fresh database."""
    return embedded_store.store()


def stored(
    store: ClickHouseStore, events: Sequence[Event | None], node: str = "north"
) -> Balance:
    """The balance once these are stored; None: a number that is left out."""
    for seq, event in enumerate(events, 1):
        if event is not None:
            table = table_for(event)
            row = table.row(event, node, 1, seq)
            store.insert(table.name, table.columns, [row], token=f"{node}{seq}")
    return balance(store, SINCE, UNTIL)


def kinds(found: Balance) -> list[Kind]:
    """Of its differences, silences apart: the rows are from one minute."""
    return [each.kind for each in found.differences if each.kind is not Kind.SILENT]


def test_what_adds_up_has_no_difference(store: ClickHouseStore) -> None:
    """Exchanges and gaps are all that was seen."""
    found = stored(store, whole())

    assert kinds(found) == []
    assert (found.connections, found.exchanges, found.gaps) == (1, 2, 1)
    assert (found.seen_bytes, found.rows) == (605, 7)


def test_bytes_in_no_exchange_and_no_gap_are_named(store: ClickHouseStore) -> None:
    """With their connection, and both sums."""
    events = whole()
    events[5] = ended(wire=5, connection=7, up_bytes=65, down_bytes=541)

    found = stored(store, events)

    (difference,) = (each for each in found.differences if each.kind is Kind.BYTES)
    assert "connection 7" in difference.where
    assert "541 down" in difference.what
    assert "540 down" in difference.what


def test_a_row_that_is_gone_is_missing_by_number_and_by_bytes(
    store: ClickHouseStore,
) -> None:
    """Two independent ways to notice it."""
    events: list[Event | None] = [*whole()]
    events[3] = None

    found = stored(store, events)

    assert sorted(kinds(found), key=str) == sorted([Kind.BYTES, Kind.MISSING], key=str)
    (missing,) = (each for each in found.differences if each.kind is Kind.MISSING)
    assert missing.where == "north:1:4"


def test_an_exchange_recorded_twice_is_a_double(store: ClickHouseStore) -> None:
    """Under two numbers: tokens of the store cannot see that."""
    events = whole()
    events.insert(4, events[3])

    found = stored(store, events)

    assert Kind.DOUBLE in kinds(found)


def test_connections_of_a_lost_wire_add_up_together(store: ClickHouseStore) -> None:
    """Its last bytes are in one gap over all of them."""
    lost = {"wire": 9, "told": False}
    found = stored(
        store,
        [
            beat(0),
            exchange(wire=9, connection=1, request_bytes=10, response_bytes=20),
            ended(**lost, connection=1, up_bytes=15, down_bytes=20),
            ended(**lost, connection=2, up_bytes=7, down_bytes=0),
            gap(
                wire=9,
                connection=0,
                kind=GapKind.WIRE_LOST,
                reason="no_bye",
                up_bytes=12,
                down_bytes=0,
            ),
            beat(1),
        ],
    )

    assert kinds(found) == []


def test_a_node_that_stops_is_told(store: ClickHouseStore) -> None:
    """Minutes later, by whoever asks; a late heartbeat is not."""
    found = stored(store, [beat(0), beat(1), beat(3), beat(9)])

    silent = [each for each in found.differences if each.kind is Kind.SILENT]
    assert [each.where for each in silent] == ["north", "north"]
    assert "20:29:40 to 2026-05-28 20:35:40" in silent[0].what
