"""What the sidecar adds to one request, measured side by side.

The same page is fetched in turn from an application directly and through the
sidecar, one request at a time over a kept connection: no queue on either side,
so that the difference is the way through and nothing else.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

PATH = "/"
WARM = 20
KEPT = 50
"""Requests on one connection: the application closes it after 100."""


@dataclass(frozen=True, slots=True)
class Added:
    """Medians in milliseconds."""

    direct_ms: float
    through_ms: float

    @property
    def added_ms(self) -> float:
        """What the way through costs."""
        return self.through_ms - self.direct_ms


async def added_latency(direct: str, through: str, *, requests: int = 200) -> Added:
    """Fetch in turn; the median of each."""
    ways = [await _Way.open(url) for url in (direct, through)]
    for _ in range(WARM + requests):
        for way in ways:
            await way.fetch()
    for way in ways:
        way.close()
    direct_ms, through_ms = (way.median_ms for way in ways)
    return Added(direct_ms, through_ms)


class _Way:
    def __init__(
        self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._host = host
        self._reader = reader
        self._writer = writer
        self._times: list[float] = []
        self._fetched = 0

    @classmethod
    async def open(cls, url: str) -> _Way:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        return cls(address.netloc, reader, writer)

    async def fetch(self) -> None:
        if self._fetched == KEPT:
            self._fetched = 0
            self.close()
            host, _, port = self._host.partition(":")
            self._reader, self._writer = await asyncio.open_connection(host, int(port))
        self._fetched += 1
        begun = time.perf_counter()
        self._writer.write(
            f"GET {PATH} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode()
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        await self._body(head.lower())
        self._times.append((time.perf_counter() - begun) * 1000)

    async def _body(self, head: bytes) -> None:
        if b"transfer-encoding: chunked" in head:
            while size := int((await self._reader.readline()).split(b";")[0], 16):
                await self._reader.readexactly(size + 2)
            await self._reader.readline()
        elif b"content-length:" in head:
            length = head.split(b"content-length:")[1].split(b"\r\n")[0]
            await self._reader.readexactly(int(length))

    @property
    def median_ms(self) -> float:
        ordered = sorted(self._times[WARM:])
        return ordered[len(ordered) // 2]

    def close(self) -> None:
        self._writer.close()
