"""Signs of life."""

from __future__ import annotations

import asyncio

import pytest

from proxy.clock import SystemClock
from proxy.events import Event, HeartbeatRecorded
from proxy.recorder.living import Living
from tests.support.waiting import until_async


async def test_a_recorder_at_work_says_so_again_and_again_and_at_its_end() -> None:
    """With how much it does: a silent one and an idle one differ."""
    rows: list[Event] = []
    figures = {"wires": 2, "connections": 3, "exchanges": 0}
    living = Living(rows.extend, SystemClock(), lambda: figures, 0.01)

    running = asyncio.get_running_loop().create_task(living.run())
    await until_async(lambda: len(rows) > 2, "three signs of life")
    figures["exchanges"] = 9
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    beats = [row for row in rows if isinstance(row, HeartbeatRecorded)]
    assert len(beats) == len(rows)
    assert [beat.at_ns for beat in beats] == sorted(beat.at_ns for beat in beats)
    assert (beats[0].wires, beats[0].connections, beats[-1].exchanges) == (2, 3, 9)
