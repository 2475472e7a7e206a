"""Migrations: in order, each statement once, resumable, never silently changed."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest

from proxy.errors import UsageError
from proxy.store.client import ClickHouseStore, connect
from proxy.store.migrate import Migration, MigrationConflict, apply, load, plan
from proxy.store.port import StoreRejected
from tests.support.embedded import EmbeddedStore

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


def test_a_store_of_a_newer_program_is_refused(empty: ClickHouseStore) -> None:
    """It names what this program does not know."""
    apply(empty, (ONE, TWO))

    with pytest.raises(MigrationConflict, match="0002_two"):
        plan(empty, (ONE,))


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
