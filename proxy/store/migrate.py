"""Migrations: the schema's files, applied in order, each once.

A file ``NNNN_name.sql`` is a list of statements; every statement that was run is
one row of the table ``migrations`` with the checksum of its file. So:

* a file that changed after it was applied is an error that names it: nothing is
  run;
* a store that a newer program brought forward may be written by this one, unless a
  file says that it must not (a comment ``-- needs VERSION``): columns that came
  later have defaults. Nothing is run then; a file that needs a newer program, or
  one of which the store does not say who applied it, is an error with both
  versions;
* an interrupted run goes on with the statement that is not recorded. That one
  may run twice, so each statement must be able to (``IF NOT EXISTS``).

Failure modes: ``MigrationConflict``; ``StoreUnavailable`` and ``StoreRejected``
from the client, after which ``apply`` can be called again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from proxy import __version__
from proxy.errors import UsageError
from proxy.store.cluster import checked, clustered
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
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was run',
    program String COMMENT 'Version of the program that ran it',
    needs String COMMENT 'Oldest version that may write after it; empty: any'
)
ENGINE = MergeTree
ORDER BY (name, statement)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Statements of the schema that were run here'
"""
_LATER = (
    (
        "ALTER TABLE migrations ADD COLUMN IF NOT EXISTS program String "
        "COMMENT 'Version of the program that ran it'"
    ),
    (
        "ALTER TABLE migrations ADD COLUMN IF NOT EXISTS needs String "
        "COMMENT 'Oldest version that may write after it; empty: any'"
    ),
)
_COLUMNS = ("name", "checksum", "statement", "of", "program", "needs")
_NEEDS = re.compile(r"^-- needs (\d+(?:\.\d+)*)$", re.MULTILINE)


class MigrationConflict(UsageError):
    """The store's schema is not one this program can bring forward."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the schema."""

    name: str
    checksum: str
    statements: tuple[str, ...]
    needs: str = ""
    """Oldest version of the program that may write after it; empty: any."""


class _Recorded(NamedTuple):
    """What a store says of a migration."""

    checksum: str
    done: int
    program: str
    needs: str


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
    needs = _NEEDS.search(text)
    return Migration(path.stem, checksum, tuple(split(text)), needs[1] if needs else "")


def plan(
    store: ClickHouseStore,
    migrations: tuple[Migration, ...] | None = None,
    *,
    version: str = __version__,
) -> list[Step]:
    """What ``apply`` would run; empty when the store can be written to.

    Args:
        store: whose schema.
        migrations: those of a program; None: of this one.
        version: of that program.

    Raises:
        MigrationConflict: an applied migration changed, or is one of a newer
            program that this one must not write after.
        StoreUnavailable: the store did not answer.
    """
    known = load() if migrations is None else migrations
    run = _recorded(store)
    unknown = sorted(run.keys() - {migration.name for migration in known})
    for name in unknown:
        _check_newer(name, run[name], version)
    steps: list[Step] = []
    for migration in known:
        found = run.get(migration.name, _Recorded(migration.checksum, 0, "", ""))
        if found.checksum != migration.checksum:
            raise MigrationConflict(
                f"migration {migration.name} changed after it was applied "
                f"(then {found.checksum[:12]}, now {migration.checksum[:12]}); "
                "restore the file and put the change in a new one"
            )
        if found.done < len(migration.statements):
            left = migration.statements[found.done :]
            steps.append(Step(migration.name, left, found.done))
    if unknown and steps:
        raise MigrationConflict(
            f"the store has migration {unknown[0]}, which whosaw {version} does not "
            f"know, and lacks {steps[0].name}, which it has; bring it forward with the "
            "newest version"
        )
    return steps


def _check_newer(name: str, found: _Recorded, version: str) -> None:
    """A migration of another program: may this one write after it?"""
    if not found.program:
        raise MigrationConflict(
            f"migration {name} was applied to this store by another version of "
            f"whosaw and is unknown to this one ({version}); use that version"
        )
    if _ordered(found.needs) > _ordered(version):
        raise MigrationConflict(
            f"migration {name} was applied by whosaw {found.program}; since then only "
            f"version {found.needs} or later may write to this store, and this is "
            f"{version}"
        )


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", version)[:3])


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
    cluster = store.settings.cluster
    on = f" ON CLUSTER {checked(cluster)}" if cluster else ""
    store.command(
        f"CREATE DATABASE IF NOT EXISTS {database}{on} ENGINE = Atomic",
        database="default",
    )
    for statement in (_TABLE, *_LATER):
        _run(store, statement)
    by_name = {migration.name: migration for migration in known}
    steps = plan(store, known)
    for step in steps:
        total = step.done + len(step.statements)
        for number, statement in enumerate(step.statements, step.done + 1):
            _run(store, statement)
            said = by_name[step.name]
            row = (step.name, said.checksum, number, total, __version__, said.needs)
            store.insert("migrations", _COLUMNS, [row], token=f"{step.name}:{number}")
    return [step.name for step in steps]


def script(cluster: str, database: str) -> list[str]:
    """Every statement that makes the schema on a cluster, to be read or run by hand.

    Raises:
        UsageError: the name of the cluster.
    """
    made = [
        (
            f"CREATE DATABASE IF NOT EXISTS {database} ON CLUSTER {checked(cluster)} "
            "ENGINE = Atomic"
        )
    ]
    for each in load():
        for statement in each.statements:
            made += clustered(statement, cluster)
    return made


def _run(store: ClickHouseStore, statement: str) -> None:
    cluster = store.settings.cluster
    statements = clustered(statement, cluster) if cluster else (statement,)
    for each in statements:
        store.command(each)


def _recorded(store: ClickHouseStore) -> dict[str, _Recorded]:
    """What was run, by name."""
    # A missing database or table is a store without migrations, not an error.
    exists = store.query(
        "SELECT name FROM system.columns "
        "WHERE database = {database:String} AND table = 'migrations'",
        {"database": store.settings.database},
        database="default",
    )
    columns = {row[0] for row in exists.rows}
    if not columns:
        return {}
    # Of a store that an earlier version made nobody says which one it was.
    said = "max(program), max(needs)" if "needs" in columns else "'', ''"
    try:
        result = store.query(
            f"SELECT name, any(checksum), max(statement), {said} FROM migrations "  # noqa: S608 constant
            "GROUP BY name"
        )
    except StoreRejected as error:
        raise MigrationConflict(f"the table migrations is not ours: {error}") from error
    return {
        name: _Recorded(checksum, int(done), program, needs)
        for name, checksum, done, program, needs in result.rows
    }
