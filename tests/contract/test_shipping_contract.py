"""The shipper with a real store: rows arrive once, in the right tables."""

from __future__ import annotations

from pathlib import Path

from proxy.journal import JournalReader
from proxy.journal.cursor import CURSOR, Cursor, save
from proxy.shipper import Outcome, Shipper, ShipperSettings
from tests.support.clocks import ManualClock
from tests.support.embedded import EmbeddedStore
from tests.support.shipping import Line, mixed


def test_a_journal_is_shipped_into_the_embedded_store_exactly_once(
    tmp_path: Path, embedded_store: EmbeddedStore
) -> None:
    """With the cursor put back to the start in between, as after a restore."""
    line = Line(tmp_path)
    epoch = line.record(mixed(500))
    store = embedded_store.store()

    for _ in range(2):
        shipper = Shipper(
            ShipperSettings(rejected=line.rejected, max_rows=150),
            JournalReader(tmp_path),
            store,
            ManualClock(),
            tmp_path / CURSOR,
        )
        while (result := shipper.step(flush=True)).outcome is not Outcome.IDLE:
            assert result.outcome is Outcome.SHIPPED, shipper.status()
        (tmp_path / CURSOR).unlink()

    counts = {
        name: store.count(name, "node", epoch, 1, 500)
        for name in ("exchanges", "views", "sessions", "gaps")
    }
    assert counts == {"exchanges": 150, "views": 250, "sessions": 50, "gaps": 50}
    assert not line.rejected.exists()
    store.close()


def test_a_batch_that_was_begun_before_a_stop_is_not_stored_twice(
    tmp_path: Path, embedded_store: EmbeddedStore
) -> None:
    """The cursor still names the batch; the store has it already."""
    line = Line(tmp_path)
    epoch = line.record(mixed(100))
    store = embedded_store.store()

    for _ in range(3):
        save(tmp_path / CURSOR, Cursor(epoch=epoch, batch=(1, 100)))
        Shipper(
            ShipperSettings(rejected=line.rejected),
            JournalReader(tmp_path),
            store,
            ManualClock(),
            tmp_path / CURSOR,
        ).step(flush=True)

    assert store.count("views", "node", epoch, 1, 100) == 50
    assert store.count("exchanges", "node", epoch, 1, 100) == 30
    store.close()
