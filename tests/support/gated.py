"""A gated application behind a real wire and a real recorder, in one event loop.

The journal's commits can be held by the test, so that what a client received can
be compared with what was on disk when it did.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from addons.master import Wire
from addons.settings import ListenerSettings, WireSettings
from proxy.events import ExchangeRecorded, GapRecorded
from proxy.extraction.model import OnFailure
from proxy.journal.model import Batch
from proxy.recorder import Limits as RecorderLimits
from proxy.recorder import Recorder, RecorderSettings
from proxy.taplink import GateLimits, Limits, TapLink
from tests.support.journals import MemoryJournal
from tests.support.pipelines import PlainPipeline
from tests.support.waiting import until_async
from tests.support.wires import listening, port_of

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class HeldJournal(MemoryJournal):
    """Its commits wait while ``hold()`` was called."""

    def __init__(self) -> None:
        super().__init__()
        self._go = threading.Event()
        self._go.set()

    def hold(self) -> None:
        """Let no commit through."""
        self._go.clear()

    def go(self) -> None:
        """Let them through again."""
        self._go.set()

    @override
    def commit(self, batch: Batch) -> int:
        self._go.wait(20)
        return super().commit(batch)

    def paths(self) -> list[str]:
        """Paths of the exchanges that are on disk."""
        return [e.path for e in self.events() if isinstance(e, ExchangeRecorded)]

    def gaps(self) -> list[GapRecorded]:
        """The gaps that are on disk."""
        return [e for e in self.events() if isinstance(e, GapRecorded)]


@dataclass
class Client:
    """One connection to the wire; ``got`` is what it was shown."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    got: bytearray = field(default_factory=bytearray)
    over: str = ""
    """``end`` or ``reset`` once the server's direction is over."""

    def ask(self, target: str, more: bytes = b"") -> None:
        """Send a GET."""
        head = f"GET {target} HTTP/1.1\r\nHost: a\r\n".encode() + more + b"\r\n"
        self.writer.write(head)

    async def _listen(self) -> None:
        try:
            while data := await self.reader.read(1 << 16):
                self.got += data
            self.over = "end"
        except ConnectionError:
            self.over = "reset"

    async def until(self, end: bytes) -> bytes:
        """Wait until what was shown ends so."""
        await until_async(lambda: self.got.endswith(end), f"ends with {end[-20:]!r}")
        return bytes(self.got)


@dataclass
class Gated:
    """Everything of one test."""

    journal: HeldJournal
    pipeline: PlainPipeline
    link: TapLink
    port: int
    recorders: list[Recorder] = field(default_factory=list)
    clients: list[tuple[Client, asyncio.Task[None]]] = field(default_factory=list)
    start_recorder: Callable[[], Awaitable[None]] = field(repr=False, default=None)  # type: ignore[assignment]
    stop_recorder: Callable[[], Awaitable[None]] = field(repr=False, default=None)  # type: ignore[assignment]

    async def client(self) -> Client:
        """A new connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        client = Client(reader, writer)
        task = asyncio.create_task(client._listen())
        self.clients.append((client, task))
        return client

    def stop_reading(self) -> None:
        """The recorder reads nothing that wires send."""
        for peer in self.recorders[-1]._peers:
            peer.transport.pause_reading()

    def go_on_reading(self) -> None:
        """It reads again."""
        for peer in self.recorders[-1]._peers:
            peer.transport.resume_reading()

    @property
    def held(self) -> int:
        """Bytes the wire holds."""
        held: int = self.link.status()["gate_held_bytes"]
        return held


@asynccontextmanager
async def gated(
    directory: Path,
    serve: Serve,
    *,
    on_failure: OnFailure | None = OnFailure.OPEN,
    limits: GateLimits | None = None,
    recorder: bool = True,
) -> AsyncIterator[Gated]:
    """Application, wire and recorder until the block ends."""
    journal, pipeline = HeldJournal(), PlainPipeline(on_failure)
    path = directory / "state" / "tap.sock"
    stops: list[tuple[asyncio.Event, asyncio.Task[None]]] = []

    async def start() -> None:
        settings = RecorderSettings(
            socket_path=path,
            applications={"sonar": pipeline},
            journal=journal,
            limits=RecorderLimits(commit_delay=0.001, start_grace=0.3),
            markers=directory / "open-gaps",
        )
        stop, started = asyncio.Event(), asyncio.Event()
        made = Recorder(settings)
        found.recorders.append(made)
        running = asyncio.create_task(made.run(stop, started.set))
        await started.wait()
        stops.append((stop, running))

    async def end() -> None:
        for stop, running in stops:
            stop.set()
            await running
        stops.clear()

    closed = {} if on_failure is None else {"sonar": on_failure is OnFailure.CLOSED}
    link = TapLink(
        path,
        7,
        Limits(reconnect_first=0.01, reconnect_most=0.05),
        gates=closed,
        gate_limits=limits,
        markers=directory / "open-gaps",
    )
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    sock = listening()
    listener = ListenerSettings(
        application="sonar",
        fd=sock.fileno(),
        upstream_host="127.0.0.1",
        upstream_port=server.sockets[0].getsockname()[1],
    )
    wire = Wire(WireSettings(listeners=(listener,), drain_seconds=0.1), link)
    found = Gated(journal, pipeline, link, port_of(sock))
    found.start_recorder, found.stop_recorder = start, end
    if recorder:
        await start()
    linked = asyncio.create_task(link.run())
    await wire.start()
    try:
        if recorder:
            await until_async(lambda: link.status()["recorder_connected"], "linked")
        yield found
    finally:
        journal.go()
        journal.full = False
        for client, task in found.clients:
            client.writer.close()
            task.cancel()
        await wire.stop()
        await wire.drain()
        server.close()
        await end()
        linked.cancel()
        with suppress(asyncio.CancelledError):
            await linked
        sock.close()
