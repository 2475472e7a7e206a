"""The contract between wire and recorder, under everything that can go wrong.

A tap link and an assembly talk through a pipe that a test controls: it stalls,
breaks, loses acknowledgements, and the recorder crashes with what it had not
committed. Whatever happens, in the end bytes seen are bytes recorded, nothing
is recorded twice, and neither side remembers anything.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.events import Event, ExchangeRecorded, GapKind, GapRecorded
from proxy.recorder.assembly import Assembly
from proxy.recorder.limits import Limits as RecorderLimits
from proxy.recorder.source import Source
from proxy.taplink import Limits, TapLink
from proxy.taplink.stream import Stream
from proxy.tapstream import (
    Ended,
    FrameDecoder,
    Kind,
    Opened,
    Tap,
    pack_committed,
    pack_forget,
)
from tests.support.frames import RESPONSE, Collected, account, hello, request
from tests.support.pipelines import PlainPipeline

BOOT = 1
OPENED = Opened(application="sonar", client=("192.0.2.1", 4711))
LIMITS = Limits(
    backlog_soft=1_000,
    backlog_hard=4_000,
    kept_connection=3_000,
    kept_total=6_000,
    tracked=4,
    slice=500,
)
PIECES = [
    request("/a"),
    RESPONSE,
    request("/b") + request("/c"),
    RESPONSE + RESPONSE,
    RESPONSE[:20],
    RESPONSE[20:],
    b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n",
    bytes(1000),
    b"\r\n",
    b"HTTP/1.1 200 OK\r\n\r\nuntil close",
]


class Pipe:
    """Stands for the socket, on the wire's side of it."""

    def __init__(self) -> None:
        self.sent = bytearray()

    def write(self, data: bytes) -> None:
        """Bytes for the recorder."""
        self.sent += data

    def writelines(self, parts: list[bytes]) -> None:
        """Bytes for the recorder."""
        self.sent += b"".join(parts)

    def abort(self) -> None:
        """Nothing to close."""

    def close(self) -> None:
        """Nothing to close."""

    def set_write_buffer_limits(self, high: int) -> None:
        """Whether it takes more is the test's to say."""


class World:
    """A wire, a recorder that may die, and a journal that does not."""

    def __init__(self) -> None:
        self.link = TapLink(Path("nowhere"), BOOT, LIMITS)
        self.taps: list[tuple[Tap, list[int]]] = []
        self.over: list[tuple[int, int]] = []
        self.committed: list[Event] = []
        self.rows: dict[tuple[int, int], tuple[int, int]] = {}
        self.pipe: Pipe | None = None
        self.stream: Stream | None = None
        self.start()

    def start(self) -> None:
        """A new recorder, which knows what the journal knows."""
        self.output = Collected()
        self.done = 0
        self.assembly = Assembly(
            {"sonar": PlainPipeline()}, self.output, RecorderLimits(), dict(self.rows)
        )
        self.source: Source | None = None

    def connect(self) -> None:
        """The wire finds the recorder."""
        if self.pipe is not None:
            return
        self.pipe = Pipe()
        self.stream = Stream(self.link)
        self.stream.connection_made(cast("asyncio.Transport", self.pipe))
        self.decoder = FrameDecoder()
        self.last_ns = 0

    def part(self) -> None:
        """The stream breaks; what was under way in it is lost."""
        if self.stream is None:
            return
        self.stream.connection_lost(None)
        self.pipe = self.stream = None
        if self.source is not None:
            self.assembly.detached(self.source)
            self.source = None

    def crash(self) -> None:
        """The recorder is gone with everything it had not committed."""
        self.part()
        self.start()

    def stall(self) -> None:
        """The socket takes nothing more."""
        if self.stream is not None:
            self.stream.pause_writing()

    def deliver(self) -> None:
        """Everything sent arrives, and what the recorder asks gets back."""
        if self.stream is None or self.pipe is None:
            return
        self.stream.resume_writing()
        sent, self.pipe.sent = bytes(self.pipe.sent), bytearray()
        for frame in self.decoder.feed(sent):
            if frame.kind == Kind.HELLO:
                self.source = self.assembly.connected(hello(BOOT))
            else:
                assert self.source is not None
                assert self.last_ns <= frame.time_ns
                self.last_ns = frame.time_ns
                self.assembly.feed(self.source, [frame])
        for number, up, down, blindness in self.output.forgotten:
            forget = pack_forget(
                number, up, down, blindness.detail(), blindness.since_ns
            )
            self.stream.data_received(forget)
        self.output.forgotten.clear()

    def commit(self, *, told: bool) -> None:
        """What was decided is on disk; the wire is told so, unless the stream
        breaks before that."""
        self.committed += self.output.events[self.done :]
        self.done = len(self.output.events)
        told_of = dict(self.output.progress)
        self.output.progress.clear()
        for key, covered in told_of.items():
            if covered is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = covered
                if told and self.stream is not None:
                    self.stream.data_received(pack_committed(key[1], *covered))
        if not told:
            self.part()

    def open(self) -> None:
        """A client connects."""
        self.taps.append((self.link.opened(OPENED, 1), [0, 0]))

    def data(self, which: int, *, up: bool, piece: bytes) -> None:
        """Bytes pass."""
        if self.taps:
            tap, totals = self.taps[which % len(self.taps)]
            totals[not up] += len(piece)
            tap.data(up, piece, 1)

    def end(self, which: int, *, orderly: bool) -> None:
        """A connection is over."""
        if self.taps:
            tap, (up, down) = self.taps.pop(which % len(self.taps))
            if orderly:
                tap.eof(False, 1)
            tap.end(Ended(up=up, down=down, abort=not orderly), 1)
            self.over.append((up, down))

    def settle(self) -> None:
        """Everything ends well at last."""
        while self.taps:
            self.end(0, orderly=True)
        self.connect()
        for _ in range(8):
            self.deliver()
            self.assembly.decisions.drain()
            self.commit(told=True)


_NAMES = (
    *("open", "data", "end", "connect", "part"),
    *("crash", "stall", "deliver", "commit"),
)
_REQUESTS, _ANSWERS = (0, 2), (1, 1, 1, 3)


def steps_of(seed: int) -> list[tuple[object, ...]]:
    """Mostly sensible traffic on few connections, and trouble now and then."""
    chance = random.Random(seed)
    trouble = chance.choice([0.3, 1, 6])
    weights = [3, 40, 2, 3, trouble, trouble, trouble, 8, 4]
    steps: list[tuple[object, ...]] = [("open",), ("connect",)]
    for _ in range(chance.randrange(5, 250)):
        name = chance.choices(_NAMES, weights)[0]
        if name == "data":
            up = chance.random() < 0.5
            piece = chance.choice(_REQUESTS if up else _ANSWERS)
            if chance.random() < 0.2:
                piece = chance.randrange(len(PIECES))
            steps.append((name, chance.randrange(6), up, piece))
        elif name == "end":
            steps.append((name, chance.randrange(6), chance.random() < 0.5))
        elif name == "commit":
            steps.append((name, chance.random() < 0.8))
        else:
            steps.append((name,))
    return steps


async def play(steps: list[tuple[object, ...]]) -> World:
    """Do all of it, then let it settle."""
    world = World()
    for step in steps:
        match step:
            case ("data", int(which), bool(up), int(piece)):
                world.data(which, up=up, piece=PIECES[piece])
            case ("end", int(which), bool(orderly)):
                world.end(which, orderly=orderly)
            case ("commit", bool(told)):
                world.commit(told=told)
            case (str(name),):
                getattr(world, name)()
            case _:
                raise AssertionError(step)
        assert world.link.backlog.size <= LIMITS.backlog_hard + 2_000
        assert world.link.kept_bytes <= LIMITS.kept_total
    world.settle()
    return world


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_bytes_seen_are_bytes_recorded_whatever_goes_wrong(seed: int) -> None:
    """The account is exact, nothing is there twice, both sides forget."""
    world = asyncio.run(play(steps_of(seed)))

    events = world.committed
    seen = sorted(world.over)
    by_connection = {
        event.connection: account(events, BOOT, event.connection)
        for event in events
        if isinstance(event, ExchangeRecorded | GapRecorded) and event.connection
    }
    together = account(events, BOOT, 0)
    total_up = sum(up for up, _ in by_connection.values()) + together[0]
    total_down = sum(down for _, down in by_connection.values()) + together[1]
    assert sum(up for up, _ in seen) == total_up
    assert sum(down for _, down in seen) == total_down
    for recorded in by_connection.values():
        assert recorded in seen
    assert not [
        event
        for event in events
        if isinstance(event, GapRecorded) and event.kind is GapKind.MALFORMED_FRAME
    ]
    identities = [
        (e.connection, e.request_offset)
        for e in events
        if isinstance(e, ExchangeRecorded)
    ]
    assert len(set(identities)) == len(identities)
    assert 0 == world.link.kept_bytes == world.assembly.half_read
    assert not world.link.status()["tracked_connections"]
    assert not {number for _, number in world.rows} - {0}
