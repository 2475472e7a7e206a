"""Take a capture: every frame the recorder receives, until told to stop.

The recorder records that it is made, by whom and why, before it sends a frame. A raw
capture goes to the file as it comes; a redacted one is held in memory until it ends,
because what a byte says is known only when its message is whole, and nothing of it is
written before. Bounded by ``MOST_HELD``; a capture that reaches it ends there.

The file is 0600 and never overwrites.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from proxy.capture.envelope import Header, Sealing
from proxy.capture.redacting import redacted
from proxy.errors import UnavailableError, UsageError
from proxy.recorder.subscribers import CaptureAsked
from proxy.redaction.standin import StandIns
from proxy.tapstream import Frame, FrameDecoder, Kind, StreamBroken, pack

_CHUNK = 1 << 18

LAST_SECONDS = 2.0
"""How long a recorder may be silent once it was asked for the last frames."""
MOST_HELD = 256 << 20
"""Bytes of a redacted capture: some minutes of a busy office."""


@dataclass(slots=True)
class Captured:
    """What a capture got."""

    bytes: int = 0
    overrun: bool = False
    """The capture was too slow: the recorder ended it."""
    full: bool = False
    """``MOST_HELD`` was reached: it ended there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What kind of capture."""

    header: Header
    recipient: X25519PublicKey | None = None
    standins: StandIns | None = None
    """Makes it a redacted one; None: raw."""
    most_held: int = MOST_HELD


class _Sink(Protocol):
    """Takes the bytes of a capture."""

    def write(self, data: bytes) -> None:
        """Some more."""

    def close(self) -> None:
        """There is no more."""


class _Redacting:
    """Holds everything, and writes it redacted at the end."""

    def __init__(
        self, sealing: Sealing, standins: StandIns, stop: Callable[[], None], most: int
    ) -> None:
        self._sealing = sealing
        self._standins = standins
        self._stop = stop
        self._most = most
        self._held = 0
        self._frames: list[Frame] = []
        self._decoder = FrameDecoder()
        self.full = False

    def write(self, data: bytes) -> None:
        """Some more frames; none beyond the bound."""
        if self.full:
            return
        self._held += len(data)
        try:
            self._frames += self._decoder.feed(data)
        except StreamBroken as broken:
            self._frames += broken.frames
            self.full = True
        if self.full or self._held > self._most:
            self.full = True
            self._stop()

    def close(self) -> None:
        """Redact and write."""
        for frame in redacted(self._frames, self._standins):
            kind, connection, offset, time_ns, payload = frame
            self._sealing.write(pack(Kind(kind), connection, offset, time_ns, payload))
        self._frames.clear()
        self._sealing.close()


async def capture(
    socket_path: Path,
    path: Path,
    stop: asyncio.Event,
    order: Order,
    captured: Captured | None = None,
) -> Captured:
    """Write every frame the recorder receives to a new file, until ``stop``.

    Raises:
        UsageError: the file exists, or cannot be made.
        UnavailableError: no recorder listens, or it turned this peer away.
    """
    captured = captured or Captured()
    try:
        reader, writer = await asyncio.open_unix_connection(socket_path)
    except OSError as error:
        raise UnavailableError(
            f"no recorder listens at {socket_path}: {error}; is it running?"
        ) from error
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        writer.close()
        raise UsageError(f"{path}: {error.strerror}; a capture needs a new file") from (
            error
        )
    tail = b""
    loop = asyncio.get_running_loop()
    with os.fdopen(descriptor, "wb") as file:
        sealing = Sealing(file, order.header, order.recipient)
        sink: _Sink = sealing
        redacting: _Redacting | None = None
        if order.standins is not None:
            redacting = _Redacting(sealing, order.standins, stop.set, order.most_held)
            sink = redacting
        writer.write(pack(Kind.SUBSCRIBE, 0, 0, 0, _asked(order.header)))
        stopping = loop.create_task(stop.wait())
        reading = loop.create_task(reader.read(_CHUNK))
        asked = False
        try:
            while True:
                done, _ = await asyncio.wait(
                    {reading} if asked else {reading, stopping},
                    return_when=asyncio.FIRST_COMPLETED,
                    timeout=LAST_SECONDS if asked else None,
                )
                if reading in done:
                    data = reading.result()
                    if not data:
                        break
                    sink.write(data)
                    captured.bytes += len(data)
                    tail = (tail + data)[-_OVERRUN_SIZE:]
                    reading = loop.create_task(reader.read(_CHUNK))
                if not done:
                    break
                if stopping.done() and not asked:
                    # The recorder answers an end with the last it has sent.
                    asked = True
                    writer.write_eof()
        finally:
            stopping.cancel()
            reading.cancel()
            writer.close()
        sink.close()
        captured.full = redacting is not None and redacting.full
        file.flush()
        os.fsync(file.fileno())
    captured.overrun = len(tail) == _OVERRUN_SIZE and tail[4] == Kind.OVERRUN
    if not captured.bytes and not stop.is_set():
        path.unlink(missing_ok=True)
        raise UnavailableError(
            f"the recorder at {socket_path} turned the capture away; its log says why"
        )
    return captured


_OVERRUN_SIZE = len(pack(Kind.OVERRUN, 0, 0, 0))


def _asked(header: Header) -> bytes:
    return msgspec.msgpack.encode(
        CaptureAsked(
            id=header.id,
            by=header.by,
            reason=header.reason,
            redacted=header.redacted,
            expires_ns=header.expires_ns,
        )
    )
