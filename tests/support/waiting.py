"""Waiting for something to become true, with a deadline that only bounds failure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


def until(
    condition: Callable[[], object], what: str = "condition", seconds: float = 20.0
) -> None:
    """Poll until ``condition()`` is truthy; fail naming ``what`` after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


async def until_async(
    condition: Callable[[], object], what: str = "condition", seconds: float = 20.0
) -> None:
    """``until`` for a running event loop."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        await asyncio.sleep(0.01)
