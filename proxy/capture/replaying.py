"""A capture through the recorder's own ``Assembly``.

Time is the wires' own, so the events are those that were recorded live, for every
connection that began after the capture did and sessions that did too (sessions of
before are unknown to the replay). Gaps of the recorder itself (an unclean stop) are
not in it.

Failure modes: a torn tail is dropped and counted, a broken frame ends the replay and
is counted, a capture that could not keep up ends with OVERRUN.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from proxy.capture import envelope
from proxy.capture.envelope import Opened
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
)
from proxy.tapstream import Source as SourceFrame


@dataclass(slots=True)
class Replayed:
    """What a replay found, complete once it ended."""

    frames: int = 0
    torn_bytes: int = 0
    """Of a last frame that is not whole, dropped."""
    torn: bool = False
    """Of an encrypted capture: its end is missing, or something was changed."""
    broken_at: int | None = None
    """Offset of about where the file stopped making sense."""
    overrun: bool = False
    open_connections: int = 0
    """Under way when the capture ended: what they had not finished is not
    in the events."""


def replay(
    path: Path,
    applications: Mapping[str, Application],
    *,
    key: X25519PrivateKey | None = None,
    limits: Limits | None = None,
    replayed: Replayed | None = None,
) -> Iterator[Event]:
    """Events of a capture, in the order they were, or would have been, recorded.

    Args:
        path: The file.
        applications: A fresh pipeline by application name.
        key: Of an encrypted capture.
        limits: As the recorder had them.
        replayed: Filled in while the events are taken.

    Raises:
        UsageError: not a capture, of another version, expired, or without its key.
    """
    replayed = replayed if replayed is not None else Replayed()
    yield from play(_frames(path, key, replayed), applications, limits, replayed)


def play(
    frames: Iterable[Frame],
    applications: Mapping[str, Application],
    limits: Limits | None = None,
    replayed: Replayed | None = None,
) -> Iterator[Event]:
    """``replay`` of frames that are at hand."""
    replayed = replayed if replayed is not None else Replayed()
    output = _Events()
    assembly = Assembly(applications, output, limits, wires=output)
    player = _Player(assembly, replayed)
    for frame in frames:
        player.play(frame)
        yield from output.take()
    assembly.decisions.drain()
    replayed.open_connections = sum(s.open for s in assembly.sources.values())
    yield from output.take()


def _frames(
    path: Path, key: X25519PrivateKey | None, replayed: Replayed
) -> Iterator[Frame]:
    decoder = FrameDecoder()
    opened = Opened(None)
    position = 0
    for data in envelope.frames(path, opened, key, time.time_ns()):
        try:
            yield from decoder.feed(data)
        except StreamBroken as broken:
            yield from broken.frames
            replayed.broken_at = position
            return
        position += len(data)
    replayed.torn_bytes = decoder.pending
    replayed.torn = opened.torn


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
