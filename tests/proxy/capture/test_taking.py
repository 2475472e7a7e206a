"""Taking a capture: recorded first, redacted in memory, bounded."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from proxy.capture.replaying import replay
from proxy.capture.taking import Captured, Order, capture
from proxy.errors import UnavailableError
from proxy.events import ExchangeRecorded
from proxy.events.custody import CaptureMade
from proxy.redaction.standin import StandIns
from proxy.tapstream import Ended
from tests.proxy.capture.test_replaying import OPENED, Live, exchange
from tests.support.captures import HEADER, raw_order
from tests.support.pipelines import PlainPipeline
from tests.support.waiting import until_async

HIDING = Order(header=HEADER, standins=StandIns(b"k" * 32))


async def test_who_took_it_and_why_is_recorded_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    """With the uid that the kernel knows."""
    async with Live(tmp_path) as live:
        await live.start_capture()
        (made,) = [e for e in live.journal.events() if isinstance(e, CaptureMade)]
        await live.end_capture()

    assert (made.taken_by, made.reason, made.redacted) == ("tester", "a test", False)
    assert (made.capture, made.expires_ns) == (HEADER.id, HEADER.expires_ns)


async def test_a_capture_without_a_reason_is_turned_away(tmp_path: Path) -> None:
    """Whatever program asks; no file is left."""
    order = replace(raw_order(), header=msgspec.structs.replace(HEADER, reason=" "))
    async with Live(tmp_path) as live:
        with pytest.raises(UnavailableError, match="turned the capture away"):
            await capture(live.path, live.file, asyncio.Event(), order)

    assert not live.file.exists()


async def _taken(live: Live, order: Order, stop: asyncio.Event) -> Captured:
    captured = Captured()
    taking = asyncio.get_running_loop().create_task(
        capture(live.path, live.file, stop, order, captured)
    )
    await until_async(lambda: captured.bytes, "capture")
    tap = live.links[0].opened(OPENED, 1)
    up, down = exchange(tap, "/canary/4711")
    tap.end(Ended(up=up, down=down), 4)
    await live.committed(1)
    assert b"4711" not in live.file.read_bytes()
    sent = live.recorder.subscribers
    await until_async(lambda: captured.bytes == sent.sent_bytes, "capture")
    stop.set()
    await taking
    return captured


async def test_a_redacted_capture_is_written_when_it_ends(tmp_path: Path) -> None:
    """Until then nothing of the traffic is on disk, and then nothing of its ids."""
    async with Live(tmp_path) as live:
        captured = await _taken(live, HIDING, asyncio.Event())

    assert not captured.full
    assert b"4711" not in live.file.read_bytes()
    found = list(replay(live.file, {"sonar": PlainPipeline()}))
    (event,) = [each for each in found if isinstance(each, ExchangeRecorded)]
    assert event.path.startswith("/canary/")
    assert len(event.path) == len("/canary/4711")


async def test_a_redacted_capture_that_holds_too_much_ends(tmp_path: Path) -> None:
    """What came before is written."""
    async with Live(tmp_path) as live:
        captured = Captured()
        order = replace(HIDING, most_held=100)
        async with asyncio.timeout(20):
            await capture(live.path, live.file, asyncio.Event(), order, captured)

    assert captured.full
    assert live.file.stat().st_size > 0
