"""Frames as a wire would send them, and traffic to put in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from proxy.events import Event, ExchangeRecorded, GapRecorded
from proxy.recorder.gaps import Blindness
from proxy.recorder.source import Source
from proxy.tapstream import VERSION, Ended, Frame, Hello, Kind, Lost, Opened, Resumed

encode = msgspec.msgpack.encode

REQUEST = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def request(target: str = "/") -> bytes:
    """A request head."""
    return REQUEST % target.encode()


def hello(boot: int = 1) -> Hello:
    """A wire whose wall clock is its monotonic one."""
    return Hello(version=VERSION, boot=boot, pid=1, wall_minus_monotonic_ns=0)


class Conversation:
    """Makes the frames of one connection, keeping the offsets."""

    def __init__(self, number: int = 1, application: str = "sonar") -> None:
        self.number = number
        self.application = application
        self.up = 0
        self.down = 0

    def frame(self, kind: int, offset: int, time_ns: int, payload: bytes) -> Frame:
        """Any frame of it."""
        return Frame(kind, self.number, offset, time_ns, payload)

    def open(self, time_ns: int = 1) -> Frame:
        """OPEN."""
        opened = Opened(application=self.application, client=("192.0.2.9", 1))
        return self.frame(Kind.OPEN, 0, time_ns, encode(opened))

    def resume(self, up: int, down: int, time_ns: int = 1) -> Frame:
        """RESUME."""
        return self.frame(Kind.RESUME, up, time_ns, encode(Resumed(up=up, down=down)))

    def data(self, up: bool, payload: bytes, time_ns: int = 2) -> Frame:
        """DATA."""
        kind = Kind.DATA_UP if up else Kind.DATA_DOWN
        offset = self.up if up else self.down
        if up:
            self.up += len(payload)
        else:
            self.down += len(payload)
        return self.frame(kind, offset, time_ns, payload)

    def exchange(self, target: str = "/", time_ns: int = 2) -> list[Frame]:
        """A request and its response."""
        return [
            self.data(True, request(target), time_ns),
            self.data(False, RESPONSE, time_ns + 1),
        ]

    def lost(self, reason: int, time_ns: int = 3, detail: str = "") -> Frame:
        """LOST, from here on."""
        lost = Lost(
            reason=reason, up=self.up, down=self.down, since_ns=time_ns, detail=detail
        )
        return self.frame(Kind.LOST, self.up, time_ns, encode(lost))

    def end(self, time_ns: int = 9, up: int = 0, down: int = 0) -> Frame:
        """END, with that many bytes nobody sent."""
        ended = Ended(up=self.up + up, down=self.down + down)
        return self.frame(Kind.END, ended.up, time_ns, encode(ended))


class Collected:
    """``deciding.Output`` that keeps everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.progress: dict[tuple[int, int], tuple[int, int] | None] = {}
        self.sessions: list[tuple[bytes, bytes | None]] = []
        self.forgotten: list[tuple[int, int, int, Blindness]] = []

    def released(
        self,
        source: Source,
        number: int,
        covered: tuple[int, int] | None,
        events: Iterable[Event],
        sessions: Iterable[tuple[bytes, bytes | None]],
    ) -> None:
        self.events += events
        self.sessions += sessions
        if covered is not None:
            self.progress[source.boot, number] = covered

    def settled(self, boot: int, number: int) -> None:
        self.progress[boot, number] = None

    def forget(
        self, source: Source, number: int, up: int, down: int, blindness: Blindness
    ) -> None:
        self.forgotten.append((number, up, down, blindness))

    def paths(self) -> list[str]:
        """Paths of the exchanges, in order."""
        return [e.path for e in self.events if isinstance(e, ExchangeRecorded)]

    def gaps(self) -> list[GapRecorded]:
        """The gaps, in order."""
        return [e for e in self.events if isinstance(e, GapRecorded)]


def account(events: Iterable[Any], wire: int, connection: int) -> tuple[int, int]:
    """Bytes up and down that events say of one connection."""
    up = down = 0
    for event in events:
        if (event.wire, event.connection) != (wire, connection):
            continue
        if isinstance(event, ExchangeRecorded):
            up += event.request_bytes
            down += event.response_bytes
        elif isinstance(event, GapRecorded):
            up += event.up_bytes
            down += event.down_bytes
    return up, down
