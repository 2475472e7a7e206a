"""A week of one client in the store: every kind of view, hostile names, and holes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from proxy.events import (
    AccountKind,
    Action,
    Actor,
    Event,
    Extraction,
    HeartbeatRecorded,
    Strength,
)
from proxy.pseudonym import pseudonym
from proxy.store.client import ClickHouseStore, connect
from proxy.store.tables import table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import ACTOR, NOON_NS, exchange, gap, view

KEY = b"k" * 32
CLIENT = "4711"
SUBJECT = pseudonym(KEY, "client", CLIENT)
HOSTILE = "=cmd|'/c calc'!A1<script>alert(1)</script>\x1b[2J"
"""A name that is HTML, a formula and a terminal's escape at once."""
NOON = datetime.fromtimestamp(NOON_NS // 10**9, UTC)
PERIOD = (NOON - timedelta(hours=1), NOON + timedelta(hours=1))
ACTIVITY = "https://register.example/activities/benefits"


def at(minutes: float) -> int:
    """Minutes from noon, ns."""
    return NOON_NS + int(minutes * 60 * 10**9)


NAMED = Actor(name=HOSTILE, scheme="header", strength=Strength.ASSERTED)
NOBODY = Actor(reason="unknown_session")
ROBOT = Actor(
    name="nightly", scheme="basic", strength=Strength.CONFIRMED, kind=AccountKind.ROBOT
)
EVENTS: tuple[Event, ...] = (
    *(
        HeartbeatRecorded(at_ns=at(n), wires=1, connections=1, exchanges=n + 70)
        for n in range(-70, 70)
        if not 10 <= n < 20
    ),
    view(subject=SUBJECT, started_ns=at(-30), activity=ACTIVITY, request_offset=1),
    view(subject=SUBJECT, started_ns=at(-20), actor=NAMED, categories=("<b>",)),
    view(subject=SUBJECT, started_ns=at(-10), actor=NOBODY, action=Action.SEARCH),
    view(subject=SUBJECT, started_ns=at(-5), actor=ROBOT, action=Action.EXPORT),
    view(subject=bytes(16), started_ns=at(-4)),
    view(subject=SUBJECT, started_ns=at(90)),
    exchange(started_ns=at(-30), ended_ns=at(-30) + 10**9, activity=ACTIVITY),
    exchange(extraction=Extraction.UNMAPPED, path="/new/{}", started_ns=at(3)),
    gap(from_ns=at(-2), to_ns=at(-1)),
    exchange(started_ns=at(-70), actor=ACTOR),
)


@pytest.fixture(scope="session")
def office_store(embedded_store: EmbeddedStore) -> Iterator[ClickHouseStore]:
    """A reader's client on ``EVENTS``."""
    found = connect(embedded_store.settings(filled(embedded_store), reads=True))
    yield found
    found.close()


def filled(embedded_store: EmbeddedStore) -> str:
    """A database that holds ``EVENTS``; its name."""
    database = embedded_store.database()
    writer = embedded_store.store(database)
    by_table: dict[str, list[tuple[object, ...]]] = {}
    columns: dict[str, tuple[str, ...]] = {}
    for seq, event in enumerate(EVENTS, 1):
        table = table_for(event)
        columns[table.name] = table.columns
        by_table.setdefault(table.name, []).append(table.row(event, "n", 1, seq))
    for name, rows in by_table.items():
        writer.insert(name, columns[name], rows, token=f"office {name}")
    writer.close()
    return database
