"""A recorder that only listens: it keeps the frames and answers when told to."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Self, cast

from typing_extensions import override

from proxy.tapstream import Frame, FrameDecoder, Kind, pack_committed


class Stream(asyncio.Protocol):
    """One wire's stream; ``frames`` is everything it sent."""

    def __init__(self, owner: ListeningRecorder) -> None:
        self._owner = owner
        self._decoder = FrameDecoder()
        self.frames: list[Frame] = []
        self.ended = False
        self.transport: asyncio.Transport

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._owner.streams.append(self)
        if self._owner.stalled:
            self.transport.pause_reading()

    @override
    def data_received(self, data: bytes) -> None:
        self.frames += self._decoder.feed(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True

    def of(self, kind: Kind) -> list[Frame]:
        """Frames of this kind."""
        return [frame for frame in self.frames if frame.kind == kind]

    def bytes_of(self, connection: int, *, up: bool) -> bytes:
        """The bytes of one direction, as DATA frames gave them."""
        kind = Kind.DATA_UP if up else Kind.DATA_DOWN
        return b"".join(f.payload for f in self.of(kind) if f.connection == connection)

    def commit(self, connection: int, up: int, down: int) -> None:
        """Say that everything below these offsets is on disk."""
        self.transport.write(pack_committed(connection, up, down))

    def send(self, data: bytes) -> None:
        """Send any bytes."""
        self.transport.write(data)


class ListeningRecorder:
    """Context manager: a unix socket server with one ``Stream`` per connection."""

    def __init__(self, path: Path, *, stalled: bool = False) -> None:
        self.path = path
        self.streams: list[Stream] = []
        self.stalled = stalled

    async def __aenter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.fspath(self.path))
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: Stream(self), sock=listener
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for stream in self.streams:
            stream.transport.abort()
        await self._server.wait_closed()
        await asyncio.sleep(0)

    @property
    def stream(self) -> Stream:
        """The latest one."""
        return self.streams[-1]

    def listening(self) -> bool:
        """A wire is connected and has introduced itself."""
        return bool(self.streams and self.streams[-1].frames)
