"""What a process itself uses: memory, CPU time, descriptors, and how late its
event loop is.

Read from /proc once a second, without listing anything: a wire with 20,000
connections must not stop for its own report. What the kernel does not tell
(the number of descriptors before Linux 6.2) is left out.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

TICK_SECONDS = 0.05
"""How often the loop's delay is sampled: 20 wake-ups a second cost nothing, and a
stall that lasts longer than a tick cannot be missed."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_STARTED = time.time()


def footprint() -> dict[str, float]:
    """Bytes resident, CPU seconds, descriptors open, and when it started."""
    times = os.times()
    found = {
        "cpu_seconds": times.user + times.system,
        "started": _STARTED,
    }
    try:
        resident = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        found["resident_bytes"] = float(int(resident) * _PAGE)
        descriptors = Path("/proc/self/fd").stat().st_size
    except (OSError, ValueError, IndexError):
        return found
    if descriptors:
        found["descriptors"] = float(descriptors)
    return found


class LoopDelay:
    """How late the event loop answered, at worst, since it was last asked.

    Every byte that passes waits at least this long at that moment, so it is the
    part of the added latency that a wire can know of itself.
    """

    def __init__(self) -> None:
        self._worst = 0.0

    async def run(self) -> None:
        """Sample until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(TICK_SECONDS)
            self._worst = max(self._worst, loop.time() - before - TICK_SECONDS)

    def take(self) -> float:
        """Seconds; asking again starts a new period."""
        worst, self._worst = self._worst, 0.0
        return worst
