"""The segments that are not written any more: kept until the store has them."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from proxy.journal import layout, segment
from proxy.journal.cursor import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One of them: entries [first, last] of an epoch."""

    epoch: int
    first: int
    last: int
    path: Path
    bytes: int


class FinishedSegments:
    """All of them. Guarded by a lock of its own, never held across disk work."""

    def __init__(self) -> None:
        self.unlinked = 0
        """Segments unlinked since open."""
        self._lock = threading.Lock()
        self._segments: list[Finished] = []
        self._unfinished: set[Path] = set()
        self._connections: list[sqlite3.Connection] = []

    def add(
        self,
        path: Path,
        *,
        epoch: int,
        first: int,
        last: int,
        connection: sqlite3.Connection | None = None,
    ) -> None:
        """Take a segment over, with the writing connection to close."""
        size = layout.size(path)
        with self._lock:
            self._segments.append(
                Finished(epoch=epoch, first=first, last=last, path=path, bytes=size)
            )
            self._unfinished.add(path)
            if connection is not None:
                self._connections.append(connection)

    def add_found(self, names: list[layout.SegmentName], following: int) -> None:
        """Take over what an earlier process left, oldest first.

        ``following`` is how many of the last names are not to be taken: they
        only tell where the one before them ends.
        """
        for index, name in enumerate(names[: len(names) - following]):
            after = names[index + 1] if index + 1 < len(names) else None
            if after is not None and after.epoch == name.epoch:
                last = after.first - 1
            else:
                last = _last_entry(name)
            self.add(name.path, epoch=name.epoch, first=name.first, last=last)

    @property
    def bytes(self) -> int:
        """Bytes of all their files."""
        with self._lock:
            return sum(finished.bytes for finished in self._segments)

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """(epoch, first, last) of each."""
        with self._lock:
            return iter([(s.epoch, s.first, s.last) for s in self._segments])

    def finish(self) -> None:
        """Close and fold the logs in. Slow; a reader in the way is tried again."""
        with self._lock:
            connections, self._connections = self._connections, []
            waiting = set(self._unfinished)
        for connection in connections:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        done = {path for path in waiting if segment.finish(path)}
        with self._lock:
            self._unfinished -= done
            self._segments = [
                replace(s, bytes=layout.size(s.path)) if s.path in done else s
                for s in self._segments
            ]

    def unlink_counted(self, cursor: Cursor) -> None:
        """Unlink each of which the store holds every entry, by count."""
        with self._lock:
            gone = [
                s
                for s in self._segments
                if s.epoch < cursor.epoch
                or (s.epoch == cursor.epoch and s.last <= cursor.counted)
            ]
            self._segments = [s for s in self._segments if s not in gone]
            self._unfinished -= {s.path for s in gone}
            self.unlinked += len(gone)
        for s in gone:
            layout.unlink(s.path)


def _last_entry(name: layout.SegmentName) -> int:
    """Only for the figures: the shipper reads whatever is there."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(segment.connect(name.path, read_only=True)) as connection,
    ):
        highest = connection.execute("SELECT max(seq) FROM entries").fetchone()[0]
        if highest is not None:
            return int(highest)
    return name.first - 1
