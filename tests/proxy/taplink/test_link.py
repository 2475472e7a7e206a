"""The wire's side of the tap stream, against a recorder that only listens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest

from proxy.taplink import Limits, TapLink
from proxy.tapstream import (
    MAX_PAYLOAD,
    Ended,
    Hello,
    Kind,
    LossReason,
    Lost,
    Missed,
    Opened,
    Resumed,
    pack,
    pack_forget,
)
from tests.support.recorders import ListeningRecorder
from tests.support.waiting import until_async

BOOT = 0x1234
OPENED = Opened(application="sonar", client=("192.0.2.1", 4711))


@asynccontextmanager
async def linked(path: Path, limits: Limits | None = None) -> AsyncIterator[TapLink]:
    """A running link."""
    link = TapLink(path, BOOT, limits or Limits(reconnect_first=0.01))
    task = asyncio.get_running_loop().create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the recorder listens."""
    return tmp_path / "tap.sock"


def _told(recorder: ListeningRecorder, kind: Kind) -> bool:
    return recorder.listening() and bool(recorder.stream.of(kind))


def lost_of(payload: bytes) -> Lost:
    """Decode LOST."""
    return msgspec.msgpack.decode(payload, type=Lost)


async def test_wire_introduces_itself_then_tells_what_passes(path: Path) -> None:
    """HELLO first, then OPEN, the bytes, the ends, END with the totals."""
    async with ListeningRecorder(path) as recorder, linked(path) as link:
        await until_async(recorder.listening)

        tap = link.opened(OPENED, 1)
        tap.data(True, b"GET / HTTP/1.1\r\n\r\n", 2)
        tap.data(False, b"HTTP/1.1 204 No Content\r\n\r\n", 3)
        tap.eof(True, 4)
        tap.end(Ended(up=18, down=27), 5)
        await until_async(lambda: recorder.stream.of(Kind.END), "END")

        frames = recorder.stream.frames
        kinds = [Kind.HELLO, Kind.WATERMARK, Kind.OPEN, Kind.DATA_UP]
        kinds += [Kind.DATA_DOWN, Kind.EOF_UP, Kind.END]
        assert kinds == [f.kind for f in frames]
        hello = msgspec.msgpack.decode(frames[0].payload, type=Hello)
        assert (hello.boot, hello.resumed) == (BOOT, False)
        assert msgspec.msgpack.decode(frames[2].payload, type=Opened) == OPENED
        times = [f.time_ns for f in frames]
        assert times == sorted(times)


async def test_recorder_that_comes_later_gets_everything_kept(path: Path) -> None:
    """Nothing is lost while there is no recorder, up to the cap; time order across."""
    async with linked(path) as link:
        one, two = link.opened(OPENED, 1), link.opened(OPENED, 2)
        one.data(True, b"a", 3)
        two.data(True, b"b", 4)
        one.data(False, b"c", 5)
        two.end(Ended(up=1, down=0), 6)

        async with ListeningRecorder(path) as recorder:
            await until_async(
                lambda: recorder.listening() and recorder.stream.of(Kind.WATERMARK)
            )

            data = [
                (f.kind, f.connection, f.payload)
                for f in recorder.stream.frames
                if f.kind in (Kind.DATA_UP, Kind.DATA_DOWN)
            ]
            assert data == [
                (Kind.DATA_UP, 1, b"a"),
                (Kind.DATA_UP, 2, b"b"),
                (Kind.DATA_DOWN, 1, b"c"),
            ]
            times = [f.time_ns for f in recorder.stream.frames[1:]]
            assert times == sorted(times)


async def test_hello_says_since_when_something_is_owed(path: Path) -> None:
    """The first kept byte that is not committed, or what was lost; nothing: 0."""
    late = time.monotonic_ns() + 10**12  # no watermark comes behind it
    async with linked(path) as link:
        first, second = link.opened(OPENED, 10), link.opened(OPENED, 20)
        async with ListeningRecorder(path) as recorder:
            await until_async(recorder.listening)
            nothing = _hello(recorder)
            first.data(True, b"GET", late + 30)
            second.data(True, b"GET", late + 40)
            second.data(False, b"page", late + 50)
            await until_async(lambda: len(recorder.stream.of(Kind.DATA_DOWN)) == 1)
        async with ListeningRecorder(path) as recorder:
            await until_async(recorder.listening)
            both = _hello(recorder)
            recorder.stream.commit(1, 3, 0)
            recorder.stream.commit(2, 3, 0)
            await until_async(lambda: link.status()["kept_bytes"] < 300)
        async with ListeningRecorder(path) as recorder:
            await until_async(recorder.listening)
            page = _hello(recorder)
            recorder.stream.commit(2, 3, 4)
            await until_async(lambda: not link.status()["kept_bytes"])
        first.detach(late + 60)
        async with ListeningRecorder(path) as recorder:
            await until_async(recorder.listening)
            lost = _hello(recorder)

    assert (nothing, both, page, lost) == (0, late + 30, late + 50, late + 60)


def _hello(recorder: ListeningRecorder) -> int:
    (frame,) = recorder.stream.of(Kind.HELLO)
    return msgspec.msgpack.decode(frame.payload, type=Hello).owed_ns


async def test_committed_bytes_are_not_sent_to_another_recorder(path: Path) -> None:
    """Kept until COMMITTED, from the last boundary on; RESUME says from where."""
    async with linked(path) as link:
        async with ListeningRecorder(path) as first:
            await until_async(first.listening)
            tap = link.opened(OPENED, 1)
            for number in range(3):
                tap.data(True, b"q%d" % number, 2)
                tap.data(False, b"answer%d" % number, 3)
            await until_async(lambda: len(first.stream.of(Kind.DATA_DOWN)) == 3)
            first.stream.commit(1, 2, 7)
            await until_async(lambda: link.kept_bytes < 6 * 208)

        async with ListeningRecorder(path) as second:
            await until_async(
                lambda: second.listening() and second.stream.of(Kind.WATERMARK)
            )

            (resume,) = second.stream.of(Kind.RESUME)
            resumed = msgspec.msgpack.decode(resume.payload, type=Resumed)
            assert Resumed(up=2, down=7) == resumed
            assert second.stream.bytes_of(1, up=True) == b"q1q2"
            assert second.stream.bytes_of(1, up=False) == b"answer1answer2"
            hello = msgspec.msgpack.decode(second.stream.frames[0].payload, type=Hello)
            assert hello.resumed


async def test_ended_and_committed_connection_is_forgotten(path: Path) -> None:
    """Memory goes back, and the recorder learns that it will not come again."""
    async with ListeningRecorder(path) as recorder, linked(path) as link:
        await until_async(recorder.listening)
        tap = link.opened(OPENED, 1)
        tap.data(True, b"abc", 2)
        tap.end(Ended(up=3, down=0), 3)
        await until_async(lambda: recorder.stream.of(Kind.END))

        recorder.stream.commit(1, 3, 0)
        await until_async(lambda: recorder.stream.of(Kind.SETTLED))

        assert (link.kept_bytes, link.status()["tracked_connections"]) == (0, 0)


async def test_large_read_is_split_into_frames(path: Path) -> None:
    """No frame above the bound, and not a byte out of place."""
    data = bytes(range(256)) * (MAX_PAYLOAD // 100)
    async with ListeningRecorder(path) as recorder, linked(path) as link:
        await until_async(recorder.listening)
        tap = link.opened(OPENED, 1)

        tap.data(False, data, 2)
        tap.data(False, b"tail", 2)
        await until_async(
            lambda: recorder.stream.bytes_of(1, up=False) == data + b"tail"
        )

        offsets = [f.offset for f in recorder.stream.of(Kind.DATA_DOWN)]
        assert [0, MAX_PAYLOAD, 2 * MAX_PAYLOAD, len(data)] == offsets


async def test_stalled_recorder_sheds_whole_connections_largest_first(
    path: Path,
) -> None:
    """Backlog stays bounded; the small conversation is still told in full."""
    limits = Limits(
        backlog_soft=100_000, backlog_hard=400_000, reconnect_first=0.01, slice=10_000
    )
    async with (
        ListeningRecorder(path, stalled=True) as recorder,
        linked(path, limits) as link,
    ):
        await until_async(lambda: link.live)
        small, large = link.opened(OPENED, 1), link.opened(OPENED, 1)
        small.data(True, b"small", 2)
        total = 0
        for step in range(300):
            large.data(False, bytes(10_000), 3 + step)
            total += 10_000
            await asyncio.sleep(0)
            assert link.backlog.size <= limits.backlog_hard
        small.data(False, b"answer", 400)
        assert link.status()["shed_connections_open"] == 1
        large.end(Ended(up=0, down=total), 401)

        assert link.status()["shed_connections_open"] == 0
        recorder.stream.transport.resume_reading()
        await until_async(lambda: recorder.stream.of(Kind.END))

        (frame,) = recorder.stream.of(Kind.LOST)
        lost = lost_of(frame.payload)
        assert (frame.connection, lost.reason) == (2, LossReason.SHED)
        assert len(recorder.stream.bytes_of(2, up=False)) == lost.down
        assert total - lost.down == link.counters.lost_bytes
        assert link.counters.shed_connections == 1
        assert recorder.stream.bytes_of(1, up=True) == b"small"
        assert recorder.stream.bytes_of(1, up=False) == b"answer"
        times = [f.time_ns for f in recorder.stream.frames]
        assert times == sorted(times)


async def test_pace_asks_for_patience_only_while_the_recorder_makes_progress(
    path: Path,
) -> None:
    """A slow recorder is waited for, a stalled or absent one never."""
    limits = Limits(
        backlog_soft=10_000,
        backlog_hard=10_000_000,
        reconnect_first=0.01,
        slice=10_000,
        progress_within=3600,
    )
    async with ListeningRecorder(path, stalled=True), linked(path, limits) as link:
        await until_async(lambda: link.live)
        tap = link.opened(OPENED, 1)
        assert link.pace() == 0
        for _ in range(200):
            tap.data(False, bytes(10_000), 3)
            await asyncio.sleep(0)

        assert 0 < link.pace() <= limits.pace_most
        link._progress_ns -= 3601 * 10**9

        assert link.pace() == 0
    assert link.pace() == 0


async def test_absent_recorder_keeps_to_the_cap_then_loses_whole_connections(
    path: Path,
) -> None:
    """Memory is bounded; LOST tells since when; totals stay exact."""
    limits = Limits(kept_connection=50_000, kept_total=80_000, reconnect_first=0.01)
    async with linked(path, limits) as link:
        small, large = link.opened(OPENED, 1), link.opened(OPENED, 1)
        small.data(True, b"small", 2)
        for _ in range(20):
            large.data(False, bytes(5_000), 3)
            assert link.kept_bytes <= limits.kept_total
        large.end(Ended(up=0, down=100_000), 4)

        async with ListeningRecorder(path) as recorder:
            await until_async(
                lambda: recorder.listening() and recorder.stream.of(Kind.END)
            )

            (frame,) = recorder.stream.of(Kind.LOST)
            lost = lost_of(frame.payload)
            assert (
                lost.reason,
                lost.up,
                lost.down,
            ) == (LossReason.RECORDER_ABSENT, 0, 0)
            assert lost.since_ns == 3
            assert recorder.stream.bytes_of(1, up=True) == b"small"
            assert recorder.stream.bytes_of(2, up=False) == b""


async def test_message_too_large_to_keep_is_lost_when_the_recorder_changes(
    path: Path,
) -> None:
    """It is sent on; only the change makes it a gap, from the last boundary."""
    limits = Limits(kept_connection=50_000, reconnect_first=0.01)
    async with linked(path, limits) as link:
        async with ListeningRecorder(path) as first:
            await until_async(first.listening)
            tap = link.opened(OPENED, 1)
            tap.data(True, b"request", 2)
            for _ in range(20):
                tap.data(False, bytes(5_000), 3)
            await until_async(
                lambda: len(first.stream.bytes_of(1, up=False)) == 100_000
            )
            assert not first.stream.of(Kind.LOST)
            began_ns = first.stream.of(Kind.DATA_UP)[0].time_ns

        async with ListeningRecorder(path) as second:
            await until_async(
                lambda: second.listening() and second.stream.of(Kind.WATERMARK)
            )
            (frame,) = second.stream.of(Kind.LOST)
            lost = lost_of(frame.payload)
            assert (
                lost.reason,
                lost.up,
                lost.down,
                lost.since_ns,
            ) == (LossReason.UNREPLAYABLE, 0, 0, began_ns)


async def test_large_message_is_replayable_again_once_committed(path: Path) -> None:
    """The next message on the same connection is kept as any other."""
    limits = Limits(kept_connection=50_000, reconnect_first=0.01)
    async with linked(path, limits) as link:
        async with ListeningRecorder(path) as first:
            await until_async(first.listening)
            tap = link.opened(OPENED, 1)
            for _ in range(20):
                tap.data(False, bytes(5_000), 3)
            first.stream.commit(1, 0, 100_000)
            await until_async(lambda: not link.kept_bytes)
            tap.data(True, b"next", 4)

        async with ListeningRecorder(path) as second:
            await until_async(
                lambda: second.listening() and second.stream.of(Kind.WATERMARK)
            )

            assert not second.stream.of(Kind.LOST)
            assert second.stream.bytes_of(1, up=True) == b"next"


async def test_forgotten_connection_is_only_counted(path: Path) -> None:
    """FORGET stops the sending; another recorder learns why."""
    async with linked(path) as link:
        async with ListeningRecorder(path) as first:
            await until_async(first.listening)
            tap = link.opened(OPENED, 1)
            tap.data(True, b"request", 2)
            tap.data(False, b"101", 2)
            tap.data(True, b"frame", 3)
            await until_async(lambda: len(first.stream.of(Kind.DATA_UP)) == 2)
            first.stream.send(pack_forget(1, 7, 3, "opaque_protocol:upgrade"))
            await until_async(lambda: link.counters.lost_bytes)
            tap.data(True, b"more frames", 4)
            tap.end(Ended(up=23, down=3), 5)
            await until_async(lambda: first.stream.of(Kind.END))

            assert first.stream.bytes_of(1, up=True) == b"requestframe"

        async with ListeningRecorder(path) as second:
            await until_async(lambda: second.listening() and second.stream.of(Kind.END))

            assert second.stream.bytes_of(1, up=True) == b"request"
            (frame,) = second.stream.of(Kind.LOST)
            lost = lost_of(frame.payload)
            assert (
                lost.reason,
                lost.up,
                lost.down,
                lost.detail,
            ) == (LossReason.FORGOTTEN, 7, 3, "opaque_protocol:upgrade")


async def test_failed_layer_is_told_as_a_loss_with_exact_totals(path: Path) -> None:
    """After ``detach`` only END speaks."""
    async with ListeningRecorder(path) as recorder, linked(path) as link:
        await until_async(recorder.listening)
        tap = link.opened(OPENED, 1)
        tap.data(True, b"abc", 2)
        tap.detach(3)
        tap.data(True, b"unseen", 4)
        tap.end(Ended(up=9, down=5), 5)
        await until_async(lambda: recorder.stream.of(Kind.END))

        (frame,) = recorder.stream.of(Kind.LOST)
        assert lost_of(frame.payload).reason == LossReason.OBSERVER_FAILED
        assert recorder.stream.bytes_of(1, up=True) == b"abc"
        (end,) = recorder.stream.of(Kind.END)
        ended = msgspec.msgpack.decode(end.payload, type=Ended)
        assert Ended(up=9, down=5) == ended


async def test_connections_beyond_the_bound_are_counted_together(path: Path) -> None:
    """One MISSED frame per application, repeated until it is committed."""
    limits = Limits(tracked=1, reconnect_first=0.01)
    async with linked(path, limits) as link:
        link.opened(OPENED, 1)
        for _ in range(3):
            tap = link.opened(OPENED, 2)
            tap.data(True, b"x", 3)
            tap.end(Ended(up=1, down=10), 4)

        for _ in range(2):
            async with ListeningRecorder(path) as recorder:
                await until_async(partial(_told, recorder, Kind.MISSED))
                (frame,) = recorder.stream.of(Kind.MISSED)
                missed = msgspec.msgpack.decode(frame.payload, type=Missed)
                assert (
                    missed.serial,
                    missed.application,
                    missed.connections,
                    missed.up,
                    missed.down,
                ) == (1, "sonar", 3, 3, 30)
        async with ListeningRecorder(path) as recorder:
            await until_async(recorder.listening)
            recorder.stream.commit(0, 1, 0)
            await until_async(lambda: link._missed.empty)


async def test_watermark_is_answered(path: Path) -> None:
    """An idle wire says how far it has seen when it is asked."""
    async with ListeningRecorder(path) as recorder, linked(path):
        await until_async(recorder.listening)
        before = len(recorder.stream.of(Kind.WATERMARK))

        recorder.stream.send(pack(Kind.ASK_WATERMARK, 0, 0, 0))

        await until_async(
            lambda: len(recorder.stream.of(Kind.WATERMARK)) > before, "WATERMARK"
        )


async def test_close_waits_until_all_is_committed_then_says_goodbye(
    path: Path,
) -> None:
    """BYE follows the last END; nothing acknowledged is awaited."""
    async with ListeningRecorder(path) as recorder, linked(path) as link:
        await until_async(recorder.listening)
        tap = link.opened(OPENED, 1)
        tap.data(True, b"abc", 2)
        tap.end(Ended(up=3, down=0), 3)
        closing = asyncio.get_running_loop().create_task(link.close(20))
        await until_async(lambda: recorder.stream.of(Kind.BYE))
        assert not closing.done()

        recorder.stream.commit(1, 3, 0)

        assert await closing
        await until_async(lambda: recorder.stream.ended)
        kinds = [f.kind for f in recorder.stream.frames]
        assert kinds.index(Kind.END) < kinds.index(Kind.BYE)


async def test_close_without_a_recorder_is_bounded(path: Path) -> None:
    """A wire ends even when nobody takes what it kept."""
    async with linked(path) as link:
        link.opened(OPENED, 1).data(True, b"abc", 2)

        assert not await link.close(0.01)


async def test_broken_frames_from_the_recorder_cost_the_stream_only(
    path: Path,
) -> None:
    """The wire connects anew and resumes."""
    async with ListeningRecorder(path) as recorder, linked(path) as link:
        await until_async(recorder.listening)

        recorder.stream.send(b"\xff" * 64)
        await until_async(lambda: len(recorder.streams) == 2)

        assert link.counters.malformed == 1


async def test_bypass_stops_the_sending_for_open_and_new_connections(
    path: Path,
) -> None:
    """The reason stands in LOST, END has the bytes; what is held goes; then new
    connections are observed again, those that were open are not."""
    async with ListeningRecorder(path) as recorder, linked(path) as link:
        await until_async(recorder.listening)
        link.gated({"sonar": True})
        shown = []
        before = link.opened(OPENED, 1)
        hold = before.gate(lambda: shown.append(hold.take() if hold else b""))
        assert hold is not None
        before.data(True, b"request", 2)
        before.data(False, b"page", 3)
        assert hold.arrived(b"page", 3) == b""

        link.bypass("bypass by ops: broken")
        assert shown == [b"page"]
        assert hold.arrived(b"more", 4) == b"more"
        during = link.opened(OPENED, 5)
        assert during.gate(lambda: None) is None
        for tap in (before, during):
            tap.data(True, b"unseen", 6)
        link.bypass("")
        after = link.opened(OPENED, 7)
        after.data(True, b"seen", 8)
        before.data(True, b"unseen", 8)
        during.end(Ended(up=6, down=0), 9)
        await until_async(lambda: recorder.stream.of(Kind.END))

        stream = recorder.stream
        assert stream.bytes_of(1, up=True) == b"request"
        assert stream.bytes_of(2, up=True) == b""
        assert stream.bytes_of(3, up=True) == b"seen"
        losses = [lost_of(frame.payload) for frame in stream.of(Kind.LOST)]
        assert {(x.reason, x.detail) for x in losses} == {
            (LossReason.INTENDED, "bypass by ops: broken")
        }
        assert [frame.connection for frame in stream.of(Kind.LOST)] == [1, 2]
