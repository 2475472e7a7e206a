"""The end of the evidence, looked at again and again by the shipper's process.

A sidecar erases what it recorded itself; rows of nodes that are no more are
``whosaw retain``'s.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from proxy.app.access import store_client
from proxy.config import Config
from proxy.errors import UsageError
from proxy.retention.run import Outcome, retain
from proxy.store.port import StoreRejected, StoreUnavailable

logger = logging.getLogger(__name__)

FIRST_SECONDS = 300.0
"""After a start, so that a sidecar that is restarted every day erases, too."""
ANSWER_SECONDS = 3600
"""For one statement: erasing rewrites the parts of a month."""


class Retaining:
    """Runs beside the shipper; its figures go into the shipper's report."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._last: Outcome | None = None
        self._at = 0.0
        self._error = ""

    def figures(self) -> dict[str, Any]:
        """What the last run erased, and when; why it could not."""
        found: dict[str, Any] = {}
        if self._last is not None:
            found = {
                "retained_at": self._at,
                "retain_erased": self._last.rows,
                "retain_holds": self._last.holds,
                "retain_doubtful": len(self._last.doubtful),
            }
        return {**found, "retain_error": self._error} if self._error else found

    async def run(self) -> None:
        """Erase what is due every ``store.retention.every``, until cancelled."""
        every = self._config.store.retention.every
        if not every:
            return
        await asyncio.sleep(min(FIRST_SECONDS, every))
        while True:
            await asyncio.to_thread(self.once, datetime.now(UTC))
            await asyncio.sleep(every)

    def once(self, now: datetime) -> None:
        """Erase what is due at this moment."""
        store = store_client(self._config, answer_seconds=ANSWER_SECONDS)
        try:
            done = retain(
                store, self._config.store.retention, now, node=self._config.node
            )
        except (StoreUnavailable, StoreRejected, UsageError) as error:
            self._error = str(error)
            logger.warning("nothing more was erased: %s", error)
            return
        finally:
            store.close()
        self._last, self._at, self._error = done, now.timestamp(), ""
        if done.left:
            self._error = f"{done.left} rows are there after they were erased"
        if done.rows:
            logger.info("%d rows were erased at the end of their time", done.rows)
        for each in done.doubtful:
            logger.warning("%s does not verify: its rows were not erased", each)
