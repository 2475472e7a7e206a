"""Rows of a store into files and back, and from one store into another.

Format of a backup, a directory::

    manifest.json    versions, and per table: columns, rows, SHA-256 of its file
    TABLE.tsv.zst    rows as ClickHouse's TabSeparated, zstd

The store keeps running. Seals come first and rows after them, so that no seal in a
backup lacks its rows; rows after the newest seal are told as not sealed.

Invariants: nothing is written into a table that has rows; what was written is
counted; a backup is renamed into place when it is whole and on disk.

Left out: ``migrations`` (the other store has its own), ``held_rows`` (a week's
notes) and ``board_key`` (pseudonyms on boards are of one store alone).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zstandard

from proxy import __version__
from proxy.errors import UnavailableError, UsageError
from proxy.store.client import ClickHouseStore, quoted
from proxy.store.migrate import load
from proxy.whole_lines import blocks

FORMAT = 1
PIECE = 16 << 20
"""Bytes of one insert: a quarter of what the embedded store takes."""
LEFT_OUT = frozenset({"migrations", "held_rows", "board_key"})
_FIRST = ("seals", "seal_seeds")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a backup."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself."""

    format: int
    whosaw: str
    migrations: tuple[str, ...]
    tables: dict[str, Kept]


@dataclass(frozen=True, slots=True)
class Copied:
    """A table that was copied."""

    table: str
    rows: int


Progress = Callable[[Copied], None]


def tables(store: ClickHouseStore) -> dict[str, tuple[str, ...]]:
    """The tables that are copied, in order, with their columns."""
    rows = store.query(
        "SELECT table, groupArray(name) FROM (SELECT table, name FROM system.columns "
        "WHERE database = {d:String} AND default_kind NOT IN ('ALIAS', 'MATERIALIZED') "
        "AND table IN (SELECT name FROM system.tables WHERE database = {d:String} "
        "AND (engine IN ('Distributed') OR endsWith(engine, 'MergeTree') "
        "AND NOT endsWith(name, '_local'))) ORDER BY table, position) GROUP BY table",
        {"d": store.settings.database},
    ).rows
    found = {str(table): tuple(columns) for table, columns in rows}
    names = sorted(found.keys() - LEFT_OUT, key=lambda name: (name not in _FIRST, name))
    return {name: found[name] for name in names}


def backup(
    store: ClickHouseStore, directory: Path, progress: Progress = lambda _: None
) -> list[Copied]:
    """Write a backup into a directory that does not exist.

    Raises:
        UsageError: it exists, or the disk refused; nothing of that name is there.
        StoreUnavailable, StoreRejected: likewise.
    """
    if directory.exists():
        raise UsageError(f"{directory}: exists already; name a new directory")
    partial = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
    kept: dict[str, Kept] = {}
    try:
        partial.mkdir(parents=True, mode=0o700)
        for table, columns in tables(store).items():
            path = partial / f"{table}.tsv.zst"
            rows = _write(path, pieces(store, table, columns))
            kept[table] = Kept(columns=columns, rows=rows, sha256=_digest(path))
            progress(Copied(table, rows))
        said = Manifest(
            format=FORMAT,
            whosaw=__version__,
            migrations=tuple(each.name for each in load()),
            tables=kept,
        )
        _put(partial / "manifest.json", json.dumps(msgspec.to_builtins(said), indent=1))
        partial.rename(directory)
        _sync(directory.parent)
    except OSError as error:
        raise UsageError(f"{directory}: {error.strerror or error}") from error
    finally:
        _remove(partial)
    return [Copied(name, each.rows) for name, each in kept.items()]


def restore(
    store: ClickHouseStore, directory: Path, progress: Progress = lambda _: None
) -> list[Copied]:
    """Bring a backup into a store whose tables are made and empty.

    Raises:
        UsageError: no backup, a damaged one, one of a newer program, or a table
            that has rows; nothing was written then.
        UnavailableError: other rows are there than were written.
        StoreUnavailable, StoreRejected: part of it is there: take a new database.
    """
    said = manifest(directory)
    _check_target(
        store, {name: each.columns for name, each in said.tables.items()}, said
    )
    for table, kept in said.tables.items():
        if _digest(directory / f"{table}.tsv.zst") != kept.sha256:
            raise UsageError(f"{directory}/{table}.tsv.zst is damaged: nothing written")
    found = []
    for table, kept in said.tables.items():
        path = directory / f"{table}.tsv.zst"
        _insert(store, table, kept.columns, blocks(_read(path), PIECE))
        found.append(_counted(store, table, kept.rows))
        progress(found[-1])
    return found


def move(
    source: ClickHouseStore,
    target: ClickHouseStore,
    progress: Progress = lambda _: None,
) -> list[Copied]:
    """Copy every row into a store whose tables are made and empty.

    The source keeps its rows. Raises as ``restore``.
    """
    every = tables(source)
    _check_target(target, every, None)
    found = []
    for table, columns in every.items():
        rows = _insert(target, table, columns, pieces(source, table, columns))
        found.append(_counted(target, table, rows))
        progress(found[-1])
    return found


def manifest(directory: Path) -> Manifest:
    """What a backup says of itself.

    Raises:
        UsageError: it is none, or one of a newer format.
    """
    path = directory / "manifest.json"
    try:
        said = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise UsageError(f"{directory}: no backup: {path.name}: {error}") from error
    if said.format > FORMAT:
        raise UsageError(
            f"{directory}: format {said.format} of whosaw {said.whosaw}; this is "
            f"{__version__} and reads {FORMAT}"
        )
    return said


def pieces(
    store: ClickHouseStore, table: str, columns: tuple[str, ...], size: int = PIECE
) -> Iterator[bytes]:
    """The rows of a table, month by month, as whole lines."""
    months = store.query(
        "SELECT DISTINCT _partition_id FROM {table:Identifier} ORDER BY _partition_id",
        {"table": table},
    ).rows
    names = ", ".join(quoted(each) for each in columns)
    for (month,) in months:
        yield from blocks(
            store.stream(
                f"SELECT {names} FROM {{table:Identifier}} "  # noqa: S608 names of columns
                "WHERE _partition_id = {month:String}",
                {"table": table, "month": month},
                form="TabSeparated",
            ),
            size,
        )


def _check_target(
    store: ClickHouseStore,
    wanted: dict[str, tuple[str, ...]],
    said: Manifest | None,
) -> None:
    missing = store.missing_migrations()
    if missing:
        raise UsageError(f"the store lacks {', '.join(missing)}: run whosaw migrate")
    there = tables(store)
    by = f" (made by whosaw {said.whosaw})" if said else ""
    for table, columns in wanted.items():
        unknown = set(columns) - set(there.get(table, ()))
        if unknown:
            raise UsageError(
                f"{table}: {', '.join(sorted(unknown))} is not in the schema of whosaw "
                f"{__version__}{by}"
            )
        if _rows(store, table):
            raise UsageError(
                f"{table} has rows already: name a new database; nothing was written"
            )


def _insert(
    store: ClickHouseStore, table: str, columns: tuple[str, ...], lines: Iterator[bytes]
) -> int:
    rows = 0
    token = secrets.token_hex(8)
    for number, piece in enumerate(lines):
        store.insert_lines(table, columns, piece, f"copy:{token}:{number}")
        rows += piece.count(b"\n")
    return rows


def _counted(store: ClickHouseStore, table: str, rows: int) -> Copied:
    there = _rows(store, table)
    if there != rows:
        raise UnavailableError(
            f"{table}: {rows} rows were written and {there} are there: take a new "
            "database and begin again"
        )
    return Copied(table, rows)


def _rows(store: ClickHouseStore, table: str) -> int:
    found = store.query("SELECT count() FROM {table:Identifier}", {"table": table})
    return int(found.rows[0][0])


def _write(path: Path, lines: Iterator[bytes]) -> int:
    rows = 0
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        with zstandard.ZstdCompressor(level=3).stream_writer(
            file, closefd=False
        ) as out:
            for piece in lines:
                rows += piece.count(b"\n")
                out.write(piece)
        os.fsync(file.fileno())
    return rows


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from zstandard.ZstdDecompressor().read_to_iter(file, write_size=1 << 20)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _put(path: Path, text: str) -> None:
    with path.open("x") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(partial: Path) -> None:
    if not partial.exists():
        return
    for path in partial.iterdir():
        path.unlink()
    partial.rmdir()
