"""A writing process to kill: prints each acknowledged sequence number.

``python -m tests.support.journal_writer DIRECTORY [BYTES]``. With BYTES the
process may write no file beyond that size until its first failed commit; then
the limit is lifted and the same batch is tried again.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from proxy.clock import SystemClock
from proxy.journal import Batch, Journal, JournalFailed, JournalFull, Limits

SMALL = Limits(
    segment_entries=300,
    checkpoint_bytes=100_000,
    wal_bytes=400_000,
    upkeep_seconds=0.01,
)


def body(epoch: int, seq: int) -> bytes:
    """What the writer puts at this place, so that a reader can check it."""
    return f"{epoch}/{seq}/".encode() * 12


def main(directory: Path, file_bytes: int | None) -> None:
    """Commit for ever; a line per acknowledged commit."""
    journal = Journal.open(directory, "node", SMALL, clock=SystemClock())
    print("epoch", journal.epoch, journal.last_seq, flush=True)
    if file_bytes is not None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, hard))
    turn = 0
    while file_bytes is None or journal.last_seq < 3000:
        turn += 1
        first = journal.last_seq + 1
        size = turn % 13 + 1
        batch = Batch(
            events=[body(journal.epoch, first + i) for i in range(size)],
            sessions={b"turn": str(first + size - 1).encode()},
            progress={(1 << 63, 1): (first + size - 1, turn)},
            heartbeat_ns=turn,
        )
        try:
            last = journal.commit(batch)
        except (JournalFailed, JournalFull) as problem:
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            assert journal.last_seq == first - 1
            print("failed", type(problem).__name__, flush=True)
            last = journal.commit(batch)
        print("committed", last, flush=True)
    journal.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
