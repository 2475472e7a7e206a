"""The shipper's control flow; see the package for its promises."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from proxy.clock import Clock
from proxy.journal import cursor as cursor_file
from proxy.journal.cursor import Cursor
from proxy.journal.model import Entry, JournalFailed, SegmentDamaged
from proxy.journal.reader import JournalReader
from proxy.shipper.count import compare
from proxy.shipper.model import (
    Outcome,
    RejectedFull,
    ShipperSettings,
    StepResult,
)
from proxy.shipper.place import Known, Placer, lacks
from proxy.shipper.position import Position, Save
from proxy.shipper.rejected import UNREADABLE, Rejected
from proxy.shipper.rows import happened_ns, split
from proxy.store.port import Store, StoreRejected, StoreUnavailable


class Shipper:
    """Ships one journal. ``step`` does one thing; ``run`` repeats it.

    One thread steps; ``status`` may be asked from any.
    """

    def __init__(
        self,
        settings: ShipperSettings,
        reader: JournalReader,
        store: Store,
        clock: Clock,
        cursor_path: Path,
        *,
        save: Save = cursor_file.save,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._store = store
        self._clock = clock
        self._position = Position(cursor_path, save)
        self._rejected = Rejected(settings.rejected, settings.max_rejected_bytes)
        self._ready = False
        self._node: tuple[int, str] = (0, "")
        self._taken_at_ns = clock.monotonic_ns()
        self._counted_at_ns = clock.monotonic_ns()
        self._failures = 0
        self._short_counts = 0
        self._shortage = ""
        self._last_error = ""
        self._counters = dict.fromkeys(
            (
                "batches",
                "rows_stored",
                "rows_found",
                "rows_rejected",
                "entries_unreadable",
                "entries_missing",
                "failures",
                "short_counts",
                "surplus_counts",
                "ranges_repaired",
            ),
            0,
        )

    def step(self, *, flush: bool = False) -> StepResult:
        """Ship one batch, or do whatever comes before it.

        ``flush`` does not wait for more entries. Faults of store, journal and
        disk are told in the result and in ``status``, never raised.
        """
        try:
            result = self._step(flush=flush)
        except (
            StoreUnavailable,
            StoreRejected,
            JournalFailed,
            RejectedFull,
            OSError,
        ) as problem:
            return self._failed(str(problem) or type(problem).__name__)
        self._failures = 0
        self._last_error = ""
        return result

    def run(self, stop: threading.Event) -> None:
        """Ship until ``stop`` is set, then what is there, for ``drain_s`` at most.

        Raises:
            ShipperBusy: another shipper works with this cursor.
        """
        with self._position.alone():
            while not stop.is_set():
                stop.wait(self._guarded_step(flush=False).wait_s)
            deadline = self._clock.monotonic_ns() + round(self._settings.drain_s * 1e9)
            pause = threading.Event()
            while self._clock.monotonic_ns() < deadline:
                result = self._guarded_step(flush=True)
                if result.outcome is Outcome.IDLE:
                    break
                pause.wait(min(result.wait_s, 0.5))

    def status(self) -> dict[str, object]:
        """Where it stands, for a status file; safe to ask at any time."""
        cursor = self._position.cursor or Cursor()
        epoch, tail = 0, 0
        behind = 0.0
        error = self._last_error
        try:
            epoch, tail = self._reader.tail()
            if (epoch, tail) > (cursor.epoch, cursor.shipped):
                behind = self._age_ms(cursor)
        except (JournalFailed, SegmentDamaged) as problem:
            error = error or str(problem)
        return {
            "epoch": cursor.epoch,
            "shipped": cursor.shipped,
            "counted": cursor.counted,
            "journal_epoch": epoch,
            "journal_tail": tail,
            "lag_ms": behind,
            "last_error": error or self._shortage,
            "failures_in_a_row": self._failures,
            "short": bool(self._shortage),
            **self._counters,
        }

    # One step

    def _step(self, *, flush: bool) -> StepResult:
        settings = self._settings
        epochs = self._reader.epochs()
        if not epochs:
            return StepResult(outcome=Outcome.IDLE, wait_s=settings.poll_s)
        cursor = self._position.begin(
            epochs[0], self._reader.tail, self._clock.wall_ns() // 1_000_000
        )
        if cursor.epoch > epochs[-1]:
            return StepResult(outcome=Outcome.IDLE, wait_s=settings.poll_s)
        cursor = self._count_if_due(cursor)
        pending = self._reader.last_seq(cursor.epoch) - cursor.shipped
        if pending <= 0:
            return self._nothing_pending(cursor, epochs)
        if cursor.batch is None and not flush:
            wait_s = self._wait_for_more(pending)
            if wait_s > 0:
                return StepResult(outcome=Outcome.WAITING, wait_s=wait_s)
        self._make_sure_of_store()
        return self._ship(cursor)

    def _wait_for_more(self, pending: int) -> float:
        """Seconds to wait for a fuller batch; 0 when it is time.

        Counted from the batch before, so that the first entry after a pause
        does not wait and there are no more batches a second for it.
        """
        now = self._clock.monotonic_ns()
        left = self._settings.max_age_s - (now - self._taken_at_ns) / 1e9
        if pending >= self._settings.max_rows or left <= 0:
            return 0.0
        return min(left, self._settings.poll_s)

    def _make_sure_of_store(self) -> None:
        if self._ready:
            return
        missing = self._store.missing_migrations()
        if missing:
            raise StoreUnavailable(lacks(missing))
        self._ready = True

    def _ship(self, cursor: Cursor) -> StepResult:
        settings = self._settings
        self._taken_at_ns = self._clock.monotonic_ns()
        try:
            entries = self._read(cursor)
        except SegmentDamaged as damaged:
            return self._pass_over(cursor, damaged)
        if not entries:
            return StepResult(outcome=Outcome.IDLE, wait_s=settings.poll_s)
        first, last = entries[0].seq, entries[-1].seq
        if cursor.batch is not None:
            first, last = cursor.batch
            known = Known.SENT
        else:
            known = Known.NEW
            cursor = self._note_hole(cursor, first)
            cursor = msgspec.structs.replace(cursor, batch=(first, last))
            self._position.move(cursor)
        if (cursor.epoch, first) <= cursor.unsure:
            known = Known.ELSEWHERE
        stored = self._place(cursor, entries, first, last, known)
        rows = dict(cursor.stored)
        for table, count in stored.items():
            rows[table] = rows.get(table, 0) + count
        self._position.move(
            msgspec.structs.replace(cursor, shipped=last, batch=None, stored=rows)
        )
        self._counters["batches"] += 1
        return StepResult(outcome=Outcome.SHIPPED, rows=sum(stored.values()))

    def _read(self, cursor: Cursor) -> list[Entry]:
        settings = self._settings
        if cursor.batch is None:
            return self._reader.read(
                cursor.epoch, cursor.shipped, settings.max_rows, settings.max_bytes
            )
        first, last = cursor.batch
        # Whatever the settings are now: a batch is never formed differently.
        entries: list[Entry] = []
        while len(entries) < last - first + 1:
            after = entries[-1].seq if entries else first - 1
            more = self._reader.read(cursor.epoch, after, last - after)
            if not more:
                raise JournalFailed(
                    f"entries {after + 1} to {last} of epoch {cursor.epoch}, which"
                    " are being shipped, are not in the journal"
                )
            entries += more
        return entries

    def _place(
        self,
        cursor: Cursor,
        entries: Sequence[Entry],
        first: int,
        last: int,
        known: Known,
    ) -> dict[str, int]:
        """Rows of each table that are in the store afterwards."""
        node = self._node_of(cursor.epoch)
        parts = split(entries, node, cursor.epoch)
        if parts.unreadable:
            self._rejected.keep(UNREADABLE, node, cursor.epoch, parts.unreadable)
            self._counters["entries_unreadable"] += len(parts.unreadable)
        placer = Placer(
            store=self._store,
            rejected=self._rejected,
            node=node,
            epoch=cursor.epoch,
            max_refusals=self._settings.max_refusals,
        )
        stored = {}
        for name, rows in parts.rows.items():
            try:
                placed = placer.place(parts.tables[name], rows, first, last, known)
            except StoreUnavailable:
                self._ready = False
                raise
            stored[name] = placed.stored
            self._counters["rows_stored"] += placed.stored
            self._counters["rows_found"] += placed.found
            self._counters["rows_rejected"] += placed.rejected
        return stored

    def _node_of(self, epoch: int) -> str:
        if self._node[0] != epoch:
            node = self._reader.node(epoch)
            if not node:
                raise JournalFailed(f"epoch {epoch} has no segment that names its node")
            self._node = (epoch, node)
        return self._node[1]

    def _pass_over(self, cursor: Cursor, damaged: SegmentDamaged) -> StepResult:
        """Go on behind entries that cannot be read, and say so."""
        if cursor.batch is not None:
            # The batch cannot be completed as it was begun, and some of it may
            # have been sent: go through its range looking at what is there.
            unsure = max(cursor.unsure, (cursor.epoch, cursor.batch[1]))
            self._position.move(
                msgspec.structs.replace(cursor, batch=None, unsure=unsure)
            )
            return StepResult(outcome=Outcome.SHIPPED)
        self._rejected.keep_damage(self._node_of(cursor.epoch), damaged)
        self._counters["entries_unreadable"] += damaged.last - damaged.first + 1
        self._position.move(msgspec.structs.replace(cursor, shipped=damaged.last))
        return StepResult(outcome=Outcome.SHIPPED)

    def _note_hole(self, cursor: Cursor, first: int) -> Cursor:
        missing = first - 1 - cursor.shipped
        if missing <= 0:
            return cursor
        if cursor.shipped:
            self._counters["entries_missing"] += missing
            return cursor
        # The segments before were unlinked, so they had been counted.
        return msgspec.structs.replace(cursor, shipped=first - 1, counted=first - 1)

    # Counting

    def _nothing_pending(self, cursor: Cursor, epochs: Sequence[int]) -> StepResult:
        later = [epoch for epoch in epochs if epoch > cursor.epoch]
        if not later:
            return StepResult(outcome=Outcome.IDLE, wait_s=self._settings.poll_s)
        if cursor.counted < cursor.shipped and not self._count(cursor):
            # A later epoch would let the journal unlink this one.
            return self._failed(self._shortage)
        self._position.move(Cursor(epoch=later[0], unsure=cursor.unsure))
        return StepResult(outcome=Outcome.SHIPPED)

    def _count_if_due(self, cursor: Cursor) -> Cursor:
        elapsed = (self._clock.monotonic_ns() - self._counted_at_ns) / 1e9
        if (
            cursor.batch is None
            and cursor.counted < cursor.shipped
            and elapsed >= self._settings.count_s
        ):
            self._count(cursor)
        return self._position.cursor or cursor

    def _count(self, cursor: Cursor) -> bool:
        """Note that the store holds what it acknowledged, or that it does not."""
        self._counted_at_ns = self._clock.monotonic_ns()
        result = compare(self._store, self._node_of(cursor.epoch), cursor)
        if not result.short:
            self._shortage = ""
            self._short_counts = 0
            self._counters["surplus_counts"] += result.surplus
            self._position.move(
                msgspec.structs.replace(cursor, counted=cursor.shipped, stored={})
            )
            return True
        self._shortage = result.told
        self._short_counts += 1
        self._counters["short_counts"] += 1
        tried = (cursor.epoch, cursor.counted + 1) <= cursor.unsure
        if self._short_counts >= self._settings.recounts and not tried:
            # Once more, looking first what is there. If that does not mend it
            # the range stays in the journal, and in the status, for a person.
            self._short_counts = 0
            self._counters["ranges_repaired"] += 1
            self._position.move(
                msgspec.structs.replace(
                    cursor,
                    shipped=cursor.counted,
                    stored={},
                    unsure=(cursor.epoch, cursor.shipped),
                )
            )
        return False

    # Small things

    def _failed(self, reason: str) -> StepResult:
        settings = self._settings
        self._counters["failures"] += 1
        self._last_error = reason
        pause = min(
            settings.backoff_first_s * 2 ** min(self._failures, 20),
            settings.backoff_last_s,
        )
        self._failures += 1
        # Many sidecars that lost the same store must not return as one.
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 no secret
        return StepResult(outcome=Outcome.FAILED, wait_s=pause * jitter)

    def _guarded_step(self, *, flush: bool) -> StepResult:
        try:
            return self.step(flush=flush)
        # Fail open: a fault of our own is told in the status and tried again;
        # the journal holds everything meanwhile.
        except Exception as problem:  # noqa: BLE001
            return self._failed(f"{type(problem).__name__}: {problem}")

    def _age_ms(self, cursor: Cursor) -> float:
        """Age of the oldest entry that is not shipped."""
        happened = None
        for epoch in self._reader.epochs():
            if epoch >= cursor.epoch:
                after = cursor.shipped if epoch == cursor.epoch else 0
                entries = self._reader.read(epoch, after, 1)
                if entries:
                    happened = happened_ns(entries[0].body)
                    break
        if happened is None:
            return 0.0
        return max(0.0, (self._clock.wall_ns() - happened) / 1e6)
