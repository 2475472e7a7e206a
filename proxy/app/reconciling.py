"""The account of the last while, taken again and again by the shipper's process.

The period ends some minutes ago, so that what is still on its way to the store is
not called missing, and overlaps the one before: nothing falls between two.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from proxy.app.access import store_client
from proxy.config import Config
from proxy.reconciling import balance
from proxy.store.port import StoreRejected, StoreUnavailable

logger = logging.getLogger(__name__)

SETTLED = timedelta(minutes=5)
"""How old a row must be before its absence counts: far more than the shipper needs
while the store is there."""

OVERLAP = timedelta(minutes=5)


class Reconciling:
    """Runs beside the shipper; its figures go into the shipper's report."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._differences: int | None = None
        self._at = 0.0
        self._error = ""

    def figures(self) -> dict[str, Any]:
        """Differences of the last account, and when it was taken."""
        if self._differences is None:
            return {}
        return {
            "reconcile_differences": self._differences,
            "reconciled_at": self._at,
            "reconcile_error": self._error,
        }

    async def run(self) -> None:
        """Take the account every ``reconcile.every``, until cancelled."""
        while True:
            await asyncio.sleep(self._config.reconcile_every)
            await asyncio.to_thread(self.once, datetime.now(UTC))

    def once(self, now: datetime) -> None:
        """Take it of the period that is settled at this moment."""
        until = now - SETTLED
        since = until - timedelta(seconds=self._config.reconcile_every) - OVERLAP
        store = store_client(self._config)
        try:
            found = balance(store, since, until)
        except (StoreUnavailable, StoreRejected) as error:
            # The store's absence is the shipper's to tell.
            self._error = str(error)
            return
        finally:
            store.close()
        self._error = ""
        self._at = now.timestamp()
        self._differences = len(found.differences)
        for each in found.differences[:5]:
            logger.warning("%s: %s: %s", each.kind.value, each.where, each.what)
