"""A recorder process that is killed or stopped in the middle of traffic."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from proxy.clock import SystemClock
from proxy.events import (
    Event,
    ExchangeRecorded,
    GapKind,
    GapRecorded,
    HeartbeatRecorded,
    decode,
)
from proxy.journal import Journal, JournalReader
from proxy.taplink import Limits, TapLink
from proxy.tapstream import Ended, Opened
from tests.support.frames import RESPONSE, account, request
from tests.support.waiting import until, until_async

OPENED = Opened(application="sonar", client=("192.0.2.1", 4711))
BOOT = 77


class RecorderProcess:
    """Starts it, kills it, starts it again."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "tap.sock"
        self.journal = directory / "journal"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; returns at once."""
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.support.recorder_process",
                os.fspath(self.socket),
                os.fspath(self.journal),
            ]
        )
        return self.process

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(20)

    def events(self) -> list[Event]:
        """Everything in the journal but signs of life."""
        reader = JournalReader(self.journal)
        events: list[Event] = []
        for found in reader.segments():
            after = found.first - 1
            while entries := reader.read(found.epoch, after, 1000):
                events += [decode(entry.body) for entry in entries]
                after = entries[-1].seq
            break
        return [e for e in events if not isinstance(e, HeartbeatRecorded)]


async def test_killed_recorder_loses_nothing_and_records_nothing_twice(
    tmp_path: Path,
) -> None:
    """Kill -9 at random moments; the wire's own account is the truth."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    recorder = RecorderProcess(tmp_path)
    recorder.start()
    link = TapLink(recorder.socket, BOOT, Limits(reconnect_first=0.01))
    task = asyncio.get_running_loop().create_task(link.run())
    truth: list[str] = []
    totals: dict[int, tuple[int, int]] = {}
    number = 0
    for _ in range(4):
        await until_async(lambda: link.status()["recorder_connected"], "recorder")
        for _ in range(chance.randrange(100, 300)):
            number += 1
            tap, up, down = link.opened(OPENED, 1), 0, 0
            for step in range(chance.randrange(4)):
                path = f"/{number}/{step}"
                truth.append(path)
                sent = request(path)
                cut = chance.randrange(len(sent))
                tap.data(True, sent[:cut], 2)
                if chance.random() < 0.05:
                    await asyncio.sleep(0)
                tap.data(True, sent[cut:], 2)
                tap.data(False, RESPONSE, 3)
                up += len(sent)
                down += len(RESPONSE)
            tap.end(Ended(up=up, down=down), 4)
            totals[number] = (up, down)
            if chance.random() < 0.1:
                await asyncio.sleep(0.001)
        recorder.end(signal.SIGKILL)
        recorder.start()

    assert await link.close(30), link.status()
    task.cancel()
    recorder.end()
    events = recorder.events()
    recorded = [e.path for e in events if isinstance(e, ExchangeRecorded)]
    assert Counter(truth) == Counter(recorded), f"seed {seed}"
    gaps = [e for e in events if isinstance(e, GapRecorded)]
    assert {GapKind.UNCLEAN_STOP} == {gap.kind for gap in gaps}
    for connection, total in totals.items():
        assert total == account(events, BOOT, connection), f"seed {seed}"
    with Journal.open(recorder.journal, "test", clock=SystemClock()) as journal:
        assert journal.stopped_cleanly
        assert not journal.progress()


async def test_stopped_recorder_costs_bounded_memory_and_exact_gaps(
    tmp_path: Path,
) -> None:
    """SIGSTOP: the wire sheds whole connections; every byte is accounted for."""
    recorder = RecorderProcess(tmp_path)
    process = recorder.start()
    limits = Limits(
        backlog_soft=50_000,
        backlog_hard=200_000,
        kept_connection=100_000,
        kept_total=300_000,
        reconnect_first=0.01,
    )
    link = TapLink(recorder.socket, BOOT, limits)
    task = asyncio.get_running_loop().create_task(link.run())
    await until_async(lambda: link.status()["recorder_connected"], "recorder")
    taps = [link.opened(OPENED, 1) for _ in range(10)]
    totals = [(0, 0)] * len(taps)
    process.send_signal(signal.SIGSTOP)
    body = bytes(10_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"
    for round_ in range(100):
        for index, tap in enumerate(taps):
            sent = request(f"/{index}/{round_}")
            tap.data(True, sent, 2)
            tap.data(False, head + body, 3)
            up, down = totals[index]
            totals[index] = up + len(sent), down + len(head) + len(body)
        await asyncio.sleep(0)
        assert link.backlog.size <= limits.backlog_hard
        assert link.kept_bytes <= limits.kept_total
    for tap, (up, down) in zip(taps, totals, strict=True):
        tap.end(Ended(up=up, down=down), 4)
    assert link.counters.shed_connections
    assert link.counters.lost_bytes

    process.send_signal(signal.SIGCONT)

    assert await link.close(30), link.status()
    task.cancel()
    recorder.end()
    events = recorder.events()
    for number, total in enumerate(totals, start=1):
        assert total == account(events, BOOT, number)
    gaps = [e for e in events if isinstance(e, GapRecorded)]
    assert {GapKind.SHED} == {gap.kind for gap in gaps}
    assert link.counters.lost_bytes <= sum(g.up_bytes + g.down_bytes for g in gaps)


def test_recorder_that_ends_in_order_leaves_no_gap(tmp_path: Path) -> None:
    """SIGTERM is no incident."""
    recorder = RecorderProcess(tmp_path)
    recorder.start()
    until(recorder.socket.exists, "socket")

    recorder.end()
    recorder.start()
    until(recorder.socket.exists, "socket")
    recorder.end()

    assert not recorder.events()
