"""A journal, a fake store and a shipper between them, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from proxy.events import Event, encode
from proxy.journal import Batch, Journal, JournalReader, Limits
from proxy.journal.cursor import CURSOR, Cursor, load, save
from proxy.shipper import Outcome, Shipper, ShipperSettings, StepResult
from proxy.shipper.position import Save
from tests.support.clocks import ManualClock
from tests.support.rows import SESSION, exchange, gap, view
from tests.support.stores import FakeStore


def mixed(number: int) -> list[bytes]:
    """Events of every table: mostly exchanges and views."""
    events: list[Event] = []
    for n in range(number):
        match n % 10:
            case 0:
                events.append(SESSION)
            case 1:
                events.append(gap(from_ns=n))
            case 2 | 3 | 4:
                events.append(exchange(request_offset=n))
            case _:
                events.append(view(position=n))
    return [encode(event) for event in events]


@dataclass
class Line:
    """One sidecar's way into the store."""

    directory: Path
    store: FakeStore = field(default_factory=FakeStore)
    clock: ManualClock = field(default_factory=ManualClock)
    save: Save = save
    limits: Limits = field(default_factory=lambda: Limits(segment_entries=100))
    max_rows: int = 20
    max_refusals: int = 16
    max_rejected_bytes: int = 1 << 20

    @property
    def rejected(self) -> Path:
        return self.directory / "rejected"

    @property
    def cursor(self) -> Cursor:
        found = load(self.directory / CURSOR)
        assert found is not None
        return found

    def journal(self) -> Journal:
        return Journal.open(self.directory, "node", self.limits, clock=self.clock)

    def record(self, events: list[bytes]) -> int:
        """Commit in batches of seven; the epoch."""
        with self.journal() as journal:
            for start in range(0, len(events), 7):
                journal.commit(Batch(events=events[start : start + 7]))
        return journal.epoch

    def shipper(self) -> Shipper:
        """A shipper as after a start of its process."""
        return Shipper(
            ShipperSettings(
                rejected=self.rejected,
                max_rows=self.max_rows,
                max_refusals=self.max_refusals,
                max_rejected_bytes=self.max_rejected_bytes,
            ),
            JournalReader(self.directory),
            self.store,
            self.clock,
            self.directory / CURSOR,
            save=self.save,
        )

    def ship_all(self, shipper: Shipper, most: int = 500) -> list[StepResult]:
        """Step until there is nothing to do; the results."""
        results = []
        for _ in range(most):
            results.append(shipper.step(flush=True))
            if results[-1].outcome is Outcome.IDLE:
                return results
            self.clock.advance(results[-1].wait_s)
        raise AssertionError(f"not idle after {most} steps: {shipper.status()}")

    def assert_exactly_once(self, entries: int) -> None:
        """Every entry has one row, and no token was used for two things."""
        assert list(range(1, entries + 1)) == self.store.sequences()
        assert self.store.reused_tokens == []
