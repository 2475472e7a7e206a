"""How the questions are answered: few rows are read, and as of a moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from proxy.events import Event
from proxy.store.client import ClickHouseStore, connect
from proxy.store.crosswalk import Identifier, who_saw_client
from proxy.store.investigations import seen_by, who_saw
from proxy.store.tables import table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import ACTOR, NOON_NS, VIEW, learned, paired, view

NOON = datetime.fromtimestamp(NOON_NS // 10**9, UTC)
PERIOD = (NOON - timedelta(hours=1), NOON + timedelta(hours=1))
SECOND = timedelta(seconds=1)
ROWS = 60_000


@pytest.fixture
def store(embedded_store: EmbeddedStore) -> Iterator[ClickHouseStore]:
    """A client on a fresh database."""
    store = embedded_store.store()
    yield store
    store.close()


def _put(store: ClickHouseStore, *events: Event) -> None:
    for seq, event in enumerate(events, 1):
        table = table_for(event)
        row = table.row(event, "n", 1, seq)
        store.insert(table.name, table.columns, [row], token=f"p{seq}")


def _rows_read(store: ClickHouseStore, sql: str) -> int:
    answer: Any = store._connected().raw_query(
        sql,
        settings={
            "database": store.settings.database,
            # The second of two questions would be answered from the first.
            "use_query_condition_cache": 0,
        },
        fmt="JSON",
    )
    return int(json.loads(answer)["statistics"]["rows_read"])


def test_either_question_reads_a_small_part_of_a_small_part(
    store: ClickHouseStore,
) -> None:
    """The rows of a subject are found by offset, those of an account by order."""
    store.command(
        "INSERT INTO views (node, epoch, seq, application, started_at, actor, "
        "subject_type, subject, action) SELECT 'n', 1, number + 1, 'sonar', "
        "toDateTime64('2026-05-28 20:00:00', 9, 'UTC') + toIntervalMillisecond(number)"
        ", concat('user', toString(number % 50)), 'client', "
        f"sipHash128(toUInt64(number % 20000)), 'view' FROM numbers({ROWS})"
    )
    given = "from = '2026-05-28', to = '2026-05-29'"

    of_subject = _rows_read(
        store,
        "SELECT actor FROM who_saw(subjects = [lower(hex(sipHash128(7::UInt64)))], "
        f"subject_type = '', {given})",
    )
    of_account = _rows_read(
        store, f"SELECT subject_hex FROM seen_by(employee = 'user7', {given})"
    )

    assert 3 <= of_subject <= ROWS // 2
    assert ROWS // 50 <= of_account <= ROWS // 2


def test_a_reader_reads_as_little(embedded_store: EmbeddedStore) -> None:
    """He may set nothing, and needs nothing set, to find a subject by offset."""
    database = embedded_store.database()
    writer = embedded_store.store(database)
    writer.command(
        "INSERT INTO views (node, epoch, seq, application, started_at, actor, "
        "subject_type, subject, action) SELECT 'n', 1, number + 1, 'sonar', "
        "toDateTime64('2026-05-28 20:00:00', 9, 'UTC') + toIntervalMillisecond(number)"
        ", concat('user', toString(number % 50)), 'client', "
        f"sipHash128(toUInt64(number % 20000)), 'view' FROM numbers({ROWS})"
    )
    writer.close()
    reader = connect(embedded_store.settings(database, reads=True))

    answer: Any = reader._connected().raw_query(
        "SELECT actor FROM who_saw(subjects = [lower(hex(sipHash128(9::UInt64)))], "
        "subject_type = '', from = '2026-05-28', to = '2026-05-29')",
        settings={"database": database},
        fmt="JSON",
    )

    assert 3 <= int(json.loads(answer)["statistics"]["rows_read"]) <= ROWS // 2
    reader.close()


def test_a_name_learned_after_the_moment_is_not_known_then(
    store: ClickHouseStore,
) -> None:
    """What was answered in May is answered again in June."""
    nobody = msgspec.structs.replace(
        ACTOR, name="", reason="unknown_session", session="s1"
    )
    named = msgspec.structs.replace(ACTOR, session="s1")
    told = learned(actor=named, from_ns=NOON_NS - 1, to_ns=NOON_NS + 1)
    _put(store, view(actor=nobody), told)

    def names(as_of: datetime | None) -> list[str]:
        answer = who_saw(store, [VIEW.subject.hex()], "client", *PERIOD, as_of=as_of)
        return [row.learned_actor for row in answer.rows]

    assert names(None) == names(NOON + SECOND) == [ACTOR.name]
    assert names(NOON - SECOND) == [""]
    assert len(seen_by(store, ACTOR.name, *PERIOD).rows) == 1
    assert seen_by(store, ACTOR.name, *PERIOD, as_of=NOON - SECOND).rows == []


def test_a_pair_found_after_the_moment_is_not_followed(store: ClickHouseStore) -> None:
    """And the views of the other id are of nobody one asked for."""
    _put(
        store,
        view(subject=bytes(range(16, 32)), subject_type="bsn"),
        paired(one=VIEW.subject, other=bytes(range(16, 32))),
    )
    asked = [Identifier(type="client", pseudonym=VIEW.subject.hex())]

    found, identity = who_saw_client(store, asked, *PERIOD)
    before, alone = who_saw_client(store, asked, *PERIOD, as_of=NOON - SECOND)

    assert [row.subject_type for row in found.rows] == ["bsn"]
    assert (len(identity.identifiers), len(alone.identifiers)) == (2, 1)
    assert before.rows == []
