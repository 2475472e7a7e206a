"""The recorder's socket with real tap links, against a journal in memory."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from proxy.clock import SystemClock
from proxy.errors import UnavailableError, UsageError
from proxy.events import ExchangeRecorded, GapKind, GapRecorded
from proxy.journal.model import Batch, SetAside
from proxy.recorder import Limits, Recorder, RecorderSettings
from proxy.recorder.source import WIRE
from proxy.taplink import Limits as LinkLimits
from proxy.taplink import TapLink
from proxy.tapstream import HEADER, Ended, Kind, Opened, Tap, pack
from tests.support.frames import RESPONSE, Conversation, account, hello, request
from tests.support.journals import MemoryJournal
from tests.support.pipelines import PlainPipeline
from tests.support.waiting import until_async

OPENED = Opened(application="sonar", client=("192.0.2.1", 4711))
SKEW_NS = 10_000_000
"""Between two readings of two clocks of one host."""
FAST = LinkLimits(reconnect_first=0.01, reconnect_most=0.05)


@asynccontextmanager
async def recording(
    path: Path,
    journal: MemoryJournal,
    limits: Limits | None = None,
    allowed_uids: frozenset[int] | None = None,
) -> AsyncIterator[Recorder]:
    """A running recorder."""
    settings = RecorderSettings(
        socket_path=path,
        applications={"sonar": PlainPipeline()},
        journal=journal,
        limits=limits or Limits(commit_delay=0.001),
        allowed_uids=allowed_uids,
    )
    recorder = Recorder(settings)
    stop, started = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(recorder.run(stop, started.set))
        await started.wait()
        try:
            yield recorder
        finally:
            stop.set()


@asynccontextmanager
async def linked(
    path: Path, boot: int = 1, limits: LinkLimits = FAST
) -> AsyncIterator[TapLink]:
    """A running link."""
    link = TapLink(path, boot, limits)
    task = asyncio.get_running_loop().create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the recorder listens."""
    return tmp_path / "state" / "tap.sock"


class Talk:
    """One connection through a tap."""

    def __init__(self, link: TapLink, time_ns: int = 1) -> None:
        self.tap: Tap = link.opened(OPENED, time_ns)
        self.time_ns = time_ns
        self.up = self.down = 0

    def exchange(self, target: str, response: bytes = RESPONSE) -> None:
        """A request and its response pass."""
        sent = request(target)
        self.up += len(sent)
        self.down += len(response)
        self.tap.data(True, sent, self.time_ns + 1)
        self.tap.data(False, response, self.time_ns + 2)

    def end(self) -> None:
        """It is over."""
        self.tap.end(Ended(up=self.up, down=self.down), 4)


def paths(journal: MemoryJournal) -> list[str]:
    """Paths of recorded exchanges."""
    return [e.path for e in journal.events() if isinstance(e, ExchangeRecorded)]


def gaps(journal: MemoryJournal) -> list[GapRecorded]:
    """Recorded gaps."""
    return [e for e in journal.events() if isinstance(e, GapRecorded)]


def forgotten(link: TapLink) -> Callable[[], bool]:
    """Whether the link tracks nothing any more."""
    return lambda: not link.status()["tracked_connections"]


async def test_what_passes_is_committed_and_then_forgotten_on_both_sides(
    path: Path,
) -> None:
    """Wire and recorder hold nothing of an ended connection; rows go too."""
    journal = MemoryJournal()
    async with recording(path, journal), linked(path) as link:
        talks = [Talk(link) for _ in range(5)]
        for number, talk in enumerate(talks):
            talk.exchange(f"/{number}")
            talk.end()

        await until_async(forgotten(link))

        assert sorted(paths(journal)) == [f"/{n}" for n in range(5)]
        assert await link.close(5)
        await until_async(lambda: not journal.rows, "progress rows gone")
    assert not gaps(journal)


async def test_socket_is_private_and_goes_with_the_recorder(path: Path) -> None:
    """0600 in 0700; a stale one is replaced."""
    path.parent.mkdir()
    path.touch()
    async with recording(path, MemoryJournal()):
        mode = path.stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
    assert not path.exists()


async def test_peer_of_another_uid_is_turned_away(path: Path) -> None:
    """Who can write to the socket can forge evidence."""
    async with recording(
        path, MemoryJournal(), allowed_uids=frozenset({os.getuid() + 1})
    ) as recorder:
        async with linked(path) as link:
            await until_async(lambda: recorder.refused)
            assert not link.kept_bytes

        assert recorder.status()["wires"] == 0


@pytest.mark.parametrize(
    "first",
    [
        b"\xff" * HEADER.size,
        pack(Kind.HELLO, 0, 0, 0, b"\xc1"),
        pack(Kind.DATA_UP, 1, 0, 0, b"abc"),
        pack(
            Kind.HELLO,
            0,
            0,
            0,
            msgspec.msgpack.encode(msgspec.structs.replace(hello(), version=99)),
        ),
    ],
)
async def test_peer_that_makes_no_sense_is_turned_away(
    path: Path, first: bytes
) -> None:
    """The others are recorded on."""
    journal = MemoryJournal()
    async with recording(path, journal) as recorder, linked(path) as link:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(os.fspath(path))
            peer.sendall(first)
            await until_async(lambda: recorder.refused == 1)

        talk = Talk(link)
        talk.exchange("/a")
        await until_async(lambda: paths(journal) == ["/a"])


async def test_too_long_a_path_and_no_directory_are_clear_errors(
    tmp_path: Path,
) -> None:
    """The message names the path and what to do."""
    with pytest.raises(ExceptionGroup) as caught:
        async with recording(tmp_path / ("x" * 200), MemoryJournal()):
            pass
    assert caught.group_contains(UsageError, match="shorter")

    (tmp_path / "file").touch()
    with pytest.raises(ExceptionGroup) as caught:
        async with recording(tmp_path / "file" / "tap.sock", MemoryJournal()):
            pass
    assert caught.group_contains(UnavailableError, match="cannot be made")


async def test_recorder_restart_loses_nothing_and_records_nothing_twice(
    path: Path,
) -> None:
    """In the middle of exchanges, several times."""
    journal = MemoryJournal()
    async with linked(path) as link:
        talks = [Talk(link) for _ in range(4)]
        for round_ in range(4):
            async with recording(path, journal):
                for number, talk in enumerate(talks):
                    talk.exchange(f"/{number}/{round_}")
                    talk.tap.data(True, request(f"/{number}/{round_}/b")[:9], 2)
                await asyncio.sleep(0)
                for number, talk in enumerate(talks):
                    rest = request(f"/{number}/{round_}/b")
                    talk.tap.data(True, rest[9:], 2)
                    talk.tap.data(False, RESPONSE, 2)
                    talk.up += len(rest)
                    talk.down += len(RESPONSE)
        async with recording(path, journal):
            for talk in talks:
                talk.end()
            await until_async(forgotten(link))

    expected = [
        f"/{n}/{r}{end}" for n in range(4) for r in range(4) for end in ("", "/b")
    ]
    assert sorted(expected) == sorted(paths(journal))
    assert not gaps(journal)
    for number, talk in enumerate(talks, start=1):
        assert (talk.up, talk.down) == account(journal.events(), 1, number)


async def test_lost_commit_is_tried_again_and_nothing_is_acknowledged(
    path: Path,
) -> None:
    """A full disk: the wires keep their frames until it is written."""
    journal = MemoryJournal()
    journal.full = True
    async with recording(path, journal) as recorder, linked(path) as link:
        talk = Talk(link)
        talk.exchange("/a")
        talk.end()
        await until_async(lambda: recorder.status()["commit_error"])
        assert link.kept_bytes
        assert not journal.bodies

        journal.full = False
        await until_async(forgotten(link))

        assert paths(journal) == ["/a"]
        assert recorder.status()["commit_error"] == ""
        assert recorder.status()["failed_commits"]


async def test_recorder_that_cannot_commit_stops_reading_its_wires(
    path: Path,
) -> None:
    """Its memory is bounded; the wire's own bounds decide what is shed."""
    journal = MemoryJournal()
    journal.full = True
    limits = Limits(commit_delay=0.001, pending_events=10, commit_retry_most=0.05)
    async with recording(path, journal, limits) as recorder, linked(path) as link:
        talk = Talk(link)
        for number in range(2000):
            talk.exchange(f"/{number}")
            if number % 50 == 0:
                await asyncio.sleep(0.001)
        await until_async(lambda: recorder.status()["holding"])

        journal.full = False
        talk.end()
        await until_async(forgotten(link))

        assert len(paths(journal)) == 2000
        assert not recorder.status()["holding"]


async def test_wire_that_is_gone_without_goodbye_is_a_gap(path: Path) -> None:
    """After its grace; exchanges under way come out cut."""
    journal = MemoryJournal()
    limits = Limits(commit_delay=0.001, wire_grace=0.01)
    async with recording(path, journal, limits):
        async with linked(path) as link:
            talk = Talk(link)
            talk.exchange("/a")
            talk.tap.data(True, request("/cut"), 5)
            await until_async(lambda: paths(journal) == ["/a"])
        await until_async(lambda: gaps(journal))

        assert paths(journal) == ["/a", "/cut"]
        (gap,) = gaps(journal)
        assert (gap.kind, gap.connections) == (GapKind.WIRE_LOST, 1)
        await until_async(lambda: not journal.rows)


async def test_idle_wire_is_asked_so_that_nobody_waits_long(path: Path) -> None:
    """An exchange of an unknown session is out as soon as the other answers."""
    journal = MemoryJournal()
    limits = Limits(commit_delay=0.001, patience=3600)
    async with (
        recording(path, journal, limits) as recorder,
        linked(path, 1) as one,
        linked(path, 2),
    ):
        await until_async(lambda: recorder.status()["wires"] == 2)
        now = time.monotonic_ns()
        tap = one.opened(OPENED, now)
        tap.data(True, request("/wait"), now)

        tap.data(False, RESPONSE, now)

        await until_async(lambda: paths(journal) == ["/wait"])
        assert recorder.status()["overdue"] == 0


async def test_unclean_stop_is_told_from_the_last_heartbeat(path: Path) -> None:
    """Nobody knows what passed while no wire lived."""
    journal = MemoryJournal()
    journal.stopped_cleanly = False
    journal.last_heartbeat_ns = 12345
    async with recording(path, journal):
        await until_async(lambda: gaps(journal))

    (gap,) = gaps(journal)
    assert (gap.kind, gap.from_ns, gap.connections) == (GapKind.UNCLEAN_STOP, 12345, 0)
    assert gap.to_ns > gap.from_ns


async def test_heartbeat_is_committed_when_nothing_passes(path: Path) -> None:
    """An unclean stop is told from a time close to it."""
    journal = MemoryJournal()
    async with recording(path, journal, Limits(heartbeat=0.01)):
        await until_async(lambda: journal.commits > 2)

    assert journal.last_heartbeat_ns


async def test_second_stream_of_a_wire_replaces_the_first(path: Path) -> None:
    """A wire that lost sight of its stream may be back before the kernel tells."""
    journal = MemoryJournal()
    introduction = pack(Kind.HELLO, 0, 0, 0, msgspec.msgpack.encode(hello()))
    talk = Conversation()
    frames = [talk.open(), *talk.exchange("/a")]
    async with recording(path, journal) as recorder:
        with socket.socket(socket.AF_UNIX) as old, socket.socket(socket.AF_UNIX) as new:
            old.connect(os.fspath(path))
            old.sendall(introduction)
            await until_async(lambda: recorder.status()["wires"] == 1)
            new.connect(os.fspath(path))
            new.sendall(introduction)
            for frame in frames:
                new.sendall(pack(Kind(frame.kind), *frame[1:4], frame.payload))
            await until_async(lambda: paths(journal) == ["/a"])

            assert recorder.status()["wires"] == 1
            assert old.recv(1) == b"" or True


async def test_wire_that_never_returns_after_a_restart_is_a_gap(path: Path) -> None:
    """It ended while nobody recorded; its rows go with the gap."""
    journal = MemoryJournal()
    journal.rows = {(5, 1): (10, 20)}
    async with recording(path, journal, Limits(start_grace=0.01)):
        await until_async(lambda: gaps(journal))
        await until_async(lambda: not journal.rows)

    (gap,) = gaps(journal)
    assert (gap.kind, gap.wire) == (GapKind.WIRE_LOST, 5)


class Noting(MemoryJournal):
    """Remembers what each row said first: it moves on while the wire sends again."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[tuple[int, int], int] = {}

    @override
    def commit(self, batch: Batch) -> int:
        """As the other, noting first words."""
        for place, covered in batch.progress.items():
            if covered is not None:
                self.first.setdefault(place, covered[0])
        return super().commit(batch)


async def test_wire_that_dies_with_the_recorder_while_it_sends_again_is_a_gap(
    path: Path,
) -> None:
    """From the first of what it had kept: it passed before there was a recorder, and
    nobody will ever send it. What is found of it is recorded, too."""
    journal, clock = Noting(), SystemClock()
    began_ns = clock.wall_ns()
    async with linked(path, 5) as link:
        for _ in range(3):
            talk = Talk(link, clock.monotonic_ns())
            talk.exchange("/kept")
        passed_ns = clock.wall_ns()
        await asyncio.sleep(0.05)
        async with recording(path, journal):
            await until_async(lambda: (5, WIRE) in journal.first)
            told_ns = journal.first[5, WIRE]
            # Both are killed here: what the journal says now is all there is.
            left = MemoryJournal()
            left.rows = {(5, WIRE): (told_ns, 0)}

    async with recording(path, left, Limits(start_grace=0.01)):
        await until_async(lambda: gaps(left))

    (gap,) = gaps(left)
    assert (gap.kind, gap.wire) == (GapKind.WIRE_LOST, 5)
    assert began_ns - SKEW_NS <= gap.from_ns <= passed_ns + SKEW_NS
    assert gap.to_ns > passed_ns


async def test_segment_that_was_set_aside_is_a_gap(path: Path) -> None:
    """What it held cannot be read, and that is said."""
    journal = MemoryJournal()
    journal.set_aside = [SetAside(path=path, epoch=7, first=3, reason="torn")]
    async with recording(path, journal):
        await until_async(lambda: gaps(journal))

    (gap,) = gaps(journal)
    assert (gap.kind, gap.reason) == (GapKind.UNCLEAN_STOP, "journal_set_aside:7:3")


async def test_stop_with_a_full_disk_is_bounded_and_loses_nothing(path: Path) -> None:
    """What was not committed is the wires' to send again; no later batch is
    committed after one that failed."""
    journal = MemoryJournal()
    limits = Limits(commit_delay=0.001, commit_retry_most=0.05)
    async with linked(path) as link:
        talk = Talk(link)
        async with recording(path, journal, limits) as recorder:
            journal.full = True
            talk.exchange("/a")
            await until_async(lambda: recorder.status()["commit_error"])
            talk.exchange("/b")
        assert not journal.bodies

        journal.full = False
        async with recording(path, journal, limits):
            talk.end()
            await until_async(forgotten(link))

    assert paths(journal) == ["/a", "/b"]


async def test_wire_with_too_many_connections_is_turned_away(path: Path) -> None:
    """Its stream ends, the recorder goes on."""
    async with (
        recording(path, MemoryJournal(), Limits(connections=1)) as recorder,
        linked(path) as link,
    ):
        for _ in range(3):
            link.opened(OPENED, 1)

        await until_async(lambda: recorder.refused)


async def test_upgraded_connection_is_no_longer_sent(path: Path) -> None:
    """FORGET reaches the wire; the bytes are counted all the same."""
    journal = MemoryJournal()
    async with recording(path, journal), linked(path) as link:
        ask = b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: ws\r\n\r\n"
        answer = b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: ws\r\n\r\n"
        tap = link.opened(OPENED, 1)
        tap.data(True, ask, 2)
        tap.data(False, answer, 3)
        tap.data(False, bytes(100), 4)
        await until_async(lambda: link.counters.lost_bytes == 100)
        tap.data(False, bytes(1000), 5)
        tap.end(Ended(up=len(ask), down=len(answer) + 1100), 6)
        await until_async(forgotten(link))

    (gap,) = gaps(journal)
    assert (gap.up_bytes, gap.down_bytes, gap.intended) == (0, 1100, True)
