"""The engine: chDB on one directory, one process.

Every question gets a connection of its own (1 ms), so no setting, database or
parameter outlives it. A reader's connection is made ``readonly = 1`` before his
query runs. The calls block and release the interpreter lock (longest pause of
other threads during a heavy query: 6 ms); the server runs them in threads.

Failure modes: the directory is held by another process (``UnavailableError``);
a query fails (``QueryFailed``); the process is killed: what an insert
acknowledged is on disk, parts half written are dropped by the engine on open.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from proxy.errors import UnavailableError, UsageError
from proxy.store.embedded.errors import QueryFailed, from_engine
from proxy.store.embedded.options import bounds
from proxy.store.embedded.settings import Limits

STREAMED = frozenset(
    [
        "TabSeparated",
        "TSV",
        "TabSeparatedRaw",
        "TSVRaw",
        "CSV",
        "JSONEachRow",
        "JSONLines",
        "NDJSON",
        "JSONCompactEachRow",
        "Native",
        "RowBinary",
        "LineAsString",
        "RawBLOB",
        "MsgPack",
    ]
)
"""Formats without a head or a foot: the chunks of a result may be joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One statement with all it needs; ``data`` makes it an insert."""

    query: bytes
    format: str
    """Of the result; of ``data`` when there is any."""
    data: bytes | None = None
    database: str = ""
    params: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    session: tuple[bytes, ...] = ()
    """SET and USE statements of the session, run before it."""
    reads_only: bool = True
    streams: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows and bytes, for X-ClickHouse-Summary."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    elapsed_ns: int = 0


class Answer:
    """A result, piece by piece. ``first`` is there; ``next_piece`` blocks."""

    def __init__(
        self, connection: Any, first: bytes, counts: Counts, stream: Any = None
    ) -> None:
        self._connection = connection
        self._stream = stream
        self.first = first
        self.counts = counts

    @property
    def finished(self) -> bool:
        """No piece after ``first``."""
        return self._stream is None

    def next_piece(self) -> bytes:
        """The next piece, or empty at the end.

        Raises:
            QueryFailed: the query failed half-way.
        """
        if self._stream is None:
            return b""
        try:
            piece = self._stream.fetch()
        except (RuntimeError, _chdb_error()) as error:
            self._stream = None
            raise from_engine(str(error)) from error
        if piece is None:
            self._stream = None
            return b""
        return bytes(piece.bytes())

    def close(self) -> None:
        """Cancel what runs and give the connection back."""
        stream, self._stream = self._stream, None
        try:
            if stream is not None:
                stream.cancel()
        except (RuntimeError, _chdb_error()):
            # A stream that cannot be cancelled has ended already.
            pass
        finally:
            self._connection.close()


class Engine:
    """chDB on a directory. ``open`` before, ``close`` after; any thread asks."""

    def __init__(self, directory: Path, limits: Limits) -> None:
        self._directory = directory
        self._limits = limits
        self._path = ""
        self._anchor: Any = None
        self._lock = -1

    def open(self) -> Self:
        """Take the directory and start the engine (0.4 s).

        Raises:
            UsageError: chDB is not installed, or the path cannot be used.
            UnavailableError: another process holds the directory.
        """
        try:
            import chdb  # noqa: F401
        except ImportError as error:
            raise UsageError(
                "the embedded store needs chDB: install whosaw[embedded]"
            ) from error
        data = self._directory / "data"
        if "?" in str(data):
            raise UsageError(f"{data}: the engine takes no '?' in a path")
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(
            self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            self._lock = -1
            raise UnavailableError(
                f"{self._directory}: another process has this store open"
            ) from error
        self._path = str(data.resolve())
        self._anchor = _connect(self._path)
        return self

    def close(self) -> None:
        """Stop the engine; its background work ends first."""
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def interrupt(self) -> None:
        """Cancel the queries that still run; they end with code 394."""
        if self._anchor is not None:
            self._anchor.query("KILL QUERY WHERE query NOT LIKE 'KILL%' ASYNC")

    def ask(self, question: Question) -> Answer:
        """Run a question up to its first piece. Blocks.

        Raises:
            QueryFailed: with the engine's code and message.
        """
        connection = _connect(self._path)
        try:
            self._prepare(connection, question)
            if question.data is not None:
                return self._insert(connection, question, question.data)
            if question.streams:
                return self._stream(connection, question)
            return self._result(connection, question)
        except QueryFailed:
            connection.close()
            raise
        except (RuntimeError, _chdb_error()) as error:
            connection.close()
            raise from_engine(str(error)) from error
        except BaseException:
            connection.close()
            raise

    def _prepare(self, connection: Any, question: Question) -> None:
        limits = bounds(
            self._limits, reads_only=question.reads_only, streams=question.streams
        )
        _set(connection, limits)
        for statement in question.session:
            connection.query(statement)
        _set(connection, question.settings)
        if question.database:
            connection.query(f"USE {_identifier(question.database)}")
        if question.reads_only:
            connection.query("SET readonly = 1")

    @staticmethod
    def _insert(connection: Any, question: Question, data: bytes) -> Answer:
        # The engine's inserter takes statement and bytes apart: no copy into the
        # query text, no temporary file.
        with connection.send_insert(
            question.query.decode("utf-8", "surrogateescape"), question.format
        ) as inserter:
            if data:
                inserter.append(data)
            done = inserter.finish()
        counts = Counts(
            read_rows=done.rows_written,
            read_bytes=done.bytes_written,
            written_rows=done.rows_written,
            written_bytes=done.bytes_written,
            elapsed_ns=int(done.elapsed * 1e9),
        )
        return Answer(connection, b"", counts)

    @staticmethod
    def _stream(connection: Any, question: Question) -> Answer:
        stream = connection.send_query(
            question.query, question.format, params=question.params
        )
        answer = Answer(connection, b"", Counts(), stream)
        answer.first = answer.next_piece()
        return answer

    @staticmethod
    def _result(connection: Any, question: Question) -> Answer:
        result = connection.query(
            question.query, question.format, params=question.params
        )
        counts = Counts(
            read_rows=int(result.storage_rows_read()),
            read_bytes=int(result.storage_bytes_read()),
            written_rows=int(result.rows_written()),
            written_bytes=int(result.bytes_written()),
            elapsed_ns=int(result.elapsed() * 1e9),
        )
        return Answer(connection, bytes(result.bytes() or b""), counts)


def _connect(path: str) -> Any:
    # Imported late: loading the engine takes 0.3 s and starts its threads.
    import chdb

    connect: Any = chdb.connect
    return connect(path)


def _set(connection: Any, settings: dict[str, str]) -> None:
    if settings:
        changes = (f"{name} = {_literal(value)}" for name, value in settings.items())
        connection.query("SET " + ", ".join(changes))


def _literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _chdb_error() -> type[Exception]:
    from chdb import ChdbError

    error: type[Exception] = ChdbError
    return error
