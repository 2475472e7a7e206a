"""The shipper's settings, and what a step says it did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from proxy.errors import UnavailableError

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipperSettings:
    """Bounds and times, with the reason of each default."""

    rejected: Path
    """Directory for rows the store refused."""
    max_rows: int = 20_000
    """Entries in a batch: a part of useful size, and some 20 MB in memory."""
    max_bytes: int = 32 * MIB
    """Bytes of entries in a batch."""
    max_age_s: float = 0.25
    """Between the beginnings of two batches that are not full, so how long an
    entry waits for others at most: four parts a second and table are what a
    store merges easily, and a quarter of a second is soon enough."""
    poll_s: float = 0.05
    """Between two looks at the journal; a look costs about 0.3 ms."""
    backoff_first_s: float = 0.05
    backoff_last_s: float = 5.0
    """Pauses after failures double between these: a restarted store is noticed
    at once, one that is away for hours is not hammered."""
    count_s: float = 10.0
    """Between two counts; until then the journal keeps what was shipped."""
    recounts: int = 6
    """Short counts in a row after which the range is shipped again: a replica
    that lags has caught up within a minute."""
    max_refusals: int = 16
    """Rows of one batch and table refused one by one, none accepted, after
    which the rest is put aside untried: it is the table then, not the row."""
    max_rejected_bytes: int = 256 * MIB
    """Bytes in ``rejected``; above it shipping waits for an operator, and the
    journal holds the rest."""
    drain_s: float = 10.0
    """How long a stop ships what is there before it ends."""


class Outcome(Enum):
    """What a step did."""

    SHIPPED = "shipped"
    """A batch is in the store, or a range was dealt with."""
    IDLE = "idle"
    """Nothing to ship."""
    WAITING = "waiting"
    """Entries wait for more of them."""
    FAILED = "failed"
    """The store, the journal or the disk did not do its part; again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step, and how long to wait before the next."""

    outcome: Outcome
    rows: int = 0
    """Rows newly known to be in the store."""
    wait_s: float = 0.0


class ShipperBusy(UnavailableError):
    """Another shipper works with this cursor."""


class RejectedFull(UnavailableError):
    """The bound on rejected rows is reached."""
