"""Promises of gaps that are kept until a recorder takes them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from proxy.events import GapKind, GapRecorded
from proxy.untold import capture_off, hand_over, tell
from tests.proxy.recorder.test_server import recording
from tests.support.journals import MemoryJournal


async def test_a_gap_waits_on_disk_for_a_recorder(tmp_path: Path) -> None:
    """Nobody listens: it is kept; the next recorder gets it, once, and it is gone."""
    socket = tmp_path / "tap.sock"
    gap = capture_off("crm", "testing", 5, 9, connections=3)
    assert not tell(tmp_path, socket, gap)

    journal = MemoryJournal()
    async with recording(socket, journal):
        for _ in range(2):
            assert await asyncio.to_thread(hand_over, tmp_path, socket)
        other = capture_off("crm", "another", 5, 9)
        assert await asyncio.to_thread(tell, tmp_path, socket, other)

    told = [e for e in journal.events() if getattr(e, "reason", "") != "recorder"]
    assert [e for e in told if isinstance(e, GapRecorded)] == [gap, other]


def test_what_is_no_gap_is_set_aside(tmp_path: Path) -> None:
    """A broken file holds up nothing."""
    directory = tmp_path / "untold"
    directory.mkdir()
    (directory / "1.gap").write_bytes(b"nonsense")

    assert hand_over(tmp_path, tmp_path / "tap.sock")
    assert [path.name for path in directory.iterdir()] == ["1.bad"]


def test_the_reason_is_bounded() -> None:
    """Whatever somebody wrote, and a clock that went back, fit into the event."""
    gap = capture_off("", "x" * 5000, 9, 5)

    assert len(gap.reason) <= 300
    assert gap.to_ns == gap.from_ns
    assert gap.kind is GapKind.CAPTURE_OFF
