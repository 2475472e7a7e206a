"""What every role does alike: end on SIGTERM, and say how it is once a second."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from proxy import status
from proxy.app.footprint import LoopDelay, footprint

logger = logging.getLogger(__name__)

REPORT_SECONDS = 1.0


GC_THRESHOLD = 10_000
"""Net new containers before cycles are looked for, instead of 700: what passes
makes no cycles, an error now and then does."""


def spare_collections() -> None:
    """What was loaded stays: the search for cycles leaves it out, and is rarer.

    Called once everything is imported and read. Memory stays bounded: cycles are
    found after ``GC_THRESHOLD`` more containers at the latest.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 10, 10)


SWITCH_SECONDS = 0.0005
"""After which a thread that computes gives way, instead of 5 ms: one that commits
waits for its turn after each write and each sync. A page held for its commit came
0.2 ms sooner at 32 connections, and as many were answered."""


def give_way_sooner() -> None:
    """For a role whose event loop computes while another thread writes."""
    sys.setswitchinterval(SWITCH_SECONDS)


def stop_on_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; the role then ends in order."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


@contextlib.asynccontextmanager
async def reporting(
    directory: Path, role: str, figures: Callable[[], dict[str, Any]]
) -> AsyncIterator[None]:
    """Write the role's status file now and every second until the block ends."""
    delay = LoopDelay()

    def say() -> None:
        report = status.Report(
            role=role,
            pid=os.getpid(),
            at=time.time(),
            figures=figures(),
            process={**footprint(), "loop_delay_seconds": delay.take()},
        )
        try:
            status.write(directory, report)
        except OSError as error:
            # A full disk must not end the role; its silence will be seen.
            logger.warning("the status file cannot be written: %s", error.strerror)

    async def repeat() -> None:
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            say()

    say()
    tasks = (
        asyncio.create_task(repeat(), name="status"),
        asyncio.create_task(delay.run(), name="loop delay"),
    )
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        status.remove(directory, role)
