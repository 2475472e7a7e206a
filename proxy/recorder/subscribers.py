"""Peers that get a copy of every frame, for ``whosaw capture``.

A connection already open when a peer subscribes is announced, with OPEN and
RESUME, at its next message boundary: what came before is not in the copy. A
peer that does not keep up is told so with OVERRUN and dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from proxy.events.custody import CaptureMade
from proxy.recorder.limits import Limits
from proxy.recorder.source import Source
from proxy.tapstream import (
    Frame,
    Kind,
    Resumed,
    SourceState,
    pack,
    pack_header,
)
from proxy.tapstream import Source as SourceFrame


class CaptureAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants a copy of every frame, and why: recorded before the first is sent."""

    id: str
    by: str
    reason: str
    redacted: bool
    expires_ns: int

    def made(self, uid: int, now_ns: int) -> CaptureMade:
        """What is recorded of it; texts are cut to what a person writes."""
        return CaptureMade(
            at_ns=now_ns,
            capture=self.id[:64],
            taken_by=self.by[:64],
            uid=uid,
            reason=self.reason.strip()[:1000],
            redacted=self.redacted,
            expires_ns=self.expires_ns,
        )


class Subscriber:
    """One peer, and what it was told of."""

    __slots__ = ("announced", "boot", "overrun", "transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.boot = -1
        """The wire its last frame was of."""
        self.announced: set[tuple[int, int]] = set()
        self.overrun = False


class Subscribers:
    """All of them; ``any`` is what the hot path asks."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: list[Subscriber] = []
        self.dropped = 0
        self.sent_bytes = 0

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(
        self, transport: asyncio.Transport, sources: Iterable[Source]
    ) -> Subscriber | None:
        """A peer subscribed; None when there are too many. It learns of the wires."""
        if len(self._all) >= self._limits.subscribers:
            return None
        subscriber = Subscriber(transport)
        self._all.append(subscriber)
        for source in sources:
            if source.hello is not None:
                self._introduce(subscriber, source)
                for connection in source.connections.values():
                    if connection.at_boundary:
                        self._announce(subscriber, source, connection.number)
        return subscriber

    def remove(self, subscriber: Subscriber) -> None:
        """It is gone."""
        if subscriber in self._all:
            self._all.remove(subscriber)

    def connected(self, source: Source) -> None:
        """A wire introduced itself."""
        for subscriber in list(self._all):
            subscriber.announced -= {
                key for key in subscriber.announced if key[0] == source.boot
            }
            self._write(subscriber, source, SourceState.CONNECTED, [_hello(source)])

    def state(self, source: Source, state: SourceState) -> None:
        """A wire ended, broke off, or is gone."""
        for subscriber in list(self._all):
            self._write(subscriber, source, state, [])

    def frames(self, source: Source, frames: Iterable[Frame]) -> None:
        """A wire sent these; they have been processed already."""
        for subscriber in list(self._all):
            parts: list[bytes] = []
            unknown: set[int] = set()
            announced = subscriber.announced
            for frame in frames:
                key = (source.boot, frame.connection)
                if frame.kind == Kind.OPEN:
                    announced.add(key)
                elif frame.connection and key not in announced:
                    unknown.add(frame.connection)
                    continue
                elif frame.kind == Kind.SETTLED:
                    announced.discard(key)
                parts += (
                    pack_header(*frame[:4], len(frame.payload)),
                    frame.payload,
                )
            if parts:
                self._write(subscriber, source, SourceState.SPEAKING, parts)
            for number in unknown:
                connection = source.connections.get(number)
                if connection is not None and connection.at_boundary:
                    self._announce(subscriber, source, number)

    def _introduce(self, subscriber: Subscriber, source: Source) -> None:
        watermark = pack(Kind.WATERMARK, 0, 0, source.watermark_ns)
        parts = [_hello(source), watermark]
        self._write(subscriber, source, SourceState.CONNECTED, parts)

    def _announce(self, subscriber: Subscriber, source: Source, number: int) -> None:
        connection = source.connections[number]
        subscriber.announced.add((source.boot, number))
        resumed = msgspec.msgpack.encode(
            Resumed(up=connection.done_up, down=connection.done_down)
        )
        time_ns = connection.last_ns
        parts = [
            pack(Kind.OPEN, number, 0, time_ns, connection.opened_payload),
            pack(Kind.RESUME, number, connection.done_up, time_ns, resumed),
        ]
        self._write(subscriber, source, SourceState.SPEAKING, parts)

    def _write(
        self,
        subscriber: Subscriber,
        source: Source,
        state: SourceState,
        parts: list[bytes],
    ) -> None:
        transport = subscriber.transport
        if transport.get_write_buffer_size() > self._limits.subscriber_bytes:
            self.dropped += 1
            self.remove(subscriber)
            overrun = pack(Kind.OVERRUN, 0, 0, source.watermark_ns)
            self.sent_bytes += len(overrun)
            transport.write(overrun)
            transport.close()
            return
        if state is not SourceState.SPEAKING or subscriber.boot != source.boot:
            subscriber.boot = source.boot
            frame = SourceFrame(
                boot=source.boot, state=state, missed_ns=source.missed_ns
            )
            payload = msgspec.msgpack.encode(frame)
            parts.insert(0, pack(Kind.SOURCE, 0, 0, source.watermark_ns, payload))
        self.sent_bytes += sum(map(len, parts))
        transport.writelines(parts)


def _hello(source: Source) -> bytes:
    payload = msgspec.msgpack.encode(source.hello)
    return pack(Kind.HELLO, 0, 0, 0, payload)
