"""A relay in the test's own process that keeps a copy of what passed.

The shape of a wire without its machinery: copy first, then forward. For tests
of what is made of real traffic, not of the wire itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from proxy.exchange.framing import ConnectionParser
from proxy.exchange.model import Exchange, Opaque
from tests.support.waiting import until_async


@dataclass(frozen=True, slots=True)
class Passed:
    """Bytes that passed; none: that direction ended."""

    up: bool
    at_ns: int
    data: bytes


@dataclass(slots=True)
class Relay:
    """What passed, by connection in order of opening."""

    url: str = ""
    connections: list[tuple[str, list[Passed]]] = field(default_factory=list)
    """Client address, and its bytes."""

    def exchanges(self) -> Iterator[tuple[int, str, Exchange | Opaque]]:
        """(connection, client address, exchange or opaque), by connection."""
        for number, (address, passed) in enumerate(self.connections):
            parser = ConnectionParser()
            for piece in passed:
                found = (
                    parser.data(piece.up, piece.data, piece.at_ns)
                    if piece.data
                    else parser.eof(piece.up, piece.at_ns)
                )
                for each in found:
                    yield number, address, each
            for each in parser.end(time.monotonic_ns()):
                yield number, address, each


@asynccontextmanager
async def relaying(host: str, port: int) -> AsyncIterator[Relay]:
    """Relay to that address from a free port until the block ends."""
    relay = Relay()
    under_way: set[asyncio.Task[None] | None] = set()

    async def connected(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        under_way.add(task)
        address = str(writer.get_extra_info("peername")[0])
        passed: list[Passed] = []
        relay.connections.append((address, passed))
        their_reader, their_writer = await asyncio.open_connection(host, port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, their_writer, passed, up=True))
                group.create_task(_copy(their_reader, writer, passed, up=False))
        except* ConnectionError:
            pass
        finally:
            writer.close()
            their_writer.close()
            under_way.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=512)
    relay.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield relay
        await until_async(lambda: not under_way, "connections closed")


async def _copy(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    passed: list[Passed],
    *,
    up: bool,
) -> None:
    while True:
        data = await reader.read(65536)
        passed.append(Passed(up, time.monotonic_ns(), data))
        if not data:
            break
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
