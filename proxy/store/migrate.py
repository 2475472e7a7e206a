"""Migrations: the schema's files, applied in order, each once.

A file ``NNNN_name.sql`` is a list of statements; every statement that was run is
one row of the table ``migrations`` with the checksum of its file. So:

* a file that changed after it was applied, or a store with a file this program
  does not have, is an error that names it: nothing is run;
* an interrupted run goes on with the statement that is not recorded. That one
  may run twice, so each statement must be able to (``IF NOT EXISTS``).

Failure modes: ``MigrationConflict``; ``StoreUnavailable`` and ``StoreRejected``
from the client, after which ``apply`` can be called again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.errors import UsageError
from proxy.store.port import StoreRejected
from proxy.store.sql import split

if TYPE_CHECKING:
    from proxy.store.client import ClickHouseStore

_DIRECTORY = Path(__file__).parent / "migrations"

_TABLE = """
CREATE TABLE IF NOT EXISTS migrations
(
    name String COMMENT 'File name without .sql',
    checksum String COMMENT 'SHA-256 of the file, hex',
    statement UInt32 COMMENT 'Number of the statement that was run, from 1',
    of UInt32 COMMENT 'Statements in the file',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was run'
)
ENGINE = MergeTree
ORDER BY (name, statement)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Statements of the schema that were run here'
"""


class MigrationConflict(UsageError):
    """The store's schema is not one this program can bring forward."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the schema."""

    name: str
    checksum: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A migration that is not complete in the store."""

    name: str
    statements: tuple[str, ...]
    """What is left to run."""
    done: int
    """Statements that were run before."""


def load(directory: Path = _DIRECTORY) -> tuple[Migration, ...]:
    """The migrations of this program, in order."""
    return tuple(_read(path) for path in sorted(directory.glob("[0-9]*_*.sql")))


@cache
def _read(path: Path) -> Migration:
    text = path.read_text("utf-8")
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return Migration(path.stem, checksum, tuple(split(text)))


def plan(
    store: ClickHouseStore, migrations: tuple[Migration, ...] | None = None
) -> list[Step]:
    """What ``apply`` would run; empty when the store is up to date.

    Raises:
        MigrationConflict: an applied migration changed, or is unknown here.
        StoreUnavailable: the store did not answer.
    """
    known = load() if migrations is None else migrations
    run = _recorded(store)
    names = {migration.name for migration in known}
    for name in sorted(run.keys() - names):
        raise MigrationConflict(
            f"migration {name} was applied to this store by another version of "
            "whosaw and is unknown to this one; use that version"
        )
    steps: list[Step] = []
    for migration in known:
        checksum, done = run.get(migration.name, (migration.checksum, 0))
        if checksum != migration.checksum:
            raise MigrationConflict(
                f"migration {migration.name} changed after it was applied "
                f"(then {checksum[:12]}, now {migration.checksum[:12]}); "
                "restore the file and put the change in a new one"
            )
        if done < len(migration.statements):
            steps.append(Step(migration.name, migration.statements[done:], done))
    return steps


def apply(
    store: ClickHouseStore, migrations: tuple[Migration, ...] | None = None
) -> list[str]:
    """Make the database and run what is missing; the names of what was run.

    Raises:
        MigrationConflict: see ``plan``; nothing was run.
        StoreUnavailable, StoreRejected: see the client; calling again resumes.
    """
    known = load() if migrations is None else migrations
    database = store.settings.database
    if not database.isidentifier():
        raise UsageError(f"database name {database!r}: letters, digits and _ only")
    store.command(
        f"CREATE DATABASE IF NOT EXISTS {database} ENGINE = Atomic", database="default"
    )
    store.command(_TABLE)
    checksums = {migration.name: migration.checksum for migration in known}
    steps = plan(store, known)
    for step in steps:
        total = step.done + len(step.statements)
        for number, statement in enumerate(step.statements, step.done + 1):
            store.command(statement)
            store.insert(
                "migrations",
                ("name", "checksum", "statement", "of"),
                [(step.name, checksums[step.name], number, total)],
                token=f"{step.name}:{number}",
            )
    return [step.name for step in steps]


def _recorded(store: ClickHouseStore) -> dict[str, tuple[str, int]]:
    """Checksum and number of statements run, by name."""
    # A missing database or table is a store without migrations, not an error.
    exists = store.query(
        "SELECT count() FROM system.tables "
        "WHERE database = {database:String} AND name = 'migrations'",
        {"database": store.settings.database},
        database="default",
    )
    if not exists.rows[0][0]:
        return {}
    try:
        result = store.query(
            "SELECT name, any(checksum), max(statement) FROM migrations GROUP BY name"
        )
    except StoreRejected as error:
        raise MigrationConflict(f"the table migrations is not ours: {error}") from error
    return {name: (checksum, int(done)) for name, checksum, done in result.rows}
