"""The tap stream in a file: captured from a running recorder, and replayed.

Format: the line ``MAGIC``, then frames as ``proxy.tapstream`` has them; a SOURCE
frame stands wherever the wire changes, and where one comes or goes. A capture
holds *everything that passed*, passwords and health data included: the file is
0600, and whoever makes one must delete it.

A replay goes through the recorder's own ``Assembly``, in the wires' own time,
so the events are those that were recorded live, for every connection that began
after the capture did and sessions that did too (sessions of before are unknown
to the replay). Gaps of the recorder itself (an unclean stop) are not in it.

Failure modes: a torn tail is dropped and counted, a broken frame ends the
replay and is counted, a capture that could not keep up ends with OVERRUN.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from proxy.errors import UnavailableError, UsageError
from proxy.events import Event
from proxy.recorder.assembly import Assembly
from proxy.recorder.deciding import Application, SessionChange
from proxy.recorder.gaps import Blindness
from proxy.recorder.limits import Limits
from proxy.recorder.source import Source
from proxy.tapgate import Release
from proxy.tapstream import (
    Frame,
    FrameDecoder,
    Hello,
    Kind,
    SourceState,
    StreamBroken,
    pack,
)
from proxy.tapstream import Source as SourceFrame

MAGIC = b"whosaw-capture 1\n"
"""First line; the number is that of this format and of the frames in it."""

_CHUNK = 1 << 18

LAST_SECONDS = 2.0
"""How long a recorder may be silent once it was asked for the last frames."""


@dataclass(slots=True)
class Captured:
    """What a capture got."""

    bytes: int = 0
    overrun: bool = False
    """The capture was too slow: the recorder ended it."""


@dataclass(slots=True)
class Replayed:
    """What a replay found, complete once it ended."""

    frames: int = 0
    torn_bytes: int = 0
    """Of a last frame that is not whole, dropped."""
    broken_at: int | None = None
    """Offset of about where the file stopped making sense."""
    overrun: bool = False
    open_connections: int = 0
    """Under way when the capture ended: what they had not finished is not
    in the events."""


async def capture(
    socket_path: Path, path: Path, stop: asyncio.Event, captured: Captured | None = None
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
        file.write(MAGIC)
        writer.write(pack(Kind.SUBSCRIBE, 0, 0, 0))
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
                    file.write(data)
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


def replay(
    path: Path,
    applications: Mapping[str, Application],
    *,
    limits: Limits | None = None,
    replayed: Replayed | None = None,
) -> Iterator[Event]:
    """Events of a capture, in the order they were, or would have been, recorded.

    Args:
        path: The file.
        applications: A fresh pipeline by application name.
        limits: As the recorder had them.
        replayed: Filled in while the events are taken.

    Raises:
        UsageError: not a capture, or of another version.
    """
    replayed = replayed if replayed is not None else Replayed()
    output = _Events()
    assembly = Assembly(applications, output, limits, wires=output)
    player = _Player(assembly, replayed)
    decoder = FrameDecoder()
    position = len(MAGIC)
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise UsageError(
                f"{path}: not a capture of this version; it must start with"
                f" {MAGIC.decode().strip()!r}"
            )
        while data := file.read(_CHUNK):
            try:
                frames = decoder.feed(data)
            except StreamBroken as broken:
                frames = broken.frames
                replayed.broken_at = position
            for frame in frames:
                player.play(frame)
                yield from output.take()
            if replayed.broken_at is not None:
                break
            position += len(data)
    if replayed.broken_at is None:
        replayed.torn_bytes = decoder.pending
    assembly.decisions.drain()
    replayed.open_connections = sum(s.open for s in assembly.sources.values())
    yield from output.take()


class _Player:
    """Gives frames to the assembly as the recorder's socket would."""

    def __init__(self, assembly: Assembly, replayed: Replayed) -> None:
        self._assembly = assembly
        self._replayed = replayed
        self._source: Source | None = None

    def play(self, frame: Frame) -> None:
        """One frame; what cannot be understood is skipped, as live."""
        self._replayed.frames += 1
        try:
            if frame.kind == Kind.SOURCE:
                self._turn(msgspec.msgpack.decode(frame.payload, type=SourceFrame))
            elif frame.kind == Kind.HELLO:
                hello = msgspec.msgpack.decode(frame.payload, type=Hello)
                self._source = self._assembly.connected(hello)
            elif frame.kind == Kind.OVERRUN:
                self._replayed.overrun = True
            elif self._source is not None:
                self._assembly.feed(self._source, [frame])
                self._assembly.gating.late.clear()
        except (msgspec.MsgspecError, StreamBroken):
            self._source = None

    def _turn(self, turn: SourceFrame) -> None:
        self._source = source = self._assembly.sources.get(turn.boot)
        if source is None:
            return
        match turn.state:
            case SourceState.ENDED | SourceState.GONE:
                source.missed_ns = turn.missed_ns
                self._assembly.gone(source)
            case SourceState.DETACHED:
                self._assembly.detached(source)
            case SourceState.CONNECTED | SourceState.SPEAKING:
                pass


class _Events:
    """``deciding.Output`` of a replay: only the events matter."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def take(self) -> list[Event]:
        """What was decided since the last call."""
        events, self._events = self._events, []
        return events

    def released(
        self,
        source: Source,
        number: int,
        covered: tuple[int, int] | None,
        events: Iterable[Event],
        sessions: Iterable[SessionChange],
    ) -> None:
        """Keep the events; they are as good as committed."""
        del sessions
        self._events += events
        connection = source.connections.get(number)
        if covered is not None and connection is not None and connection.gate:
            connection.gate.committed(covered[1])

    def settled(self, boot: int, number: int) -> None:
        """Nothing is remembered beyond the replay."""

    def forget(
        self, source: Source, number: int, up: int, down: int, blindness: Blindness
    ) -> None:
        """The wire is not there to be told."""

    def release(self, source: Source, number: int, release: Release) -> None:
        """Nothing is held any more; what was held full was read as it was live."""

    def refuse(self, source: Source, number: int, reason: str) -> None:
        """The connection ended then, or did not."""
