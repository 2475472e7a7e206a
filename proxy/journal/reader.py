"""The reading side of the journal: another process, while the writer writes.

Every call opens a segment, reads in one short transaction and closes: a long
one would keep the writer's log from starting over. A segment that is unlinked
between listing and opening was counted in the store and is passed over.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from proxy.errors import WhosawError
from proxy.journal import layout, segment
from proxy.journal.layout import SegmentName
from proxy.journal.model import MIB, Entry, JournalFailed, SegmentDamaged

_PROBES = 1000
"""Entries tried one by one after a damaged page (which holds about ten) before
the rest of the segment is given up."""


class JournalReader:
    """Reads the journal in ``directory``, which need not exist yet."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def segments(self) -> list[SegmentName]:
        """Segments by name, oldest first."""
        return layout.segments(self.directory)

    def epochs(self) -> list[int]:
        """Epochs that have segments, oldest first."""
        return sorted({name.epoch for name in self.segments()})

    def node(self, epoch: int) -> str:
        """The node that wrote this epoch; empty when it has gone.

        Raises:
            SegmentDamaged, JournalFailed: as ``read``.
        """
        for name in self.segments():
            if name.epoch == epoch:
                found = self._one(name, "SELECT value FROM meta WHERE key = 'node'")
                if found is not None:
                    return str(found)
        return ""

    def tail(self) -> tuple[int, int]:
        """Newest epoch and its last sequence number; (0, 0) without a journal.

        Raises:
            SegmentDamaged, JournalFailed: as ``read``.
        """
        names = self.segments()
        return (names[-1].epoch, self.last_seq(names[-1].epoch)) if names else (0, 0)

    def last_seq(self, epoch: int) -> int:
        """Last sequence number of an epoch; 0 when it has none."""
        names = [name for name in self.segments() if name.epoch == epoch]
        if not names:
            return 0
        highest = self._one(names[-1], "SELECT max(seq) FROM entries")
        return highest if isinstance(highest, int) else names[-1].first - 1

    def read(
        self, epoch: int, after_seq: int, limit: int, max_bytes: int = 64 * MIB
    ) -> list[Entry]:
        """Entries of an epoch after ``after_seq``, across segments, in order.

        At most ``limit``, and no more once ``max_bytes`` of bodies are reached.
        Consecutive, except that the first may lie further on when older
        segments were unlinked.

        Raises:
            SegmentDamaged: the next ones are on disk and cannot be read.
            JournalFailed: the disk failed, or the writer was in the way; again.
        """
        entries: list[Entry] = []
        names = [name for name in self.segments() if name.epoch == epoch]
        for index, name in enumerate(names):
            end = names[index + 1].first - 1 if index + 1 < len(names) else None
            after = entries[-1].seq if entries else after_seq
            if end is not None and end <= after:
                continue
            if entries and name.first != after + 1:
                break
            wanted = limit - len(entries)
            if not self._take(name, after, wanted, max_bytes, entries):
                if not entries:
                    raise self._damage(name, after, end)
                break
            max_bytes -= sum(len(entry.body) for entry in entries if entry.seq > after)
            if len(entries) >= limit or max_bytes <= 0:
                break
        return entries

    def _take(
        self,
        name: SegmentName,
        after: int,
        limit: int,
        max_bytes: int,
        entries: list[Entry],
    ) -> bool:
        """Append what the segment has; False when damage ended it."""
        try:
            with self._open(name) as connection:
                # Not "> after": that looks at after's own page, which may be the
                # damaged one.
                for row in connection.execute(
                    "SELECT seq, body FROM entries WHERE seq >= ? ORDER BY seq LIMIT ?",
                    (after + 1, limit),
                ):
                    entries.append(Entry(*row))
                    max_bytes -= len(row[1])
                    if max_bytes <= 0:
                        break
        except _Vanished:
            return True
        except sqlite3.DatabaseError:
            # The row before the damage was read and not handed out.
            seq = max(after, entries[-1].seq if entries else 0) + 1
            query = "SELECT body FROM entries WHERE seq = ?"
            with contextlib.suppress(SegmentDamaged):
                body = self._one(name, query, seq)
                if isinstance(body, bytes):
                    entries.append(Entry(seq, body))
            return False
        return True

    def _damage(self, name: SegmentName, after: int, end: int | None) -> WhosawError:
        """How far the damage goes that begins after ``after``."""
        reason = "unreadable"
        for seq in range(after + 1, after + 1 + _PROBES):
            try:
                if self._one(name, "SELECT 1 FROM entries WHERE seq = ?", seq):
                    if seq == after + 1:
                        break
                    return SegmentDamaged(name.epoch, after + 1, seq - 1, reason)
            except SegmentDamaged as problem:
                reason = problem.reason
        else:
            seq = after + 1 + _PROBES
        if end is None or seq == after + 1:
            # Where it ends is known once the recorder has set it aside.
            return JournalFailed(f"{name.path} is damaged: {reason}")
        return SegmentDamaged(name.epoch, after + 1, end, reason)

    def _one(self, name: SegmentName, query: str, *parameters: int) -> object:
        """First value of the first row; None without one."""
        try:
            with self._open(name) as connection:
                row = connection.execute(query, parameters).fetchone()
        except _Vanished:
            return None
        except sqlite3.DatabaseError as problem:
            raise SegmentDamaged(
                name.epoch, name.first, name.first, str(problem)
            ) from problem
        return None if row is None else row[0]

    @contextmanager
    def _open(self, name: SegmentName) -> Iterator[sqlite3.Connection]:
        try:
            with closing(segment.connect(name.path, read_only=True)) as connection:
                yield connection
        except sqlite3.OperationalError as problem:
            if not name.path.exists():
                raise _Vanished from problem
            raise JournalFailed(f"{name.path} cannot be read: {problem}") from problem


class _Vanished(Exception):
    """The segment was unlinked since it was listed."""
