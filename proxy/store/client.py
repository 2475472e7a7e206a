"""The client of a store: ClickHouse, or the embedded one, over HTTP.

``connect`` does no IO: the first call does, and a store that is not there is
``StoreUnavailable`` then. Values travel as rows or as query parameters, never as
text of a statement. Calls block, may come from several threads, and end within
their timeouts. Which refusals are final says ``refusals``.
"""

from __future__ import annotations

import contextlib
import logging
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import (
    ClickHouseError,
)
from urllib3.exceptions import HTTPError

from proxy.errors import UsageError
from proxy.store.cluster import checked, local
from proxy.store.port import Result, StoreRejected, StoreUnavailable
from proxy.store.refusals import FINAL, FINAL_FOR_QUESTIONS, translated

# Each failure becomes an exception here, and is told once by whoever asked.
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)

_STREAMED = 1 << 20
"""Bytes of a stream read at once."""

_LOOK = 0.1
"""Seconds between two looks at whether parts are rewritten."""

_INSERT = {
    "insert_deduplicate": 1,
    "async_insert": 0,
    "wait_end_of_query": 1,
}
_INSERT_ON_CLUSTER = {"distributed_foreground_insert": 1, "insert_quorum": "auto"}
"""Acknowledged is on a majority of the replicas of the shard, not in a queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where the store is and who asks."""

    url: str
    """``http://host:port`` or ``https://host:port``."""
    user: str = "default"
    password: str = field(default="", repr=False)
    database: str = "whosaw"
    cluster: str = ""
    """Name of the cluster whose tables are replicated and distributed; none: one
    server."""
    connect_seconds: int = 5
    """To connect; a store on the same network answers in milliseconds."""
    answer_seconds: int = 30
    """For an insert or a question, the whole of it."""


def connect(settings: StoreSettings) -> ClickHouseStore:
    """A client; no connection is made before the first call.

    Raises:
        UsageError: the URL is not one of a store.
    """
    parts = urlsplit(settings.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(
            f"store url {settings.url!r}: expected http://host:port or https://host:port"
        )
    return ClickHouseStore(settings)


class ClickHouseStore:
    """``port.Store`` over clickhouse-connect, and questions besides."""

    def __init__(self, settings: StoreSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._client: Any = None
        self._types: dict[tuple[str, tuple[str, ...]], list[Any]] = {}

    def close(self) -> None:
        """Give the connections back. A later call opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        token: str,
    ) -> None:
        """See ``port.Store.insert``."""
        if not rows:
            return
        key = (table, tuple(columns))
        try:
            client = self._connected()
            types = self._types.get(key)
            if types is None:
                context = client.create_insert_context(
                    table, column_names=columns, database=self.settings.database
                )
                types = self._types[key] = context.column_types
            values = list(zip(*rows, strict=True))
            _check_enums(table, columns, types, values)
            client.insert(
                table,
                values,
                column_names=columns,
                column_types=types,
                column_oriented=True,
                database=self.settings.database,
                settings={
                    **_INSERT,
                    **(_INSERT_ON_CLUSTER if self.settings.cluster else {}),
                    "insert_deduplication_token": token,
                },
            )
        except ClickHouseError as error:
            self._types.pop(key, None)
            raise translated(error, FINAL) from error
        except (
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            struct.error,
        ) as error:
            # The column writers of the client raise these for a value of a wrong
            # type or size; nothing has been stored then.
            raise StoreRejected(
                f"{table}: a value does not fit its column ({type(error).__name__})"
            ) from error

    def insert_lines(
        self, table: str, columns: Sequence[str], lines: bytes, token: str
    ) -> None:
        """Append rows that another store gave as TabSeparated; raises as ``insert``.

        Args:
            table: a table of the schema, ``columns`` some of its columns: names of
                ``system.columns``, which stand in the statement quoted.
            columns: in the order of the lines.
            lines: whole ones.
            token: see ``port.Store.insert``.
        """
        try:
            self._connected().raw_insert(
                f"{quoted(self.settings.database)}.{quoted(table)}",
                [quoted(each) for each in columns],
                lines,
                settings={**_INSERT, "insert_deduplication_token": token},
                fmt="TabSeparated",
            )
        except ClickHouseError as error:
            raise translated(error, FINAL) from error

    def count(self, table: str, node: str, epoch: int, first: int, last: int) -> int:
        """See ``port.Store.count``."""
        result = self.query(
            "SELECT count() FROM {table:Identifier} WHERE node = {node:String} "
            "AND epoch = {epoch:UInt64} "
            "AND seq BETWEEN {first:UInt64} AND {last:UInt64}",
            {
                "table": table,
                "node": node,
                "epoch": epoch,
                "first": first,
                "last": last,
            },
            final=FINAL,
        )
        return int(result.rows[0][0])

    def missing_migrations(self) -> list[str]:
        """See ``port.Store.missing_migrations``."""
        from proxy.store.migrate import plan

        return [step.name for step in plan(self)]

    def query(
        self,
        sql: str,
        params: Mapping[str, object] | None = None,
        *,
        database: str | None = None,
        final: frozenset[int] = FINAL_FOR_QUESTIONS,
    ) -> Result:
        """Ask; values only through ``{name:Type}`` and ``params``.

        Raises:
            StoreUnavailable: not reached, or it cannot now.
            StoreRejected: it refuses the question.
        """
        try:
            result = self._connected().query(
                sql,
                parameters=dict(params or {}),
                settings=self._asking(database),
                tz_mode="aware",
            )
        except ClickHouseError as error:
            raise translated(error, final) from error
        return Result(
            tuple(result.column_names), [tuple(row) for row in result.result_rows]
        )

    def stream(
        self,
        sql: str,
        params: Mapping[str, object] | None = None,
        *,
        form: str = "JSONCompactEachRow",
    ) -> Iterator[bytes]:
        """Ask for rows as lines of JSON arrays (or another format of lines), in chunks
        of any size.

        Raises:
            As ``query``; also in the middle.
        """
        try:
            answer = self._connected().raw_stream(
                sql,
                parameters=dict(params or {}),
                settings={
                    **self._asking(None),
                    "output_format_json_quote_64bit_integers": 0,
                },
                fmt=form,
            )
            with contextlib.closing(answer):
                yield from iter(partial(answer.read, _STREAMED), b"")
        except ClickHouseError as error:
            raise translated(error, FINAL_FOR_QUESTIONS) from error
        except HTTPError as error:
            raise StoreUnavailable(f"the answer broke off: {error}") from error

    def command(
        self,
        sql: str,
        params: Mapping[str, object] | None = None,
        *,
        database: str | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        """Run a statement that gives no rows. Raises as ``query``."""
        try:
            self._connected().raw_query(
                sql,
                parameters=dict(params or {}),
                settings={**self._asking(database), **(settings or {})},
            )
        except ClickHouseError as error:
            raise translated(error, FINAL_FOR_QUESTIONS) from error

    def erase(self, table: str, where: str, params: Mapping[str, object]) -> None:
        """Rewrite the parts of a table without these rows; returns when that is done.

        Args:
            table: whose rows.
            where: which, as SQL of constant text over ``params``.
            params: its values.

        Raises:
            As ``query``.
        """
        self._mutate(table, f"DELETE WHERE {where}", params)

    def rewrite(
        self, table: str, change: str, where: str, params: Mapping[str, object]
    ) -> None:
        """Change columns of these rows; returns when their parts are rewritten.

        Args:
            table: whose rows.
            change: the columns with their values, as SQL of constant text.
            where: which rows, as SQL of constant text over ``params``.
            params: its values.

        Raises:
            As ``query``.
        """
        self._mutate(table, f"UPDATE {change} WHERE {where}", params)

    def _mutate(self, table: str, what: str, params: Mapping[str, object]) -> None:
        cluster = self.settings.cluster
        on = f" ON CLUSTER {checked(cluster)}" if cluster else ""
        settings = {"mutations_sync": 2, "allow_nondeterministic_mutations": 1}
        self.command(
            f"ALTER TABLE {{table:Identifier}}{on} {what}",
            {**params, "table": local(table) if cluster else table},
            settings=settings if cluster else None,
        )
        if not cluster:
            self._until_rewritten(table)

    def _until_rewritten(self, table: str) -> None:
        """Asked again and again rather than waited for in one statement: the embedded
        store takes one statement that writes at a time, and rows come in meanwhile."""
        until = time.monotonic() + self.settings.answer_seconds
        while True:
            count, reason = self.query(
                "SELECT count(), max(latest_fail_reason) FROM system.mutations "
                "WHERE database = {database:String} AND table = {table:String} "
                "AND NOT is_done",
                {"database": self.settings.database, "table": table},
            ).rows[0]
            if not count:
                return
            if reason or time.monotonic() > until:
                raise StoreUnavailable(f"{table} is not rewritten yet: {reason}"[:500])
            time.sleep(_LOOK)

    def _asking(self, database: str | None) -> dict[str, object]:
        asking: dict[str, object] = {"database": database or self.settings.database}
        if self.settings.cluster:
            asking["distributed_product_mode"] = "global"
        return asking

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                parts = urlsplit(self.settings.url)
                self._client = clickhouse_connect.get_client(
                    interface=parts.scheme,
                    host=parts.hostname,
                    port=parts.port or (8443 if parts.scheme == "https" else 8123),
                    username=self.settings.user,
                    password=self.settings.password,
                    connect_timeout=self.settings.connect_seconds,
                    send_receive_timeout=self.settings.answer_seconds,
                    query_retries=0,
                    autogenerate_session_id=False,
                    dedicated_pool=True,
                    tz_mode="aware",
                )
            return self._client


def quoted(name: str) -> str:
    """An identifier as a statement takes it."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _check_enums(
    table: str,
    columns: Sequence[str],
    types: Sequence[Any],
    values: Sequence[tuple[object, ...]],
) -> None:
    """The client writes an unknown enum name as 0, silently: refuse it first."""
    for name, kind, column in zip(columns, types, values, strict=True):
        known = getattr(kind, "_name_map", None)
        if known is not None and not known.keys() >= set(column):
            raise StoreRejected(f"{table}.{name}: a value the schema does not know")
