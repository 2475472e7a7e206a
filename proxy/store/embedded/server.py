"""The HTTP side of the embedded store.

``/?query=…`` answers questions; ``/ping`` and ``/replicas_status`` say ``Ok.``.
There is no access without credentials (see ``access``).

A result in a streamable format goes out piece by piece; when it fails half-way the
rest is ClickHouse's marked exception block and the connection is closed, so a cut
result never looks whole. Any other result is complete before its first byte.

Bounds: ``Limits``. A request beyond the waiting bound is refused at once with
code 202 and status 503.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Self, TypeVar

from aiohttp import BodyPartReader, web

from proxy.errors import UnavailableError
from proxy.store.embedded import codec, credentials, native, options
from proxy.store.embedded.access import authenticate
from proxy.store.embedded.engine import Answer, Engine
from proxy.store.embedded.errors import (
    BAD_ARGUMENTS,
    NOT_IMPLEMENTED,
    QUERY_IS_TOO_LARGE,
    TOO_MANY_SIMULTANEOUS_QUERIES,
    UNKNOWN_EXCEPTION,
    QueryFailed,
    refused,
)
from proxy.store.embedded.request import Plan, plan
from proxy.store.embedded.sessions import Sessions
from proxy.store.embedded.settings import EmbeddedSettings, User

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class EmbeddedServer:
    """One embedded store, served. ``start``, then ``port``; ``stop`` in the end."""

    def __init__(self, settings: EmbeddedSettings) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._engine = Engine(settings.directory, settings.limits)
        self._users: dict[str, User] = {}
        self._sessions = Sessions(settings.limits.sessions)
        self._reads = asyncio.Semaphore(settings.limits.readers)
        self._writes = asyncio.Semaphore(1)
        self._present = 0
        self._runner: web.AppRunner | None = None
        self._threads: ThreadPoolExecutor | None = None
        self.port = 0
        """The bound port, once started."""
        self.refused = 0
        """Requests that found no room; see ``Limits.waiting``."""

    @property
    def url(self) -> str:
        """Where to ask."""
        host = self._settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    async def start(self) -> Self:
        """Open the engine and listen.

        Raises:
            UsageError, UnavailableError: see ``Engine.open``; the port is taken.
        """
        users = self._settings.users or credentials.load(self._settings.directory)
        self._users = {user.name: user for user in users}
        self._threads = ThreadPoolExecutor(
            self._limits.readers + 1, thread_name_prefix="store"
        )
        try:
            await self._in_thread(self._engine.open)
        except BaseException:
            self._threads.shutdown(wait=False)
            self._threads = None
            raise
        app = web.Application(client_max_size=self._limits.request_bytes)
        app.router.add_get("/ping", _ok)
        app.router.add_get("/replicas_status", _ok)
        app.router.add_route("*", "/", self._handle)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,
            max_line_size=1024 * 1024,
            max_field_size=64 * 1024,
            shutdown_timeout=self._limits.stop_seconds,
        )
        await self._runner.setup()
        host, port = self._settings.host, self._settings.port
        try:
            await web.TCPSite(self._runner, host, port, backlog=256).start()
        except OSError as error:
            await self.stop()
            raise UnavailableError(
                f"cannot listen on {host}:{port}: {error.strerror or error}"
            ) from error
        self.port = int(self._runner.addresses[0][1])
        return self

    async def stop(self) -> None:
        """Stop listening, let running queries finish for a while, close the engine."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()
        if self._threads is not None:
            threads, self._threads = self._threads, None
            await asyncio.to_thread(self._engine.interrupt)
            await asyncio.to_thread(threads.shutdown)
            await asyncio.to_thread(self._engine.close)

    async def _in_thread(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.method in {"GET", "HEAD"} and not request.query_string:
            return await _ok(request)
        query_id = request.query.get("query_id", "")[:200] or str(uuid.uuid4())
        if self._present >= self._limits.readers + self._limits.waiting:
            self.refused += 1
            return _failure(
                refused(
                    TOO_MANY_SIMULTANEOUS_QUERIES,
                    f"More than {self._limits.waiting} requests are waiting",
                    "TOO_MANY_SIMULTANEOUS_QUERIES",
                ),
                query_id,
            )
        self._present += 1
        try:
            return await self._answer(request, query_id)
        except QueryFailed as failed:
            return _failure(failed, query_id)
        finally:
            self._present -= 1

    async def _answer(self, request: web.Request, query_id: str) -> web.StreamResponse:
        user = authenticate(request.headers, request.query, self._users)
        body, form = await self._read(request)
        reads_only = not user.writes or request.method in {"GET", "HEAD"}
        asked = options.read(
            [*request.query.items(), *form], reads_only=reads_only, limits=self._limits
        )
        todo = plan(
            asked,
            body,
            header_format=request.headers.get("X-ClickHouse-Format", ""),
            reads_only=reads_only,
            limits=self._limits,
        )
        if asked.session:
            statements = self._sessions.statements(user.name, asked.session)
            todo = replace(todo, question=replace(todo.question, session=statements))
        coding = (
            codec.choose(request.headers.get("Accept-Encoding", ""))
            if asked.compress
            else None
        )
        async with self._writes if todo.exclusive else self._reads:
            answer = await self._in_thread(lambda: self._engine.ask(todo.question))
            try:
                if todo.session_change and asked.session:
                    self._sessions.remember(
                        user.name, asked.session, todo.session_change
                    )
                return await self._respond(request, todo, answer, coding, query_id)
            finally:
                await asyncio.shield(self._in_thread(answer.close))

    async def _read(self, request: web.Request) -> tuple[bytes, list[tuple[str, str]]]:
        """Body and form fields; a form has no body."""
        limit = self._limits.request_bytes
        if request.content_type == "multipart/form-data":
            return b"", await _form(request, limit)
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise refused(
                QUERY_IS_TOO_LARGE,
                f"Body is larger than {limit} bytes",
                "QUERY_IS_TOO_LARGE",
            ) from error
        coding = request.headers.get("Content-Encoding", "")
        if not coding or not raw:
            return raw, []
        return await self._in_thread(lambda: codec.decode(raw, coding, limit)), []

    async def _piece(self, todo: Plan, piece: bytes) -> bytes:
        if not todo.native:
            return piece
        return await self._in_thread(lambda: native.rewrite(piece))

    async def _respond(
        self,
        request: web.Request,
        todo: Plan,
        answer: Answer,
        coding: str | None,
        query_id: str,
    ) -> web.StreamResponse:
        piece = await self._piece(todo, answer.first)
        headers = _headers(query_id)
        headers["X-ClickHouse-Summary"] = json.dumps(
            {name: str(value) for name, value in asdict(answer.counts).items()}
        )
        if todo.has_result:
            headers["X-ClickHouse-Format"] = todo.question.format
        headers["Content-Type"] = _content_type(todo.question.format)
        encoder = codec.ENCODERS[coding]() if coding else None
        if coding:
            headers["Content-Encoding"] = coding
        if answer.finished and encoder is None:
            return web.Response(body=piece, headers=headers)
        tag = secrets.token_hex(8)
        headers["X-ClickHouse-Exception-Tag"] = tag
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        writer = _Writer(response, encoder, self._limits.client_seconds)
        try:
            while piece:
                await writer.write(piece)
                try:
                    piece = await self._in_thread(answer.next_piece)
                    piece = await self._piece(todo, piece)
                except QueryFailed as failed:
                    log.warning("query failed half-way, code %d", failed.code)
                    await writer.write(_marked(failed, tag))
                    response.force_close()
                    break
            await writer.finish()
        except TimeoutError:
            log.warning("a client took no byte for %s s", self._limits.client_seconds)
            if request.transport is not None:
                request.transport.abort()
        return response


class _Writer:
    """Pieces to a response, coded when asked, each within ``seconds``."""

    def __init__(
        self,
        response: web.StreamResponse,
        encoder: codec.Encoder | None,
        seconds: float,
    ) -> None:
        self._seconds = seconds
        self._response = response
        self._encoder = encoder

    async def write(self, piece: bytes) -> None:
        """Send a piece; TimeoutError when the client does not take it."""
        if self._encoder is not None:
            piece = await asyncio.to_thread(self._encoder.compress, piece)
        if piece:
            async with asyncio.timeout(self._seconds):
                await self._response.write(piece)

    async def finish(self) -> None:
        """Send what the encoder kept, and the end."""
        rest = self._encoder.flush() if self._encoder is not None else b""
        async with asyncio.timeout(self._seconds):
            await self._response.write_eof(rest)


async def _ok(_: web.Request) -> web.StreamResponse:
    return web.Response(text="Ok.\n")


async def _form(request: web.Request, limit: int) -> list[tuple[str, str]]:
    """Fields of a multipart form, together at most ``limit`` bytes."""
    fields: list[tuple[str, str]] = []
    left = limit
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.filename is not None:
                raise refused(
                    NOT_IMPLEMENTED,
                    "External data is not served here",
                    "NOT_IMPLEMENTED",
                )
            value = bytearray()
            while chunk := await part.read_chunk():
                value += chunk
                left -= len(chunk)
                if left < 0:
                    raise refused(
                        QUERY_IS_TOO_LARGE,
                        f"Body is larger than {limit} bytes",
                        "QUERY_IS_TOO_LARGE",
                    )
            fields.append((part.name or "", value.decode()))
    except (ValueError, UnicodeDecodeError) as error:
        raise refused(BAD_ARGUMENTS, "Malformed form", "BAD_ARGUMENTS") from error
    return fields


def _headers(query_id: str) -> dict[str, str]:
    return {
        "X-ClickHouse-Query-Id": "".join(c for c in query_id if c.isprintable()),
        "X-ClickHouse-Server-Display-Name": "whosaw-embedded",
        "X-ClickHouse-Timezone": "UTC",
    }


def _failure(failed: QueryFailed, query_id: str) -> web.Response:
    log.debug("query refused, code %d", failed.code)
    return web.Response(
        status=failed.status,
        text=failed.message + "\n",
        headers={
            **_headers(query_id),
            "X-ClickHouse-Exception-Code": str(failed.code or UNKNOWN_EXCEPTION),
        },
    )


def _marked(failed: QueryFailed, tag: str) -> bytes:
    """ClickHouse's exception block inside a result (server 25.11 and later)."""
    text = failed.message.encode() + b"\n"
    return b"\r\n__exception__\r\n%b\r\n%b%d %b\r\n__exception__\r\n" % (
        tag.encode(),
        text,
        len(text),
        tag.encode(),
    )


def _content_type(name: str) -> str:
    if name == "JSON" or name.startswith("JSONCompact"):
        return "application/json; charset=UTF-8"
    if name.startswith(("TabSeparated", "TSV")):
        return "text/tab-separated-values; charset=UTF-8"
    if name.startswith("CSV"):
        return "text/csv; charset=UTF-8"
    if name in {"JSONEachRow", "JSONLines", "NDJSON"}:
        return "application/x-ndjson; charset=UTF-8"
    return "application/octet-stream"


async def serve(
    settings: EmbeddedSettings,
    stop: asyncio.Event,
    started: Callable[[EmbeddedServer], None] = lambda _: None,
) -> None:
    """Serve until ``stop`` is set; ``started`` learns the bound port."""
    server = EmbeddedServer(settings)
    await server.start()
    try:
        started(server)
        await stop.wait()
    finally:
        await server.stop()
