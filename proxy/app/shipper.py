"""The inside of the shipper's process: schema first, then the journal."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from typing import Any

from proxy.app.access import store_client
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.app.reconciling import Reconciling
from proxy.app.retaining import Retaining
from proxy.clock import SystemClock
from proxy.config import Config
from proxy.journal import JournalReader
from proxy.journal.cursor import CURSOR
from proxy.shipper import Shipper, ShipperSettings
from proxy.store import migrate
from proxy.store.client import ClickHouseStore
from proxy.store.port import StoreUnavailable

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.2
"""Between attempts to bring an embedded store's schema up to date."""


def run(config: Config, *, count_s: float | None = None) -> int:
    """Ship until SIGTERM, then what is there.

    Args:
        config: the sidecar's.
        count_s: other seconds between two counts than ``ShipperSettings`` has.

    Raises:
        UsageError: the store's schema is newer than this program, or the
            password file is not usable.
    """
    return asyncio.run(_run(config, count_s))


async def _run(config: Config, count_s: float | None) -> int:
    stop = stop_on_signal()
    client = store_client(config)
    directory = config.journal_directory
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = ShipperSettings(rejected=config.state / "rejected")
    if count_s is not None:
        settings = replace(settings, count_s=count_s)
    shipper = Shipper(
        settings,
        JournalReader(directory),
        client,
        SystemClock(),
        directory / CURSOR,
    )
    ended = threading.Event()
    reconciling = Reconciling(config)
    retaining = Retaining(config)
    schema = "the schema was not looked at yet"

    def figures() -> dict[str, Any]:
        said = shipper.status()
        error = said["last_error"] or schema
        return {
            **said,
            "last_error": error,
            **reconciling.figures(),
            **retaining.figures(),
        }

    async with reporting(config.status_directory, "shipper", figures):
        while config.store.embedded and not stop.is_set():
            schema = await asyncio.to_thread(_migrated, client)
            if not schema:
                break
            await asyncio.sleep(RETRY_SECONDS)
        schema = ""
        shipping = asyncio.create_task(asyncio.to_thread(shipper.run, ended))
        comparing = asyncio.create_task(reconciling.run(), name="reconcile")
        erasing = asyncio.create_task(retaining.run(), name="retain")
        await asyncio.wait(
            {shipping, stopping := asyncio.create_task(stop.wait())},
            return_when=asyncio.FIRST_COMPLETED,
        )
        ended.set()
        comparing.cancel()
        erasing.cancel()
        stopping.cancel()
        await shipping
    client.close()
    return 0


def _migrated(client: ClickHouseStore) -> str:
    """Bring the schema up to date; why not, or an empty text."""
    try:
        for name in migrate.apply(client):
            logger.info("migration %s applied", name)
    except StoreUnavailable as error:
        return str(error) or "the store does not answer"
    return ""
