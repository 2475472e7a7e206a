"""The writing side of the journal; see the package for its promises."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from proxy.journal import layout, opening, segment
from proxy.journal.cursor import CURSOR, LDV, SEALED, Cursor, CursorDamaged, load
from proxy.journal.finished import FinishedSegments
from proxy.journal.model import (
    Batch,
    Fill,
    JournalFailed,
    JournalFull,
    Limits,
    SetAside,
    WallClock,
    failure,
)
from proxy.journal.upkeep import Upkeep

_DEFAULTS = Limits()

_PAGE = 4096
_ENTRY_OVERHEAD = 16
"""Bytes SQLite adds to a body: row id, record header, cell pointer."""


class Journal:
    """The one writer of a journal. Get it with ``open``.

    Any thread may call; calls wait for each other.
    """

    def __init__(
        self, directory: Path, node: str, limits: Limits, clock: WallClock, cursor: Path
    ) -> None:
        self.node = node
        self.set_aside: list[SetAside] = []
        """What could not be trusted at open; the recorder owes a gap for each."""
        self.stopped_cleanly = True
        """Whether the last writer closed the journal; True for a new one."""
        self.last_heartbeat_ns = 0
        """Wall clock of the last heartbeat; at open, of the last writer's."""
        self.failed_commits = 0
        self.rotations = 0
        self.pauses = 0
        """Commits that had to do the checkpoint themselves."""
        self._directory = directory
        self._limits = limits
        self._clock = clock
        self._cursor_path = cursor
        self._marks = (directory / SEALED, directory / LDV)
        self._lock = threading.RLock()
        self._finished = FinishedSegments()
        self._boots: frozenset[int] | None = None
        self._doubtful = False
        self._refused = False  # the last batch: its time is owed a gap
        self._adopted: list[bytes] = []
        self._closed = False
        self._upkeep = Upkeep(self._keep_up, seconds=limits.upkeep_seconds)
        self._lock_file = opening.lock(directory)
        try:
            self._start()
        except BaseException:
            os.close(self._lock_file)
            raise
        self._upkeep.start()

    @classmethod
    def open(
        cls,
        directory: Path,
        node: str,
        limits: Limits = _DEFAULTS,
        *,
        clock: WallClock,
        cursor: Path | None = None,
    ) -> Self:
        """Open or make the journal in ``directory`` for writing.

        Raises:
            JournalBusy: another process writes it.
            JournalFailed: the disk failed, or a later version wrote it.
        """
        try:
            return cls(directory, node, limits, clock, cursor or directory / CURSOR)
        except (sqlite3.Error, OSError) as problem:
            raise JournalFailed(
                f"the journal in {directory} cannot be opened: {problem}"
            ) from problem

    @property
    def epoch(self) -> int:
        """The present incarnation: ms since 1970 when it began."""
        return self._epoch

    @property
    def last_seq(self) -> int:
        """Sequence number of the last entry; 0 in an empty epoch."""
        return self._last_seq

    @property
    def unlinked(self) -> int:
        """Segments unlinked since open."""
        return self._finished.unlinked

    def commit(self, batch: Batch) -> int:
        """Make a batch durable; all of it, or nothing.

        Returns the sequence number of its last event (``last_seq``). After an
        exception the same batch may be committed again.

        Raises:
            JournalFull: the bound or the disk is reached.
            JournalFailed: the disk failed.
        """
        with self._lock:
            self._refused = True
            try:
                self._commit(batch)
            except (sqlite3.Error, OSError) as problem:
                self.failed_commits += 1
                self._doubtful = True
                raise failure(self._directory, "a commit failed", problem) from problem
            except JournalFull:
                self.failed_commits += 1
                raise
            self._refused = False
            return self._last_seq

    def heartbeat(self, now_ns: int) -> None:
        """Note durably that the recorder was alive at this wall clock.

        Raises:
            As ``commit``.
        """
        self.commit(Batch(heartbeat_ns=now_ns))

    def keep_boots(self, boots: Iterable[int]) -> None:
        """Name the wires that live; progress of others goes at the next rotation."""
        self._boots = frozenset(boots)

    def sessions(self) -> dict[bytes, bytes]:
        """Open sessions as of the last commit."""
        with self._lock:
            return dict(self._connection.execute("SELECT key, body FROM sessions"))

    def progress(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Bytes covered per (wire boot, connection) as of the last commit."""
        with self._lock:
            return {
                (segment.unsigned(boot), connection): (up, down)
                for boot, connection, up, down in self._connection.execute(
                    "SELECT boot, connection, up, down FROM progress"
                )
            }

    def fill(self) -> Fill:
        """How full it is; cheap enough for every status."""
        cursor = self._cursor()
        with self._lock:
            spans = [
                *self._finished.spans(),
                (self._epoch, self._first, self._last_seq),
            ]
            size = self._bytes()
        unshipped = 0
        for epoch, first, last in spans:
            if epoch == cursor.epoch:
                unshipped += max(0, last - max(first - 1, cursor.shipped))
            elif epoch > cursor.epoch:
                unshipped += last - first + 1
        return Fill(
            bytes=size,
            entries=sum(last - first + 1 for _, first, last in spans),
            unshipped=unshipped,
            limit=self._limits.total_bytes,
        )

    def close(self) -> None:
        """Stop in order: unless a batch was refused last, ``stopped_cleanly`` next.

        Raises:
            JournalFailed, JournalFull: not written; everything committed stands.
        """
        if self._closed:
            return
        self._closed = True
        self._upkeep.stop()
        with self._lock:
            try:
                if not self._refused:
                    self._connection.execute(
                        "UPDATE meta SET value = 1 WHERE key = 'stopped'"
                    )
            except sqlite3.Error as problem:
                raise failure(self._directory, "did not close", problem) from problem
            finally:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()
                self._finished.finish()
                os.close(self._lock_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Opening

    def _start(self) -> None:
        layout.remove_unfinished(self._directory)
        names = layout.segments(self._directory)
        found = None
        if names:
            now_ms = self._clock.wall_ns() // 1_000_000
            found = opening.newest_state(names[-1], self._cursor(), now_ms)
        if found is None or isinstance(found, SetAside):
            if found is not None:
                self.set_aside.append(found)
                self.stopped_cleanly = False
            left = layout.segments(self._directory)
            self._finished.add_found(left, following=0)
            self._begin(self._next_epoch(), 1, snapshot_of=None)
        else:
            self._finished.add_found(names, following=1)
            self._use(names[-1].path, found)
            self.stopped_cleanly = found.stopped
            self.last_heartbeat_ns = found.heartbeat_ns
            if found.node != self.node:
                self._rotate(self._next_epoch(), 1)
        self._connection.execute("UPDATE meta SET value = 0 WHERE key = 'stopped'")

    def _next_epoch(self) -> int:
        seen = layout.epochs_seen(self._directory) | {self._cursor().epoch}
        return max(self._clock.wall_ns() // 1_000_000, max(seen) + 1)

    # Segments

    def _begin(self, epoch: int, first: int, *, snapshot_of: Path | None) -> None:
        path = layout.segment_path(self._directory, epoch, first)
        segment.create(
            path,
            node=self.node,
            epoch=epoch,
            first=first,
            heartbeat_ns=self.last_heartbeat_ns,
            snapshot_of=snapshot_of,
            boots=self._boots,
        )
        try:
            with contextlib.closing(segment.connect(path)) as connection:
                made = segment.state(connection)
            self._use(path, made)
        except BaseException:
            # The old one goes on being written: a younger name must not stand.
            layout.unlink(path)
            raise

    def _use(self, path: Path, found: segment.State) -> None:
        self._connection = segment.connect_writer(path, self._limits.wal_bytes)
        self._path = path
        self._epoch = found.epoch
        self._first = found.first
        self._last_seq = found.last
        self._body_bytes = found.body_bytes
        self._set_aside_bytes = layout.size_set_aside(self._directory)
        self._wal_bytes = 0
        """Upper estimate: SQLite does not say how long its log is."""
        self._pinned = False
        """A reader keeps the log from starting over."""

    def _rotate(self, epoch: int, first: int) -> None:
        """Go on in a new segment that starts from this one's state."""
        connection, path = self._connection, self._path
        old = {"epoch": self._epoch, "first": self._first, "last": self._last_seq}
        self._begin(epoch, first, snapshot_of=path)
        self.rotations += 1
        # Closing folds the log in, which takes long: not while a commit waits.
        self._finished.add(path, connection=connection, **old)
        self._upkeep.wake()

    def _is_full(self) -> bool:
        entries = self._last_seq - self._first + 1
        return entries > 0 and (
            self._body_bytes >= self._limits.segment_bytes
            or entries >= self._limits.segment_entries
            or (self._pinned and self._wal_bytes >= self._limits.wal_bytes)
        )

    def _bytes(self) -> int:
        return self._set_aside_bytes + self._finished.bytes + layout.size(self._path)

    def _cursor(self) -> Cursor:
        """The shipper's, or one that has shipped nothing: then all is kept."""
        try:
            return load(self._cursor_path) or Cursor()
        except (CursorDamaged, OSError):
            return Cursor()

    def _let_go(self) -> Cursor:
        """What was counted, as far as others that have begun are done with it, too."""
        marks = [self._cursor()]
        for path in self._marks:
            try:
                found = load(path)
            except (CursorDamaged, OSError):
                found = Cursor()
            marks += [] if found is None else [found]
        return min(marks, key=lambda each: (each.epoch, each.counted))

    # Committing

    def _commit(self, batch: Batch) -> None:
        if self._doubtful:
            self._reopen()
        if self._adopted and batch.is_of(self._adopted):
            # The commit that failed reached the disk after all.
            self._adopted = []
            return
        if not (batch.events or batch.sessions or batch.progress or batch.heartbeat_ns):
            return
        body_bytes = batch.body_bytes + _ENTRY_OVERHEAD * len(batch.events)
        self._make_room(body_bytes)
        if self._is_full():
            self._rotate(self._epoch, self._last_seq + 1)
        if self._wal_bytes >= self._limits.wal_bytes:
            self.pauses += 1
            self._checkpoint_rest()
        segment.write(self._connection, self._last_seq + 1, batch)
        self._adopted = []
        self._last_seq += len(batch.events)
        self._body_bytes += body_bytes
        if batch.heartbeat_ns:
            self.last_heartbeat_ns = batch.heartbeat_ns
        pages = 3 + len(batch.sessions) + len(batch.progress)
        self._wal_bytes += body_bytes + _PAGE * pages
        if self._wal_bytes >= self._limits.checkpoint_bytes:
            self._upkeep.wake()

    def _reopen(self) -> None:
        """After a failed commit: ask the disk what it holds, not memory.

        A commit whose sync failed may be found complete when the log is read
        again; the batch that is tried again must then not be written twice.
        """
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        last = self._last_seq
        with contextlib.closing(segment.connect(self._path)) as connection:
            found = segment.state(connection)
            self._adopted = [
                body
                for (body,) in connection.execute(
                    "SELECT body FROM entries WHERE seq > ? ORDER BY seq", (last,)
                )
            ]
        self._use(self._path, found)
        self._doubtful = False

    def _make_room(self, wanted: int) -> None:
        if self._bytes() + wanted <= self._limits.total_bytes:
            return
        # Sealed or not: a sealer that is away must not stop the recording.
        self._finished.unlink_counted(self._cursor())
        self._set_aside_bytes = layout.size_set_aside(self._directory)
        if segment.fold(self._connection):
            self._wal_bytes = 0
        held = self._bytes()
        if held + wanted > self._limits.total_bytes:
            raise JournalFull(
                f"the journal in {self._directory} holds {held} bytes and may hold "
                f"{self._limits.total_bytes}; shipping to the store shrinks it"
            )

    # Upkeep

    def _keep_up(self) -> None:
        if self._wal_bytes >= self._limits.checkpoint_bytes:
            # Most of the log is copied while commits go on; only what they
            # added meanwhile is copied while one waits.
            with contextlib.closing(segment.connect(self._path)) as connection:
                segment.checkpoint(connection)
            with self._lock:
                self._checkpoint_rest()
        self._finished.finish()
        self._finished.unlink_counted(self._let_go())

    def _checkpoint_rest(self) -> None:
        frames, copied = segment.checkpoint(self._connection)
        self._pinned = copied < frames
        self._wal_bytes = frames * _PAGE if self._pinned else 0
