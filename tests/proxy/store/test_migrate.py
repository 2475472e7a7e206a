"""Migrations: in order, each statement once, resumable, never silently changed."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from proxy.errors import UsageError
from proxy.store.client import ClickHouseStore, connect
from proxy.store.investigations import seen_by
from proxy.store.migrate import Migration, MigrationConflict, apply, load, plan
from proxy.store.port import StoreRejected
from proxy.store.tables import TABLES, table_for
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
)

EVENTS = (
    *(EXCHANGE, VIEW, SESSION, GAP, LEARNED, ENDED, HEARTBEAT, PAIRED, MADE),
    *(SEEN, ASKED),
)

ONE = Migration(
    "0001_one",
    "a" * 64,
    ("CREATE TABLE IF NOT EXISTS a (x Int8) ENGINE = MergeTree ORDER BY x",),
)
TWO = Migration(
    "0002_two",
    "b" * 64,
    (
        "CREATE TABLE IF NOT EXISTS b (x Int8) ENGINE = MergeTree ORDER BY x",
        "ALTER TABLE b ADD COLUMN IF NOT EXISTS y Int8",
    ),
)


@pytest.fixture
def empty(embedded_store: EmbeddedStore) -> ClickHouseStore:
    """A client whose database does not exist yet."""
    return connect(embedded_store.settings(f"m{uuid.uuid4().hex[:12]}"))


def test_a_bare_store_misses_everything_and_then_nothing(
    empty: ClickHouseStore,
) -> None:
    """Planning needs no database; applying makes it, twice over."""
    names = [migration.name for migration in load()]

    assert empty.missing_migrations() == names
    assert apply(empty) == names
    assert empty.missing_migrations() == []
    assert apply(empty) == []


def test_the_database_is_atomic(empty: ClickHouseStore) -> None:
    """Refreshable views need it later."""
    apply(empty, ())

    engine = empty.query(
        "SELECT engine FROM system.databases WHERE name = {name:String}",
        {"name": empty.settings.database},
    )
    assert engine.rows == [("Atomic",)]


def test_an_interrupted_migration_goes_on_where_it_stopped(
    empty: ClickHouseStore,
) -> None:
    """The statement that failed runs again, the one before does not."""
    broken = Migration(
        "0002_two",
        TWO.checksum,
        (TWO.statements[0], "ALTER TABLE nope ADD COLUMN y Int8"),
    )

    with pytest.raises(StoreRejected):
        apply(empty, (ONE, broken))
    steps = plan(empty, (ONE, TWO))

    assert [(step.name, step.done, step.statements) for step in steps] == [
        ("0002_two", 1, TWO.statements[1:])
    ]
    assert apply(empty, (ONE, TWO)) == ["0002_two"]
    assert plan(empty, (ONE, TWO)) == []


def test_a_changed_migration_is_named_and_nothing_runs(empty: ClickHouseStore) -> None:
    """Two stores with one name and two schemas would be worse."""
    apply(empty, (ONE,))
    changed = Migration(ONE.name, "c" * 64, ONE.statements)

    with pytest.raises(MigrationConflict, match="0001_one"):
        apply(empty, (changed, TWO))

    assert ("b",) not in empty.query("SHOW TABLES").rows


def test_a_newer_program_that_says_so_is_not_written_after(
    empty: ClickHouseStore,
) -> None:
    """It names the migration and both versions."""
    apply(empty, (ONE, replace(TWO, needs="7.1")))

    with pytest.raises(MigrationConflict, match=r"0002_two .* 7\.1 .* this is 7\.0\.9"):
        plan(empty, (ONE,), version="7.0.9")

    assert plan(empty, (ONE,), version="7.1.0") == []


def test_the_version_before_may_write_to_a_store_that_was_brought_forward(
    empty: ClickHouseStore,
) -> None:
    """Sidecars are replaced one after the other; none may have to wait."""
    apply(empty, (ONE, TWO))

    assert plan(empty, (ONE,)) == []
    assert apply(empty, (ONE,)) == []


def test_two_programs_that_each_know_a_migration_the_other_lacks_are_refused(
    empty: ClickHouseStore,
) -> None:
    """Nobody can say in which order theirs belong."""
    apply(empty, (TWO,))

    with pytest.raises(MigrationConflict, match=r"0002_two.* lacks 0001_one"):
        plan(empty, (ONE,))


def test_a_store_that_does_not_say_who_made_it_is_refused(
    empty: ClickHouseStore,
) -> None:
    """A table of before versions were recorded gets the columns, and no answer."""
    apply(empty, ())
    for column in ("program", "needs"):
        empty.command(f"ALTER TABLE migrations DROP COLUMN {column}")
    empty.insert(
        "migrations",
        ("name", "checksum", "statement", "of"),
        [("0009_x", "c", 1, 1)],
        "t",
    )

    with pytest.raises(MigrationConflict, match="0009_x"):
        plan(empty, ())
    with pytest.raises(MigrationConflict, match="0009_x"):
        apply(empty, ())


class Killed(BaseException):
    """Stands for kill -9."""


class Mortal(ClickHouseStore):
    """A client that is killed after so many statements or inserts."""

    lives = 0

    def _live(self) -> None:
        if self.lives <= 0:
            raise Killed
        self.lives -= 1

    @override
    def command(self, sql: str, *rest: Any, **more: Any) -> None:
        """As a client that lives."""
        self._live()
        super().command(sql, *rest, **more)

    @override
    def insert(self, *rest: Any, **more: Any) -> None:
        """As a client that lives."""
        self._live()
        super().insert(*rest, **more)


def test_it_goes_on_after_being_killed_at_every_statement(
    embedded_store: EmbeddedStore,
) -> None:
    """Before a statement and between it and its record; the schema is the same."""
    settings = embedded_store.settings(f"m{uuid.uuid4().hex[:12]}")
    mortal = Mortal(settings)
    begins = 4
    """Database, table of migrations and its two later columns."""
    kills = 0
    while True:
        mortal.lives = begins + 1 + kills % 2
        try:
            apply(mortal)
            break
        except Killed:
            kills += 1
    whole = embedded_store.store()
    schema = (
        "SELECT name, replaceAll(create_table_query, database, '') FROM system.tables "
        "WHERE database = {d:String} ORDER BY name"
    )

    made = mortal.query(schema, {"d": settings.database}).rows
    wanted = whole.query(schema, {"d": whole.settings.database}).rows

    assert kills > sum(len(each.statements) for each in load())
    assert made == wanted
    assert mortal.query("SELECT count() FROM board_key").rows == [(1,)]
    mortal.close()
    whole.close()


def test_rows_of_every_earlier_schema_can_be_written_to_the_newest(
    empty: ClickHouseStore,
) -> None:
    """With the columns each table had then; later ones take their defaults."""
    columns: dict[str, set[tuple[str, ...]]] = {}
    every = load()
    for known in range(1, len(every) + 1):
        apply(empty, every[:known])
        for table in TABLES:
            rows = empty.query(
                "SELECT name FROM system.columns WHERE database = {d:String} "
                "AND table = {t:String} ORDER BY position",
                {"d": empty.settings.database, "t": table.name},
            ).rows
            there = {row[0] for row in rows}
            if there:
                names = tuple(name for name in table.columns if name in there)
                columns.setdefault(table.name, set()).add(names)

    for table in TABLES:
        event = next(each for each in EVENTS if table_for(each) is table)
        for seq, names in enumerate(sorted(columns[table.name], key=len), 1):
            row = dict(zip(table.columns, table.row(event, "old", 1, seq), strict=True))
            empty.insert(
                table.name, names, [[row[name] for name in names]], f"{table.name}{seq}"
            )

    assert (len(columns["views"]), len(columns["attributions"])) == (3, 2)
    assert len(columns["exchanges"]) == 4
    kinds = empty.query("SELECT actor_kind FROM views ORDER BY seq").rows
    assert kinds == [("unknown",), *[(VIEW.actor.kind.value,)] * 2]
    seen = seen_by(
        empty,
        "jansen",
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert len(seen.rows) == 3


@pytest.mark.parametrize("name", ["a b", "x`; DROP", "", "a.b"])
def test_a_database_name_is_a_plain_word(
    embedded_store: EmbeddedStore, name: str
) -> None:
    """It is the one name that stands in a statement as text."""
    with pytest.raises(UsageError):
        apply(connect(embedded_store.settings(name)), (ONE,))


def test_files_are_ordered_and_numbered_without_holes() -> None:
    """0001, 0002, …: the order is in the name."""
    numbers = [int(migration.name.split("_")[0]) for migration in load()]

    assert numbers == list(range(1, len(numbers) + 1))


AGAIN = r"\bIF (NOT )?EXISTS\b|\bOR REPLACE\b|\bWHERE NOT EXISTS\b|\bMODIFY SETTING\b"


def test_every_statement_may_run_twice() -> None:
    """A crash can fall between a statement and its record."""
    for migration in load():
        for statement in migration.statements:
            assert re.search(AGAIN, statement), (
                migration.name,
                statement[:60],
            )


def test_every_column_and_table_says_what_it_is(embedded_store: EmbeddedStore) -> None:
    """The schema is read by people who never saw the program."""
    store = embedded_store.store()

    columns = store.query(
        "SELECT table, name FROM system.columns "
        "WHERE database = {name:String} AND comment = '' "
        "AND table IN (SELECT name FROM system.tables "
        "WHERE database = {name:String} AND engine != 'View')",
        {"name": store.settings.database},
    )
    tables = store.query(
        "SELECT name FROM system.tables "
        "WHERE database = {name:String} AND comment = ''",
        {"name": store.settings.database},
    )

    assert columns.rows == []
    assert tables.rows == []


def test_a_file_changed_by_one_byte_has_another_checksum(tmp_path: Path) -> None:
    """Comments count: what was applied is what is kept."""
    (tmp_path / "0001_a.sql").write_text("SELECT 1; -- x\n")
    (tmp_path / "0002_b.sql").write_text("SELECT 1; -- y\n")

    first, second = load(tmp_path)

    assert first.statements == second.statements == ("SELECT 1",)
    assert first.checksum != second.checksum
