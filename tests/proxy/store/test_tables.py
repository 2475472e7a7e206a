"""Every event field reaches a column, and comes back as it was."""

from __future__ import annotations

import re
from enum import Enum
from typing import get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.events import Action, Actor, Event, Extraction, Strength, ViewRecorded
from proxy.store.client import ClickHouseStore
from proxy.store.migrate import load
from proxy.store.tables import ACTOR, IDENTITY, TABLES, Table, table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import (
    ASKED,
    ENDED,
    EXCHANGE,
    GAP,
    HEARTBEAT,
    LEARNED,
    MADE,
    PAIRED,
    SEEN,
    SESSION,
    VIEW,
    view,
)

EVENTS = (
    EXCHANGE,
    VIEW,
    SESSION,
    GAP,
    LEARNED,
    ENDED,
    HEARTBEAT,
    PAIRED,
    MADE,
    SEEN,
    ASKED,
)
BIG = 2**64 - 1

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["", "O'Brien\\", "\x00\n\t", "é" * 5_000]
)


@pytest.fixture(scope="module")
def store(embedded_store: EmbeddedStore) -> ClickHouseStore:
    """A client on a fresh database."""
    return embedded_store.store()


def _columns(event: Event) -> list[str]:
    """Column names that the fields of this event should have."""
    renamed = {
        "started_ns": "started_at",
        "ended_ns": "ended_at",
        "at_ns": "at",
        "opened_ns": "opened_at",
        "from_ns": "from_at",
        "to_ns": "to_at",
        "expires_ns": "expires_at",
    }
    names: list[str] = list(IDENTITY)
    for field in msgspec.structs.fields(event):
        if field.type is Actor:
            names += ACTOR
        else:
            names.append(renamed.get(field.name, field.name))
    return names


def test_every_kind_of_event_has_a_table_of_its_own() -> None:
    """As many tables as kinds."""
    assert {type(event) for event in EVENTS} == set(get_args(Event))
    assert {table_for(event).name for event in EVENTS} == {t.name for t in TABLES}


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_every_field_of_an_event_has_its_column(event: Event) -> None:
    """A field added to an event and forgotten here fails."""
    table = table_for(event)

    assert list(table.columns) == _columns(event)
    assert len(table.row(event, "n", 1, 2)) == len(table.columns)
    assert {f.name for f in msgspec.structs.fields(Actor)} == {
        "name" if name == "actor" else name.removeprefix("actor_") for name in ACTOR
    }


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_a_table_refuses_events_of_another(event: Event) -> None:
    """A mix-up is an error of ours, not a row."""
    for table in TABLES:
        if table is not table_for(event):
            with pytest.raises(TypeError):
                table.row(event, "n", 1, 2)


@pytest.mark.parametrize(
    ("column", "values"),
    [("action", Action), ("actor_strength", Strength), ("extraction", Extraction)],
)
def test_the_schema_knows_every_value_of_an_enum(
    column: str, values: type[Enum]
) -> None:
    """A value added to an enum needs a migration."""
    schema = " ".join(s for m in load() for s in m.statements)
    declared = re.search(rf"\b{column} Enum8\(([^)]*)\)", schema)

    assert declared is not None
    assert set(re.findall(r"'(\w+)'", declared.group(1))) == {v.value for v in values}


def _stored(store: ClickHouseStore, table: Table, epoch: int) -> tuple[object, ...]:
    """The one row of this epoch, times as nanoseconds."""
    times = {
        "opened_at",
        "started_at",
        "ended_at",
        "at",
        "from_at",
        "to_at",
        "expires_at",
    }
    whole = {name: f"toUnixTimestamp64Nano({name})" for name in times}
    # The client would take bytes for text.
    whole["encrypted_id"] = "toFixedString(encrypted_id, 20)"
    columns = ", ".join(whole.get(name, name) for name in table.columns)
    rows = store.query(
        f"SELECT {columns} FROM {table.name} WHERE epoch = {{epoch:UInt64}}",
        {"epoch": epoch},
    ).rows
    assert len(rows) == 1
    return tuple(tuple(v) if isinstance(v, list) else v for v in rows[0])


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_an_event_survives_the_store(event: Event, store: ClickHouseStore) -> None:
    """To the nanosecond, with the largest identities."""
    table = table_for(event)
    row = table.row(event, "node", BIG, BIG)

    store.insert(table.name, table.columns, [row], token=f"whole:{table.name}")

    assert _stored(store, table, BIG) == row


@given(
    event=st.builds(
        view,
        application=TEXT,
        wire=st.integers(0, BIG),
        connection=st.integers(0, BIG),
        request_offset=st.integers(0, BIG),
        started_ns=st.integers(0, 2**62),
        client_address=TEXT,
        actor=st.builds(
            Actor,
            name=TEXT,
            on_wire=TEXT,
            scheme=TEXT,
            strength=st.sampled_from(Strength),
            reason=TEXT,
            binding=TEXT,
            session=TEXT,
        ),
        subject_type=TEXT,
        subject=st.binary(min_size=16, max_size=16),
        subject_key=st.integers(0, 2**32 - 1),
        action=st.sampled_from(Action),
        rule=TEXT,
        categories=st.lists(TEXT, max_size=4).map(tuple),
        position=st.integers(0, 2**32 - 1),
        ruleset=TEXT,
    ),
    epoch=st.integers(0, 2**63),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_view_survives_the_store(
    store: ClickHouseStore, event: ViewRecorded, epoch: int
) -> None:
    """Quotes, control characters, long names, odd bytes."""
    table = table_for(event)
    row = table.row(event, "node", epoch, 1)
    before = store.count(table.name, "node", epoch, 0, BIG)
    if before:
        return

    store.insert(table.name, table.columns, [row], token=f"any:{epoch}")

    assert _stored(store, table, epoch) == row
