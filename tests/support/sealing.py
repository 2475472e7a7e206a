"""A journal that is sealed and shipped, for tests of seals and verification."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proxy.clock import SystemClock
from proxy.evidence.chain import Keys
from proxy.evidence.seal import fingerprint
from proxy.journal import Batch, Journal, JournalReader
from proxy.journal import Limits as JournalLimits
from proxy.journal.cursor import CURSOR, SEALED
from proxy.sealing.delivery import deliver
from proxy.sealing.sealer import Limits, Sealer
from proxy.sealing.shelf import Shelf
from proxy.shipper import Outcome, Shipper, ShipperSettings
from proxy.store.client import ClickHouseStore


def keys(*private: Ed25519PrivateKey) -> Keys:
    """Their public halves, as a verification takes them."""
    return {fingerprint(each.public_key()): each.public_key() for each in private}


@dataclass
class Sealing:
    """One sidecar's journal with its sealer."""

    directory: Path
    journal: Journal
    sealer: Sealer
    shelf: Shelf
    key: Ed25519PrivateKey

    def record(self, events: Sequence[bytes]) -> None:
        """Commit events."""
        self.journal.commit(Batch(events=events))

    def ship(self, store: ClickHouseStore) -> None:
        """Bring everything to the store: rows and seals."""
        shipper = Shipper(
            ShipperSettings(rejected=self.directory / "rejected"),
            JournalReader(self.directory / "journal"),
            store,
            SystemClock(),
            self.directory / "journal" / CURSOR,
        )
        while (done := shipper.step(flush=True)).outcome is not Outcome.IDLE:
            assert done.outcome is Outcome.SHIPPED, shipper.status()["last_error"]
        while deliver(self.shelf, store, (self.journal.epoch, self.journal.last_seq)):
            pass


@contextmanager
def sealing(
    directory: Path,
    *,
    node: str = "node",
    key: Ed25519PrivateKey | None = None,
    limits: Limits | None = None,
    journal_limits: JournalLimits | None = None,
) -> Iterator[Sealing]:
    """A journal in ``directory`` with a sealer; closed in order at the end."""
    clock = SystemClock()
    with Journal.open(
        directory / "journal", node, journal_limits or JournalLimits(), clock=clock
    ) as journal:
        shelf = Shelf(directory / "seals")
        private = key or Ed25519PrivateKey.generate()
        sealer = Sealer(
            JournalReader(directory / "journal"),
            shelf,
            private,
            clock,
            directory / "journal" / SEALED,
            limits=limits,
        )
        yield Sealing(directory, journal, sealer, shelf, private)
