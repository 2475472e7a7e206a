"""Capturing the tap stream, and replaying it."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Self

import pytest

from proxy.capture import MAGIC, Captured, Replayed, capture, replay
from proxy.errors import UnavailableError, UsageError
from proxy.events import Event, ExchangeRecorded
from proxy.recorder import Limits, Recorder, RecorderSettings
from proxy.taplink import Limits as LinkLimits
from proxy.taplink import TapLink
from proxy.tapstream import HEADER, MAX_PAYLOAD, Ended, Opened, Tap
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
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._stop.set()
        await self._recorder_task

    async def start_capture(self) -> None:
        """Subscribe."""
        self._capture_task = asyncio.get_running_loop().create_task(
            capture(self.path, self.file, self._stop_capture, self.captured)
        )
        await until_async(lambda: self.captured.bytes, "capture")

    async def end_capture(self) -> None:
        """Once nothing more arrives at it."""
        await until_async(
            lambda: self.captured.bytes == self.recorder.subscribers.sent_bytes,
            "all that was sent has arrived",
        )
        self._stop_capture.set()
        await self._capture_task

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
    assert live.journal.events() == replayed_events(live.file, replayed)
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
    assert live.journal.events()[2:] == events
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
            await capture(live.path, live.file, asyncio.Event())


async def test_capture_without_a_recorder_says_so(tmp_path: Path) -> None:
    """And leaves no file."""
    with pytest.raises(UnavailableError, match="no recorder listens"):
        await capture(tmp_path / "none", tmp_path / "file", asyncio.Event())

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
    assert live.journal.events()[:1] == events[:1]


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

    assert live.journal.events() == events
    assert replayed.broken_at is not None


def test_file_that_is_no_capture_is_refused(tmp_path: Path) -> None:
    """One clear line."""
    path = tmp_path / "other"
    path.write_bytes(b"GET / HTTP/1.1\r\n")

    with pytest.raises(UsageError, match=MAGIC.decode().strip()):
        replayed_events(path)
