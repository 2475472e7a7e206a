"""Rows per second through the shipper, and how soon one row is there.

``python -m tests.bench.bench_shipper [ROWS]`` prints one JSON object: catching
up into a store that costs nothing, catching up into the embedded store, and
the lag from commit to countable at a trickle, with the default settings. Caught up
is a journal of every kind of row, and one of lists: exchanges with 25 views each.

Beside what the clock says stands the CPU time of a row, in the shipper and in the
store's process: on a host that others use, it is what the two cost.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from proxy.clock import SystemClock
from proxy.events import encode
from proxy.journal import Batch, Journal, JournalReader
from proxy.journal.cursor import CURSOR
from proxy.shipper import Outcome, Shipper, ShipperSettings
from proxy.store.port import Store
from tests.bench.procfs import cpu_us
from tests.support.embedded import running
from tests.support.rows import exchange, view
from tests.support.shipping import mixed

VIEWS = 25
"""Of one list."""


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


def _lists(number: int) -> list[bytes]:
    """Exchanges with their views."""
    return [
        encode(exchange(request_offset=n, views=VIEWS))
        if n % (VIEWS + 1) == 0
        else encode(view(request_offset=n - n % (VIEWS + 1), position=n % (VIEWS + 1)))
        for n in range(number)
    ]


def _fill(journal: Journal, events: list[bytes], rows: int) -> None:
    for _ in range(rows // len(events)):
        journal.commit(Batch(events=events))


def _catch_up(
    directory: Path, store: Store, rows: int, pid: int = 0
) -> dict[str, float]:
    """``pid``: of the store, when it is another process."""
    (directory / CURSOR).unlink(missing_ok=True)
    shipper = _shipper(directory, store)
    times = []
    begun, own, others = time.perf_counter(), time.process_time(), cpu_us(pid)
    while True:
        started = time.perf_counter()
        result = shipper.step(flush=True)
        if result.outcome is Outcome.IDLE:
            break
        if result.outcome is Outcome.FAILED:
            raise SystemExit(str(shipper.status()["last_error"]))
        times.append(time.perf_counter() - started)
    elapsed, own = time.perf_counter() - begun, time.process_time() - own
    times.sort()
    return {
        "rows_per_s": round(rows / elapsed),
        "cpu_us_a_row": round(own * 1e6 / rows, 1),
        "store_cpu_us_a_row": round((cpu_us(pid) - others) / rows, 1),
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


def measure(rows: int) -> dict[str, object]:
    """All of it."""
    found: dict[str, object] = {"rows": rows, "load_before": os.getloadavg()[0]}
    with (
        tempfile.TemporaryDirectory() as name,
        running(Path(name) / "store") as server,
    ):
        store, pid = server.store(), server.process.pid
        for kind, events in (("lists", _lists(1040)), ("mixed", mixed(1000))):
            directory = Path(name) / kind
            with Journal.open(directory, kind, clock=SystemClock()) as journal:
                _fill(journal, events, rows)
                caught = rows // len(events) * len(events)
                found[f"{kind}_into_nothing"] = _catch_up(directory, Free(), caught)
                found[f"{kind}_into_embedded"] = _catch_up(
                    directory, store, caught, pid
                )
                if kind == "mixed":
                    found["lag_commit_to_countable"] = _lags(
                        directory, journal, store, 40
                    )
        store.close()
    return found


def main(rows: int) -> None:
    """Measure and print."""
    print(json.dumps(measure(rows), indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
