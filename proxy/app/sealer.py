"""The inside of the sealer's process: a seal each period, to store and anchors."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

from proxy.app.access import store_client
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.clock import SystemClock
from proxy.config import AnchorKind, Config
from proxy.errors import WhosawError
from proxy.journal import JournalReader
from proxy.journal.cursor import CURSOR, SEALED, Cursor, CursorDamaged, load
from proxy.seal_key import load_or_create
from proxy.sealing.anchoring import Anchoring
from proxy.sealing.anchors import (
    Anchor,
    DirectoryAnchor,
    HttpAnchor,
    TimestampAnchor,
)
from proxy.sealing.delivery import deliver
from proxy.sealing.sealer import Sealer
from proxy.sealing.shelf import TIMESTAMPS, Shelf
from proxy.store.client import ClickHouseStore
from proxy.store.port import StoreRejected, StoreUnavailable

logger = logging.getLogger(__name__)

ROUND_SECONDS = 1.0
"""Between looks at what is not in the store or not anchored yet."""


def run(config: Config) -> int:
    """Seal until SIGTERM, and once more then.

    Raises:
        UsageError: the key or the password file is not usable.
        ShelfDamaged: the seals on disk cannot be continued.
    """
    return asyncio.run(_run(config))


def names(config: Config) -> list[str]:
    """How the anchors of a config are told of."""
    return [each.name for each in anchors(config, config.seal_directory)]


def anchors(config: Config, directory: Path) -> list[Anchor]:
    """The anchors of a config; ``directory`` is that of the seals."""
    found: list[Anchor] = []
    for each in config.seals.anchors:
        match each.kind:
            case AnchorKind.DIRECTORY:
                found.append(DirectoryAnchor(config.file.parent / each.where))
            case AnchorKind.HTTP:
                found.append(HttpAnchor(each.where))
            case AnchorKind.TIMESTAMP:
                found.append(TimestampAnchor(each.where, directory / TIMESTAMPS))
    return found


class Role:
    """Sealer, delivery and anchors, and what went wrong with them last."""

    def __init__(self, config: Config) -> None:
        clock = SystemClock()
        directory = config.journal_directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.shelf = Shelf(config.seal_directory)
        self.sealer = Sealer(
            JournalReader(directory),
            self.shelf,
            load_or_create(config.seals.key),
            clock,
            directory / SEALED,
        )
        self.anchoring = Anchoring(
            anchors(config, self.shelf.directory), self.shelf, clock
        )
        self.store: ClickHouseStore = store_client(config)
        self._cursor = directory / CURSOR
        self.delivered = 0
        self.error = ""
        self.store_error = ""

    def seal(self) -> None:
        """Seal what is there; what is wrong is told and tried again."""
        try:
            self.sealer.period()
        except (WhosawError, OSError) as error:
            self.error = str(error) or type(error).__name__
        # Fail open: a fault of our own is told and tried again with the next
        # period; the journal keeps what is not sealed.
        except Exception as error:  # noqa: BLE001
            self.error = f"{type(error).__name__}: {error}"
        else:
            self.error = ""

    def deliver(self) -> None:
        """Bring what waits to the store."""
        try:
            self.delivered += deliver(self.shelf, self.store, self._shipped())
        except (StoreUnavailable, StoreRejected, OSError, CursorDamaged) as error:
            self.store_error = str(error) or type(error).__name__
        else:
            self.store_error = ""

    def _shipped(self) -> tuple[int, int]:
        """How far the shipper has come."""
        cursor = load(self._cursor) or Cursor()
        return cursor.epoch, cursor.shipped

    def figures(self) -> dict[str, Any]:
        """For the status file."""
        last = self.shelf.last
        return {
            "last_seal": last[0].number if last else 0,
            "sealed_epoch": last[0].epoch if last else 0,
            "sealed_seq": last[0].last if last else 0,
            "seal_age_s": time.time() - last[0].sealed_at_ns / 1e9 if last else 0.0,
            "seals_made": self.sealer.seals,
            "absent": self.sealer.absent,
            "seal_error": self.error,
            "delivered": self.delivered,
            "store_error": self.store_error,
            "anchored": dict(self.anchoring.numbers),
            "anchors_failing": dict(self.anchoring.failing),
            "anchor_failures": self.anchoring.failures,
        }


async def _run(config: Config) -> int:
    stop = stop_on_signal()
    role = Role(config)
    async with reporting(config.status_directory, "sealer", role.figures):
        due = 0.0
        while not stop.is_set():
            if time.monotonic() >= due:
                await asyncio.to_thread(role.seal)
                due = time.monotonic() + config.seals.every
            await asyncio.to_thread(role.deliver)
            await role.anchoring.round()
            try:
                async with asyncio.timeout(min(ROUND_SECONDS, config.seals.every)):
                    await stop.wait()
            except TimeoutError:
                continue
        # What was recorded until now is sealed now; the rest of the way waits
        # for the next start if need be.
        await asyncio.to_thread(role.seal)
        await asyncio.to_thread(role.deliver)
        await role.anchoring.round()
    role.store.close()
    return 0
