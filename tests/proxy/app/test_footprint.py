"""What a process says of itself."""

from __future__ import annotations

import asyncio
import time

from proxy.app.footprint import LoopDelay, footprint
from tests.support.waiting import until_async


def test_memory_and_time_of_this_process_are_told() -> None:
    """In bytes and seconds."""
    found = footprint()

    assert found["resident_bytes"] > 1 << 20
    assert found["cpu_seconds"] > 0
    assert found["started"] <= time.time()


async def test_a_loop_that_stood_still_is_late_once() -> None:
    """The worst of the period, and a new period after it was asked."""
    delay = LoopDelay()
    running = asyncio.get_running_loop().create_task(delay.run())
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251 - the stall itself
    worst = 0.0

    def told() -> bool:
        nonlocal worst
        worst = max(worst, delay.take())
        return worst > 0.1

    await until_async(told, "the stall is seen")
    running.cancel()

    assert delay.take() == 0.0
