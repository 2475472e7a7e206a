"""A journal of inquiries, and its way into the store.

The question service has one, and so have the commands that ask without it (see
``proxy.app.asked``): a node name of its own, shipped and sealed like a sidecar's
journal, all three in one process, because it commits a few times a minute.
"""

from __future__ import annotations

import logging
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proxy.clock import SystemClock
from proxy.errors import WhosawError
from proxy.events import encode
from proxy.events.custody import InquiryRecorded
from proxy.journal import Batch, Journal, JournalReader, Limits
from proxy.journal.cursor import CURSOR, SEALED, Cursor, CursorDamaged, load
from proxy.sealing.delivery import deliver
from proxy.sealing.sealer import Sealer
from proxy.sealing.shelf import Shelf
from proxy.shipper import Outcome, Shipper, ShipperSettings
from proxy.store.client import ClickHouseStore
from proxy.store.port import StoreRejected, StoreUnavailable

logger = logging.getLogger(__name__)

MOST_BYTES = 256 << 20
"""Of the journal: some hundred thousand inquiries while the store is away."""


class Inquiries:
    """The journal, its shipper and its sealer.

    Args:
        base: its directory; made when missing.
        node: the name its rows carry.
        store: where they go.
        key: what signs its seals; None: nothing is sealed.
        limits: bounds of the journal.

    Raises:
        JournalBusy: another process has it.
        JournalFailed, OSError: the disk refused.

    """

    def __init__(
        self,
        base: Path,
        node: str,
        store: ClickHouseStore,
        key: Ed25519PrivateKey | None,
        limits: Limits | None = None,
    ) -> None:
        directory = base / "journal"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        clock = SystemClock()
        self.journal = Journal.open(
            directory, node, limits or Limits(total_bytes=MOST_BYTES), clock=clock
        )
        reader = JournalReader(directory)
        settings = ShipperSettings(rejected=base / "rejected")
        self.shipper = Shipper(settings, reader, store, clock, directory / CURSOR)
        self.error = ""
        self._store = store
        self._cursor: Path = directory / CURSOR
        self._shelf = Shelf(base / "seals")
        self._sealer: Sealer | None = None
        if key is not None:
            self._sealer = Sealer(
                JournalReader(directory), self._shelf, key, clock, directory / SEALED
            )

    def record(self, inquiry: InquiryRecorded) -> None:
        """Have it on disk; any thread.

        Raises:
            JournalFull, JournalFailed: it is not.
        """
        self.journal.commit(Batch(events=[encode(inquiry)]))

    def ship(self) -> str:
        """Bring what is there to the store now; why it is not, or nothing.

        Not beside ``shipper.run``.
        """
        while (result := self.shipper.step(flush=True)).outcome is Outcome.SHIPPED:
            continue
        if result.outcome is Outcome.IDLE:
            return ""
        return str(self.shipper.status()["last_error"])

    def seal(self) -> None:
        """Seal what is there, and bring seals to the store; trouble is told."""
        if self._sealer is None:
            return
        try:
            self._sealer.period()
            cursor = load(self._cursor) or Cursor()
            deliver(self._shelf, self._store, (cursor.epoch, cursor.shipped))
        except (
            *(StoreUnavailable, StoreRejected, CursorDamaged),
            *(WhosawError, OSError),
        ) as error:
            self.error = str(error) or type(error).__name__
        else:
            self.error = ""

    def close(self) -> None:
        """Close the journal in order."""
        self.journal.close()
