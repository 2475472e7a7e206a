"""Rows per second through the shipper, and how soon one row is there.

``python -m tests.bench.bench_shipper [ROWS]`` prints one JSON object: catching
up into a store that costs nothing, catching up into the embedded store, and
the lag from commit to countable at a trickle, with the default settings.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from proxy.clock import SystemClock
from proxy.journal import Batch, Journal, JournalReader
from proxy.journal.cursor import CURSOR
from proxy.shipper import Outcome, Shipper, ShipperSettings
from proxy.store.port import Store
from tests.support.embedded import running
from tests.support.shipping import mixed


class Free:
    """A store that takes everything and keeps nothing."""

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        token: str,
    ) -> None:
        """Nothing."""

    def count(self, table: str, node: str, epoch: int, first: int, last: int) -> int:
        """Nothing is there."""
        return 0

    def missing_migrations(self) -> list[str]:
        """Ready."""
        return []


def _shipper(directory: Path, store: Store) -> Shipper:
    return Shipper(
        ShipperSettings(rejected=directory / "rejected"),
        JournalReader(directory),
        store,
        SystemClock(),
        directory / CURSOR,
    )


def _fill(journal: Journal, rows: int) -> None:
    events = mixed(1000)
    for _ in range(rows // len(events)):
        journal.commit(Batch(events=events))


def _catch_up(directory: Path, store: Store, rows: int) -> dict[str, float]:
    (directory / CURSOR).unlink(missing_ok=True)
    shipper = _shipper(directory, store)
    times = []
    begun = time.perf_counter()
    while True:
        started = time.perf_counter()
        result = shipper.step(flush=True)
        if result.outcome is Outcome.IDLE:
            break
        if result.outcome is Outcome.FAILED:
            raise SystemExit(str(shipper.status()["last_error"]))
        times.append(time.perf_counter() - started)
    elapsed = time.perf_counter() - begun
    times.sort()
    return {
        "rows_per_s": round(rows / elapsed),
        "step_p50_ms": round(times[len(times) // 2] * 1e3, 1),
        "step_max_ms": round(times[-1] * 1e3, 1),
    }


def _lags(
    directory: Path, journal: Journal, store: Store, rounds: int
) -> dict[str, float]:
    """Commit one view's exchange, ask until it is counted; ms."""
    shipper = _shipper(directory, store)
    stop = threading.Event()
    thread = threading.Thread(target=shipper.run, args=(stop,))
    thread.start()
    events = mixed(8)[4:6]
    lags = []
    for turn in range(rounds):
        time.sleep(0.05 + turn % 7 * 0.02)
        started = time.perf_counter()
        seq = journal.commit(Batch(events=events))
        while not store.count("views", journal.node, journal.epoch, seq, seq):
            time.sleep(0.002)
        lags.append((time.perf_counter() - started) * 1e3)
    stop.set()
    thread.join()
    lags.sort()
    return {
        "p50_ms": round(lags[len(lags) // 2]),
        "p99_ms": round(lags[len(lags) * 99 // 100]),
    }


def main(rows: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "journal"
        with Journal.open(directory, "bench", clock=SystemClock()) as journal:
            _fill(journal, rows)
            free = _catch_up(directory, Free(), rows)
            with running(Path(name) / "store") as server:
                store = server.store()
                real = _catch_up(directory, store, rows)
                lag = _lags(directory, journal, store, 40)
                store.close()
    print(
        json.dumps(
            {
                "rows": rows,
                "catch_up_free_store": free,
                "catch_up_embedded_store": real,
                "lag_commit_to_countable": lag,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
