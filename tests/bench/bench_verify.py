"""Rows per second through sealing and verification.

``python -m tests.bench.bench_verify [ROWS] [WORKERS]`` prints one JSON object: the
sealer over a journal, ``verify`` over the embedded store, which shares the cores,
and over an export. Names, bindings, paths and subjects vary as in an office.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from proxy.events import Actor, Strength, encode
from proxy.verification.export import ExportSource, sealed_stretches, write
from proxy.verification.report import Options
from proxy.verification.run import verify
from proxy.verification.source import Source
from proxy.verification.store import StoreSource
from tests.support.embedded import running
from tests.support.rows import NOON_NS, SESSION, exchange, view
from tests.support.sealing import Sealing, keys, sealing

_BATCH = 20_000
_ACCOUNTS = 300
_SUBJECTS = 50_000


def office(number: int) -> Iterator[list[bytes]]:
    """Batches of events: per exchange one view, now and then a login."""
    chance = random.Random(7)
    actors = [
        Actor(
            name=f"account{n}",
            on_wire=f"ACCOUNT{n}",
            scheme="form",
            strength=Strength.CONFIRMED,
            binding=f"{n:x}-{n * 7:x}-{n * 131:x}",
            session=f"{n * 2654435761 % 2**64:016x}",
        )
        for n in range(_ACCOUNTS)
    ]
    made = 0
    while made < number:
        bodies = []
        for n in range(made, made + min(_BATCH, number - made)):
            actor = chance.choice(actors)
            place = {"connection": n // 40, "request_offset": n * 700 % 100_000}
            at = NOON_NS + n * 1_000_003
            if n % 100 == 0:
                bodies.append(encode(SESSION))
            elif n % 2:
                bodies.append(encode(exchange(**place, started_ns=at, actor=actor)))
            else:
                subject = chance.randrange(_SUBJECTS).to_bytes(16, "big")
                bodies.append(
                    encode(view(**place, started_ns=at, actor=actor, subject=subject))
                )
        made += len(bodies)
        yield bodies


def timed(source: Source, line: Sealing, workers: int, rows: int) -> dict[str, int]:
    """Rows a second of one verification that finds nothing, and rows a second of
    processor time (the store's is not in it): what a busy machine leaves alone."""
    begun, used = time.perf_counter(), _used()
    report = verify(source, Options(keys=keys(line.key), workers=workers))
    elapsed, used = time.perf_counter() - begun, _used() - used
    assert not report.findings, report.findings[:3]
    assert report.rows == rows, report.rows
    return {"rows/s": round(rows / elapsed), "rows/cpu s": round(rows / used)}


def _used() -> float:
    """Processor seconds of this process and of children that ended."""
    times = os.times()
    return sum(times[:4])


def main(words: list[str]) -> None:
    """Measure and print."""
    rows = int(words[0]) if words else 1_000_000
    workers = int(words[1]) if len(words) > 1 else min(os.cpu_count() or 1, 8)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with running(place / "store") as served, sealing(place / "sidecar") as line:
            store = served.store()
            for batch in office(rows):
                line.record(batch)
            begun = time.perf_counter()
            line.sealer.period()
            figures: dict[str, object] = {"rows": rows, "workers": workers}
            figures["sealed"] = round(rows / (time.perf_counter() - begun))
            line.ship(store)
            figures["verified_store"] = timed(StoreSource(store), line, workers, rows)
            ordered = StoreSource(store, in_order=True)
            begun = time.perf_counter()
            write(place / "export", ordered, sealed_stretches(ordered))
            figures["exported"] = round(rows / (time.perf_counter() - begun))
            export = place / "export"
            figures["verified_export"] = timed(
                ExportSource(export), line, workers, rows
            )
            figures["verified_export_one"] = timed(ExportSource(export), line, 1, rows)
            store.close()
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
