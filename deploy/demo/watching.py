"""Watching a store while advisors work: how soon is what was shown queryable?

Every new row of ``exchanges`` is asked for each 50 ms; its lag is the moment it
was first found, less the moment the last byte of its response passed. The
interval of asking is part of the figure: it is an upper bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from proxy.store.client import ClickHouseStore
from proxy.store.port import StoreUnavailable

EVERY_SECONDS = 0.05

NEW_ROWS = """
SELECT epoch, seq, toUnixTimestamp64Nano(ended_at) FROM exchanges
WHERE (epoch, seq) > ({epoch:UInt64}, {seq:UInt64}) ORDER BY epoch, seq
"""


class Lags:
    """Lags in milliseconds, as rows appeared."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self._last = (0, 0)

    def look(self, store: ClickHouseStore) -> int:
        """Ask once; how many rows were new."""
        epoch, seq = self._last
        rows = store.query(NEW_ROWS, {"epoch": epoch, "seq": seq}).rows
        now = time.time_ns()
        self.milliseconds += [(now - ended) / 1e6 for _, _, ended in rows]
        if rows:
            self._last = (rows[-1][0], rows[-1][1])
        return len(rows)

    def percentile(self, share: float) -> float:
        """The lag below which this share of the rows lies; 0 without rows."""
        if not self.milliseconds:
            return 0.0
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextlib.asynccontextmanager
async def watching(store: ClickHouseStore) -> AsyncIterator[Lags]:
    """Look for new rows until the block ends."""
    lags = Lags()
    stop = asyncio.Event()

    async def repeat() -> None:
        while not stop.is_set():
            with contextlib.suppress(StoreUnavailable):
                await asyncio.to_thread(lags.look, store)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_SECONDS)

    async with asyncio.TaskGroup() as group:
        group.create_task(repeat())
        try:
            yield lags
        finally:
            stop.set()
