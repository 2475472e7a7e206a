"""Long-polling, server-sent events, WebSocket, CONNECT: a library on either side."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import WSMsgType, web

from proxy.events import ExchangeRecorded, GapKind, GapRecorded
from tests.support.certificates import Authority
from tests.support.sidecars import Front, Running, run, write_config
from tests.support.tickets import RULES
from tests.support.waiting import until_async


class Application:
    """Answers late, in pieces, or as another protocol."""

    def __init__(self) -> None:
        self.polled = asyncio.Event()
        self.pushed = asyncio.Event()

    async def poll(self, _: web.Request) -> web.Response:
        """Answers once something happened."""
        await self.polled.wait()
        return web.Response(text="it happened")

    async def happen(self, _: web.Request) -> web.Response:
        """Something does."""
        self.polled.set()
        return web.Response(text="ok")

    async def events(self, request: web.Request) -> web.StreamResponse:
        """One event, and another once the client has seen the first."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: 1\n\n")
        await self.pushed.wait()
        await response.write(b"data: 2\n\n")
        return response

    async def push(self, _: web.Request) -> web.Response:
        """The first event was seen."""
        self.pushed.set()
        return web.Response(text="ok")

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """Says back what it hears."""
        line = web.WebSocketResponse()
        await line.prepare(request)
        async for message in line:
            if message.type is WSMsgType.TEXT:
                await line.send_str(message.data[::-1])
            elif message.type is WSMsgType.BINARY:
                await line.send_bytes(message.data)
        return line


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The application; its port."""
    mine = Application()
    app = web.Application()
    app.router.add_get("/poll", mine.poll)
    app.router.add_get("/happen", mine.happen)
    app.router.add_get("/events", mine.events)
    app.router.add_get("/push", mine.push)
    app.router.add_get("/socket", mine.socket)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def tunnelling() -> AsyncIterator[int]:
    """A proxy that knows CONNECT and nothing else; its port."""
    tasks: set[asyncio.Task[None] | None] = set()

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        head = await reader.readuntil(b"\r\n\r\n")
        host, _, port = head.split()[1].decode().rpartition(":")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pour(reader, back), pour(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def recording(directory: Path, port: int) -> AsyncIterator[Running]:
    """A wire and a recorder in front of what listens there."""
    front = Front(name="tickets", rules=RULES, upstream=f"http://127.0.0.1:{port}")
    config = write_config(directory, [front])
    with run(config, ("recorder", "wire"), wait=False) as running:
        await until_async(lambda: running.figure("sidecar", "ready"), "ready", 60)
        yield running


async def test_late_and_piecemeal_answers_pass_as_they_come(tmp_path: Path) -> None:
    """A poll is answered when something happens and an event is seen before the next
    is sent; each is one exchange, with a time of its own and all its bytes."""
    async with (
        serving() as port,
        recording(tmp_path, port) as running,
        aiohttp.ClientSession(f"http://127.0.0.1:{running.port()}") as browser,
    ):
        poll = asyncio.create_task(browser.get("/poll"))
        async with browser.get("/events") as events:
            assert await events.content.readuntil(b"\n\n") == b"data: 1\n\n"
            await browser.get("/push")
            assert await events.content.read() == b"data: 2\n\n"
        assert not poll.done()
        await browser.get("/happen")
        assert await (await poll).text() == "it happened"

        await until_async(lambda: len(exchanges(running)) == 4, "four exchanges", 60)
        found = {each.path: each for each in exchanges(running)}
        assert found.keys() == {"/poll", "/events", "/push", "/happen"}
        assert {each.status for each in found.values()} == {200}
        assert gaps(running) == []


async def test_a_websocket_passes_and_is_recorded_as_one(tmp_path: Path) -> None:
    """Its handshake is an exchange with status 101; what follows is a gap both sides
    agreed to, with exact bytes."""
    async with (
        serving() as port,
        recording(tmp_path, port) as running,
        aiohttp.ClientSession(f"http://127.0.0.1:{running.port()}") as browser,
    ):
        async with browser.ws_connect("/socket") as line:
            await line.send_str("abc")
            assert await line.receive_str() == "cba"
            blob = bytes(range(256)) * 1000
            await line.send_bytes(blob)
            assert await line.receive_bytes() == blob

        await until_async(lambda: gaps(running), "a gap", 60)
        (exchange,) = exchanges(running)
        (gap,) = gaps(running)
        assert (exchange.path, exchange.status) == ("/socket", 101)
        assert (gap.kind, gap.intended) == (GapKind.OPAQUE_PROTOCOL, True)
        assert gap.up_bytes > len(blob) < gap.down_bytes


async def test_a_tunnel_passes_and_is_recorded_as_one(tmp_path: Path) -> None:
    """CONNECT is an exchange; the TLS inside is a gap both sides agreed to."""
    authority = Authority(tmp_path)
    issued = authority.issue("127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(issued.certificate, issued.key)
    trust = ssl.create_default_context(cafile=str(authority.path))
    async with (
        serving(tls) as inner,
        tunnelling() as port,
        recording(tmp_path, port) as running,
        aiohttp.ClientSession() as browser,
    ):
        answer = await browser.get(
            f"https://127.0.0.1:{inner}/happen",
            proxy=f"http://127.0.0.1:{running.port()}",
            ssl=trust,
        )
        assert await answer.text() == "ok"
        await browser.close()

        await until_async(lambda: gaps(running), "a gap", 60)
        (exchange,) = exchanges(running)
        (gap,) = gaps(running)
        assert (exchange.method, exchange.status) == ("CONNECT", 200)
        assert (gap.kind, gap.intended) == (GapKind.OPAQUE_PROTOCOL, True)
        assert gap.up_bytes > 0 < gap.down_bytes


def exchanges(running: Running) -> list[ExchangeRecorded]:
    """Recorded so far."""
    return [e for e in running.events() if isinstance(e, ExchangeRecorded)]


def gaps(running: Running) -> list[GapRecorded]:
    """Recorded so far."""
    return [e for e in running.events() if isinstance(e, GapRecorded)]
