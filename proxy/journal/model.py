"""The journal's values: what goes in, what comes out, its bounds, its errors."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import eq
from pathlib import Path
from typing import NamedTuple, Protocol

from proxy.errors import UnavailableError, WhosawError

MIB = 1 << 20


class WallClock(Protocol):
    """What the journal needs of a clock: the name of a new epoch."""

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch; may step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a journal, with the reason of each default."""

    segment_bytes: int = 64 * MIB
    """Bytes of entries after which a new segment starts: minutes of heavy
    traffic, so that disk comes back soon after shipping, yet a snapshot of the
    open sessions is written rarely."""
    segment_entries: int = 1_000_000
    """The same in entries, for small ones."""
    total_bytes: int = 8 * 1024 * MIB
    """Bytes of all files: about 20 million events wait for a store that is
    away; above it ``commit`` raises ``JournalFull``. Exceeded by one segment at
    most, while its log is folded in."""
    checkpoint_bytes: int = 8 * MIB
    """Bytes in the write-ahead log after which the upkeep thread copies them
    into the segment: large enough to copy a page written often only once."""
    wal_bytes: int = 64 * MIB
    """Bytes in the write-ahead log above which a commit does the checkpoint
    itself, and above which a log pinned by a reader ends its segment."""
    upkeep_seconds: float = 1.0
    """How often shipped segments are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction holds. The caller bounds its size."""

    events: Collection[bytes] = ()
    """Encoded events, in the order of their sequence numbers; gone through anew for
    each attempt."""
    sessions: Mapping[bytes, bytes | None] = field(default_factory=dict)
    """Open sessions by key; None removes one."""
    progress: Mapping[tuple[int, int], tuple[int, int] | None] = field(
        default_factory=dict
    )
    """(wire boot, connection) -> bytes (up, down) that are covered by events;
    None removes one."""
    heartbeat_ns: int = 0
    """The recorder's wall clock; 0 leaves the last one."""
    event_bytes: int = -1
    """Of all events together, when that is known, or an estimate; -1: count them."""

    @property
    def body_bytes(self) -> int:
        """Bytes of the events."""
        known = self.event_bytes
        return known if known >= 0 else sum(map(len, self.events))

    def is_of(self, bodies: Sequence[bytes]) -> bool:
        """Whether these are its events."""
        return len(self.events) == len(bodies) and all(map(eq, self.events, bodies))


class Entry(NamedTuple):
    """One event as the journal keeps it."""

    seq: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """How full the journal is."""

    bytes: int
    """Bytes of all its files."""
    entries: int
    """Entries in segments that were not unlinked yet."""
    unshipped: int
    """Entries the shipper has not moved yet."""
    limit: int
    """Bytes above which a commit fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A segment that could not be trusted at open, and where it is now."""

    path: Path
    epoch: int
    first: int
    """Its first sequence number; what it held from here on is not readable."""
    reason: str


class JournalBusy(UnavailableError):
    """Another process writes this journal."""


class JournalFull(WhosawError):
    """The bound on bytes, or the disk, is reached; nothing was written."""


class JournalFailed(WhosawError):
    """The disk or SQLite failed; nothing was written."""


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def failure(
    directory: Path, what: str, problem: sqlite3.Error | OSError
) -> JournalFull | JournalFailed:
    """What the disk's refusal is to the journal in this directory."""
    if (
        getattr(problem, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
        or getattr(problem, "errno", 0) in _NO_ROOM
    ):
        return JournalFull(f"the disk of the journal in {directory} is full")
    return JournalFailed(f"the journal in {directory}: {what}: {problem}")


class SegmentDamaged(WhosawError):
    """Entries [first, last] of an epoch are on disk and cannot be read."""

    def __init__(self, epoch: int, first: int, last: int, reason: str) -> None:
        super().__init__(
            f"entries {first} to {last} of epoch {epoch} cannot be read: {reason}"
        )
        self.epoch = epoch
        self.first = first
        self.last = last
        self.reason = reason
