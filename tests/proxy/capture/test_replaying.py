"""Capturing the tap stream, and replaying it."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Self

import msgspec
import pytest

from proxy.capture.envelope import BARE, MAGIC
from proxy.capture.replaying import Replayed, replay
from proxy.capture.taking import Captured, capture
from proxy.errors import UnavailableError, UsageError
from proxy.events import Event, ExchangeRecorded, GapRecorded
from proxy.events.custody import CaptureMade
from proxy.recorder import Limits, Recorder, RecorderSettings
from proxy.taplink import Limits as LinkLimits
from proxy.taplink import TapLink
from proxy.tapstream import (
    HEADER,
    MAX_PAYLOAD,
    Ended,
    Kind,
    Opened,
    Source,
    SourceState,
    Tap,
    pack,
)
from tests.support.captures import raw_order
from tests.support.frames import RESPONSE, request
from tests.support.journals import MemoryJournal
from tests.support.pipelines import PlainPipeline
from tests.support.waiting import until_async

OPENED = Opened(application="sonar", client=("192.0.2.1", 4711))
WEBSOCKET = b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


class Live:
    """A recorder with two wires and, when asked, a capture."""

    def __init__(self, directory: Path, limits: Limits | None = None) -> None:
        self.path = directory / "tap.sock"
        self.file = directory / "traffic.capture"
        self.journal = MemoryJournal()
        self.recorder = Recorder(
            RecorderSettings(
                socket_path=self.path,
                applications={"sonar": PlainPipeline()},
                journal=self.journal,
                limits=limits or Limits(commit_delay=0.001, wire_grace=0.01),
            )
        )
        self.links = [
            TapLink(self.path, boot, LinkLimits(reconnect_first=0.01))
            for boot in (1, 2)
        ]
        self.captured = Captured()
        self.recorded: list[Event] = []
        """What was recorded when the capture ended."""
        self._stop = asyncio.Event()
        self._stop_capture = asyncio.Event()
        self._tasks: list[asyncio.Task[object]] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._recorder_task = loop.create_task(self.recorder.run(self._stop))
        self._tasks = [loop.create_task(link.run()) for link in self.links]
        await until_async(lambda: self.recorder.status()["wires"] == 2, "two wires")
        return self

    async def __aexit__(self, *_: object) -> None:
        # The recorder first: nothing more is recorded of wires that end.
        self._stop.set()
        await self._recorder_task
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def events(self) -> list[Event]:
        """What was recorded of the traffic."""
        kept = self.journal.events()
        return [event for event in kept if not isinstance(event, CaptureMade)]

    async def start_capture(self) -> None:
        """Subscribe."""
        self._capture_task = asyncio.get_running_loop().create_task(
            capture(
                self.path, self.file, self._stop_capture, raw_order(), self.captured
            )
        )
        await until_async(lambda: self.captured.bytes, "capture")

    def lose(self, index: int) -> None:
        """The process of that wire is killed."""
        stream = self.links[index]._stream
        assert stream is not None
        self._tasks[index].cancel()
        stream.transport.abort()

    async def capture_ended(self) -> None:
        """It ended by itself."""
        async with asyncio.timeout(20):
            await self._capture_task

    async def end_capture(self) -> None:
        """Once nothing more arrives at it."""
        await until_async(
            lambda: self.captured.bytes == self.recorder.subscribers.sent_bytes,
            "all that was sent has arrived",
        )
        self._stop_capture.set()
        await self._capture_task
        # Before the wires are taken for gone, which the capture has not seen.
        self.recorded = self.events()

    async def committed(self, exchanges: int) -> None:
        """That many exchanges are in the journal."""
        await until_async(
            lambda: (
                sum(isinstance(e, ExchangeRecorded) for e in self.journal.events())
                == exchanges
            ),
            f"{exchanges} exchanges",
        )


def exchange(tap: Tap, target: str) -> tuple[int, int]:
    """A request and its response pass."""
    tap.data(True, request(target), 2)
    tap.data(False, RESPONSE, 3)
    return len(request(target)), len(RESPONSE)


def replayed_events(path: Path, replayed: Replayed | None = None) -> list[Event]:
    """Events of a replay with a fresh pipeline."""
    return list(replay(path, {"sonar": PlainPipeline()}, replayed=replayed))


async def test_replay_gives_the_events_that_were_recorded_live(tmp_path: Path) -> None:
    """The same events in the same order: two wires, waits, an upgrade, a cut."""
    async with Live(tmp_path) as live:
        await live.start_capture()
        one, two = live.links
        for number in range(20):
            first, second = one.opened(OPENED, 1), two.opened(OPENED, 1)
            up, down = exchange(first, f"/wait/{number}")
            exchange(second, f"/{number}")
            second.data(True, request("/unfinished")[:10], 4)
            first.end(Ended(up=up, down=down), 5)
            if number % 3 == 0:
                second.detach(6)
            second.end(Ended(up=999, down=999), 6)
            await asyncio.sleep(0.001)
        tap = two.opened(OPENED, 7)
        tap.data(True, WEBSOCKET, 7)
        tap.data(False, SWITCHED, 7)
        tap.end(Ended(up=len(WEBSOCKET) + 50, down=len(SWITCHED)), 8)
        await live.committed(41)
        await until_async(
            lambda: not any(k.status()["tracked_connections"] for k in live.links)
        )
        await live.end_capture()

    replayed = Replayed()
    assert live.recorded == replayed_events(live.file, replayed)
    assert (
        replayed.torn_bytes,
        replayed.broken_at,
        replayed.overrun,
    ) == (0, None, False)


async def test_open_connection_joins_the_capture_at_its_next_boundary(
    tmp_path: Path,
) -> None:
    """What is half passed when the capture begins is not in it, the next is."""
    async with Live(tmp_path) as live:
        idle, busy = live.links[0].opened(OPENED, 1), live.links[0].opened(OPENED, 1)
        exchange(idle, "/before")
        busy.data(True, request("/half"), 2)
        await live.committed(1)
        await live.start_capture()
        busy.data(False, RESPONSE, 3)
        await live.committed(2)
        exchange(idle, "/idle")
        exchange(busy, "/busy")
        await live.committed(4)
        await live.end_capture()

    replayed = Replayed()
    events = replayed_events(live.file, replayed)
    assert live.recorded[2:] == events
    assert replayed.open_connections == 2


async def test_slow_subscriber_is_told_and_dropped(tmp_path: Path) -> None:
    """The recorder's memory is bounded; the capture says that it is not whole."""
    limits = Limits(commit_delay=0.001, subscriber_bytes=1)
    async with Live(tmp_path, limits) as live:
        await live.start_capture()
        tap = live.links[0].opened(OPENED, 1)
        for number in range(200):
            for _ in range(50):
                exchange(tap, f"/{number}/" + "x" * 5000)
            await asyncio.sleep(0)
            if live.recorder.status()["subscribers_dropped"]:
                break
        assert live.recorder.status()["subscribers_dropped"] == 1
        await live.end_capture()

    replayed = Replayed()
    replayed_events(live.file, replayed)
    assert live.captured.overrun
    assert replayed.overrun


async def test_capture_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    """It holds everything that passed."""
    async with Live(tmp_path) as live:
        await live.start_capture()
        await live.end_capture()

        assert stat.S_IMODE(live.file.stat().st_mode) == 0o600
        with pytest.raises(UsageError, match="new file"):
            await capture(live.path, live.file, asyncio.Event(), raw_order())


async def test_capture_without_a_recorder_says_so(tmp_path: Path) -> None:
    """And leaves no file."""
    with pytest.raises(UnavailableError, match="no recorder listens"):
        await capture(
            tmp_path / "none", tmp_path / "file", asyncio.Event(), raw_order()
        )

    assert not list(tmp_path.iterdir())


async def test_torn_tail_is_dropped_and_counted(tmp_path: Path) -> None:
    """A capture ends wherever its process did."""
    async with Live(tmp_path) as live:
        await live.start_capture()
        tap = live.links[0].opened(OPENED, 1)
        exchange(tap, "/a")
        exchange(tap, "/b")
        await live.committed(2)
        await live.end_capture()
    whole = live.file.read_bytes()
    live.file.write_bytes(whole[:-7])

    replayed = Replayed()
    events = replayed_events(live.file, replayed)

    assert replayed.torn_bytes > 0
    assert live.recorded[:1] == events[:1]


async def test_broken_frame_ends_the_replay_and_is_counted(tmp_path: Path) -> None:
    """Everything before it is replayed."""
    async with Live(tmp_path) as live:
        await live.start_capture()
        exchange(live.links[0].opened(OPENED, 1), "/a")
        await live.committed(1)
        await live.end_capture()
    with live.file.open("ab") as file:
        file.write(HEADER.pack(MAX_PAYLOAD + 1, 4, 1, 0, 0))

    replayed = Replayed()
    events = replayed_events(live.file, replayed)

    assert live.recorded == events
    assert replayed.broken_at is not None


def test_file_that_is_no_capture_is_refused(tmp_path: Path) -> None:
    """One clear line."""
    path = tmp_path / "other"
    path.write_bytes(b"GET / HTTP/1.1\r\n")

    with pytest.raises(UsageError, match=MAGIC.decode().strip()):
        replayed_events(path)


async def test_comings_and_goings_of_wires_are_captured(tmp_path: Path) -> None:
    """A wire that is lost leaves the same gap in a replay, one that ends none."""
    async with Live(tmp_path) as live:
        await live.start_capture()
        one, two = live.links
        ended = two.opened(OPENED, 1)
        up, down = exchange(ended, "/ended")
        ended.end(Ended(up=up, down=down), 2)
        assert await two.close(20)
        lost = one.opened(OPENED, 1)
        exchange(lost, "/lost")
        lost.data(True, request("/cut"), 4)
        await live.committed(2)
        live.lose(0)
        await until_async(
            lambda: [e for e in live.events() if isinstance(e, GapRecorded)]
        )
        third = TapLink(live.path, 3, LinkLimits(reconnect_first=0.01))
        running = asyncio.get_running_loop().create_task(third.run())
        exchange(third.opened(OPENED, 1), "/third")
        await live.committed(4)
        await live.end_capture()
        running.cancel()

    assert live.events()[:7] == replayed_events(live.file)


async def test_too_many_subscribers_are_turned_away(tmp_path: Path) -> None:
    """And leave no file behind."""
    limits = Limits(commit_delay=0.001, subscribers=0)
    async with Live(tmp_path, limits) as live:
        with pytest.raises(UnavailableError, match="turned the capture away"):
            await capture(live.path, live.file, asyncio.Event(), raw_order())

        assert not live.file.exists()


async def test_recorder_that_ends_ends_the_capture(tmp_path: Path) -> None:
    """What was captured until then is there."""
    async with Live(tmp_path) as live:
        await live.start_capture()
        exchange(live.links[0].opened(OPENED, 1), "/a")
        await live.committed(1)
    await live.capture_ended()

    assert live.events() == replayed_events(live.file)


def test_frames_that_make_no_sense_are_skipped(tmp_path: Path) -> None:
    """A file is traffic too: it must not stop a replay."""
    path = tmp_path / "capture"
    unknown = Source(boot=9, state=SourceState.SPEAKING)
    frames = [
        pack(Kind.DATA_UP, 1, 0, 1, b"before any wire"),
        pack(Kind.SOURCE, 0, 0, 1, b"?"),
        pack(Kind.HELLO, 0, 0, 1, b"?"),
        pack(Kind.SOURCE, 0, 0, 1, msgspec.msgpack.encode(unknown)),
    ]
    path.write_bytes(BARE + b"".join(frames))

    replayed = Replayed()

    assert not replayed_events(path, replayed)
    assert len(frames) == replayed.frames
