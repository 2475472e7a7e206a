"""One segment: an SQLite database and its schema.

``meta`` holds format, node, epoch, first (sequence), heartbeat_ns and stopped;
``entries`` the events; ``sessions`` and ``progress`` the state of the recorder
as of the last entry, so that a segment needs no older one to start from.

The segment that is written is in WAL mode; a finished one is turned back to a
single file without a log (``finish``). A file is 0600 from its first moment on.

Failure modes: sqlite3 exceptions, and ``Untrustworthy`` for one whose content
contradicts itself.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from urllib.parse import quote

from proxy.journal import layout
from proxy.journal.model import Batch

FORMAT = 1
"""Version of the schema; a newer one is refused, never guessed at."""

SCHEMA = (
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE entries(seq INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    "CREATE TABLE sessions(key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    (
        "CREATE TABLE progress(boot INTEGER, connection INTEGER, up INTEGER NOT NULL,"
        " down INTEGER NOT NULL, PRIMARY KEY(boot, connection)) WITHOUT ROWID"
    ),
)

_ROWS = (50, 10, 3, 1)
"""Rows per statement, the most that fit first: 1.0 µs an entry where one by one
takes 1.6; more rows gain nothing, and a statement may have 999 parameters in old
SQLite. Each statement is also a chance to wait for the interpreter: a commit of
thirty entries, one by one beside a busy event loop, took five times as long."""
_SLICE = 1_000
"""Entries in memory at a time: those of a large export are made as they are written."""

BUSY_SECONDS = 5.0
"""How long to wait for a lock: only recovery and finishing take one."""


class Untrustworthy(Exception):
    """The segment can be opened and its content is wrong."""


class NewerFormat(Exception):
    """The segment was written by a later version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a segment says about itself."""

    node: str
    epoch: int
    first: int
    last: int
    """``first - 1`` when it has no entries."""
    body_bytes: int
    heartbeat_ns: int
    stopped: bool


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open an existing segment; never makes one.

    The caller keeps two threads from using the connection at once.
    """
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        if read_only:
            connection.execute("PRAGMA query_only=1")
        else:
            connection.execute("PRAGMA synchronous=FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_writer(path: Path, wal_bytes: int) -> sqlite3.Connection:
    """The connection commits go through."""
    connection = connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute(f"PRAGMA journal_size_limit={wal_bytes}")
    except BaseException:
        connection.close()
        raise
    return connection


def create(
    path: Path,
    *,
    node: str,
    epoch: int,
    first: int,
    heartbeat_ns: int,
    snapshot_of: Path | None,
    boots: frozenset[int] | None,
) -> None:
    """Make a segment durably: complete under its name, or not at all.

    ``snapshot_of`` is the segment whose sessions and progress it starts from;
    of the progress only that of ``boots`` is taken over (None: all).
    """
    temporary = path.with_name(path.name + ".tmp")
    layout.unlink(temporary)
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(connect(temporary)) as connection:
            if snapshot_of is not None:
                connection.execute("ATTACH DATABASE ? AS old", (str(snapshot_of),))
            connection.execute("BEGIN IMMEDIATE")
            for statement in SCHEMA:
                connection.execute(statement)
            connection.executemany(
                "INSERT INTO meta VALUES(?, ?)",
                [
                    ("format", FORMAT),
                    ("node", node),
                    ("epoch", epoch),
                    ("first", first),
                    ("heartbeat_ns", heartbeat_ns),
                    ("stopped", 0),
                ],
            )
            if snapshot_of is not None:
                _take_over(connection, boots)
            connection.execute("COMMIT")
        temporary.rename(path)
    except BaseException:
        layout.unlink(temporary)
        raise
    layout.sync_directory(path.parent)


def _take_over(connection: sqlite3.Connection, boots: frozenset[int] | None) -> None:
    connection.execute("INSERT INTO sessions SELECT key, body FROM old.sessions")
    columns = "SELECT boot, connection, up, down FROM old.progress"
    if boots is None:
        connection.execute(f"INSERT INTO progress {columns}")
        return
    for boot in boots:
        connection.execute(
            f"INSERT INTO progress {columns} WHERE boot = ?",
            (signed(boot),),
        )


def state(connection: sqlite3.Connection) -> State:
    """Read what the segment says about itself.

    Raises:
        Untrustworthy: its content contradicts itself.
        NewerFormat: it was written by a later version.
        sqlite3.Error: it cannot be read.
    """
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    version = meta.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise NewerFormat(f"format {version}, this version reads up to {FORMAT}")
    count, lowest, highest, body_bytes = connection.execute(
        "SELECT count(*), min(seq), max(seq), sum(length(body)) FROM entries"
    ).fetchone()
    try:
        first = int(meta["first"])
        found = State(
            node=str(meta["node"]),
            epoch=int(meta["epoch"]),
            first=first,
            last=first - 1 if highest is None else highest,
            body_bytes=body_bytes or 0,
            heartbeat_ns=int(meta["heartbeat_ns"]),
            stopped=bool(meta["stopped"]),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise Untrustworthy(f"meta is incomplete: {problem}") from problem
    if count and (lowest != first or found.last - first + 1 != count):
        raise Untrustworthy(
            f"{count} entries from {lowest} to {highest} are not gapless from {first}"
        )
    return found


def check(connection: sqlite3.Connection) -> State:
    """``state`` after a look at every page.

    Raises:
        As ``state``.
    """
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise Untrustworthy(f"quick_check: {str(verdict)[:200]}")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not tables >= {"meta", "entries", "sessions", "progress"}:
        raise Untrustworthy(f"it has the tables {sorted(tables)} only")
    return state(connection)


def checkpoint(connection: sqlite3.Connection) -> tuple[int, int]:
    """Copy the log into the segment without waiting for readers or writers.

    Returns the frames in the log and how many of them were copied; when equal,
    the next commit starts the log over.
    """
    _, frames, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return frames, copied


def fold(connection: sqlite3.Connection) -> bool:
    """Copy the log into the segment and give its disk back, waiting for readers
    that are under way; False when one did not end in time."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def write(connection: sqlite3.Connection, first: int, batch: Batch) -> None:
    """Write a batch in one transaction; its events get numbers from ``first``.

    Raises:
        sqlite3.Error: it was rolled back.
    """
    execute, many = connection.execute, connection.executemany
    execute("BEGIN IMMEDIATE")
    try:
        if batch.events:
            _insert(connection, first, batch.events)
        if batch.sessions:
            _put(
                connection,
                "REPLACE INTO sessions",
                [(k, body) for k, body in batch.sessions.items() if body is not None],
            )
            many(
                "DELETE FROM sessions WHERE key = ?",
                [(k,) for k, body in batch.sessions.items() if body is None],
            )
        if batch.progress:
            _put(
                connection,
                "REPLACE INTO progress",
                [
                    (signed(boot), number, *covered)
                    for (boot, number), covered in batch.progress.items()
                    if covered is not None
                ],
            )
            many(
                "DELETE FROM progress WHERE boot = ? AND connection = ?",
                [
                    (signed(boot), number)
                    for (boot, number), covered in batch.progress.items()
                    if covered is None
                ],
            )
        if batch.heartbeat_ns:
            execute(
                "UPDATE meta SET value = ? WHERE key = 'heartbeat_ns'",
                (batch.heartbeat_ns,),
            )
        execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.rollback()
        raise


def _insert(connection: sqlite3.Connection, seq: int, bodies: Iterable[bytes]) -> None:
    """Entries with consecutive numbers from ``seq`` on."""
    rows = enumerate(bodies, seq)
    while part := list(islice(rows, _SLICE)):
        _put(connection, "INSERT INTO entries", part)


def _put(
    connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> None:
    """Rows in as few statements as there are sizes for."""
    start = 0
    for size in _ROWS:
        while len(rows) - start >= size:
            part = rows[start : start + size]
            start += size
            one = f"({', '.join('?' * len(part[0]))})"
            connection.execute(
                f"{statement} VALUES{', '.join([one] * size)}",
                tuple(chain.from_iterable(part)),
            )


def finish(path: Path) -> bool:
    """Turn a segment that is not written any more into a single file.

    Returns False when a reader was in the way; try again later.
    """
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA busy_timeout=0")
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    return bool(mode == "delete")


def signed(number: int) -> int:
    """An unsigned 64 bit number as SQLite keeps it."""
    return number - (1 << 64) if number >> 63 else number


def unsigned(number: int) -> int:
    """Undo ``signed``."""
    return number & ((1 << 64) - 1)
