"""Commits of the journal, by batch size, beside its own checkpoints and rotations.

``python -m tests.bench.bench_journal [SECONDS] [DIRECTORY]`` prints one JSON
object. Each batch carries the progress of some connections and a heartbeat, as
the recorder's do. The figures are those of the disk the directory lies on.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from proxy.clock import SystemClock
from proxy.journal import Batch, Journal, JournalReader
from tests.support.shipping import mixed

AIMS = {50: ("commits_per_s", 1200), 200: ("rows_per_s", 30_000)}
"""What the recorder needs of each batch size."""


def _commit_for(journal: Journal, size: int, seconds: float) -> dict[str, object]:
    events = mixed(size)
    times: list[float] = []
    pauses, rotations = journal.pauses, journal.rotations
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        turn = len(times)
        batch = Batch(
            events=events,
            progress={
                (1 << 63, (turn * 7 + n) % 200): (turn, turn)
                for n in range(min(16, size))
            },
            heartbeat_ns=turn + 1,
        )
        started = time.perf_counter()
        journal.commit(batch)
        times.append(time.perf_counter() - started)
    elapsed = time.perf_counter() - begun
    times.sort()
    return {
        "batch": size,
        "commits_per_s": round(len(times) / elapsed),
        "rows_per_s": round(len(times) * size / elapsed),
        "p50_ms": round(times[len(times) // 2] * 1e3, 2),
        "p99_ms": round(times[len(times) * 99 // 100] * 1e3, 2),
        "max_ms": round(times[-1] * 1e3, 1),
        "rotations": journal.rotations - rotations,
        "pauses": journal.pauses - pauses,
    }


def main(seconds: float, directory: Path) -> None:
    """Measure and print."""
    with Journal.open(directory, "bench", clock=SystemClock()) as journal:
        commits = [_commit_for(journal, size, seconds) for size in (1, 50, 200, 500)]
        sessions = {b"%032d" % n: b"s" * 300 for n in range(20_000)}
        journal.commit(Batch(sessions=sessions))
        started = time.perf_counter()
        journal._rotate(journal.epoch, journal.last_seq + 1)
        rotation = time.perf_counter() - started
    reader = JournalReader(directory)
    started = time.perf_counter()
    read = 0
    while entries := reader.read(journal.epoch, read, 20_000):
        read = entries[-1].seq
    reading = time.perf_counter() - started
    started = time.perf_counter()
    Journal.open(directory, "bench", clock=SystemClock()).close()
    opening = time.perf_counter() - started
    print(
        json.dumps(
            {
                "body_bytes": sum(map(len, mixed(50))) // 50,
                "commits": commits,
                "aims_met": all(
                    int(str(row[AIMS[size][0]])) >= AIMS[size][1]
                    for row in commits
                    for size in AIMS
                    if row["batch"] == size
                ),
                "rotation_with_20000_sessions_ms": round(rotation * 1e3, 1),
                "read_rows_per_s": round(read / reading),
                "open_and_close_ms": round(opening * 1e3, 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    with tempfile.TemporaryDirectory(
        dir=sys.argv[2] if len(sys.argv) > 2 else None
    ) as name:
        main(SECONDS, Path(name) / "journal")
