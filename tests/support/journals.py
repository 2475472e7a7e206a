"""A journal in memory that honours the port, and fails when told to."""

from __future__ import annotations

from collections.abc import Iterable

from proxy.events import Event, HeartbeatRecorded, decode
from proxy.journal.model import Batch, JournalFailed, JournalFull, SetAside


class MemoryJournal:
    """Keeps what was committed."""

    def __init__(self) -> None:
        self.stopped_cleanly = True
        self.last_heartbeat_ns = 0
        self.set_aside: list[SetAside] = []
        self.bodies: list[bytes] = []
        self.rows: dict[tuple[int, int], tuple[int, int]] = {}
        self.open_sessions: dict[bytes, bytes] = {}
        self.boots: list[int] = []
        self.commits = 0
        self.full = False
        self.broken = False

    def commit(self, batch: Batch) -> int:
        if self.full:
            raise JournalFull("the disk is full")
        if self.broken:
            raise JournalFailed("the disk does not answer")
        self.commits += 1
        self.last_heartbeat_ns = batch.heartbeat_ns or self.last_heartbeat_ns
        self.bodies += batch.events
        for key, covered in batch.progress.items():
            if covered is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = covered
        for session, blob in batch.sessions.items():
            if blob is None:
                self.open_sessions.pop(session, None)
            else:
                self.open_sessions[session] = blob
        return len(self.bodies)

    def progress(self) -> dict[tuple[int, int], tuple[int, int]]:
        return dict(self.rows)

    def keep_boots(self, boots: Iterable[int]) -> None:
        self.boots = list(boots)

    def events(self) -> list[Event]:
        """Everything committed that passed on a wire, decoded: no heartbeats."""
        found = [decode(body) for body in self.bodies]
        return [each for each in found if not isinstance(each, HeartbeatRecorded)]
