"""Inserts and questions on the embedded store, through its HTTP interface.

``python -m tests.bench.bench_store [VIEWS]`` prints one JSON object. Inserts go
through the client the shipper uses, in its largest batches; the questions are
asked while the rows stand in as many parts as the merges left.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from proxy.events import Action, Actor, Strength, ViewRecorded
from proxy.store.investigations import seen_by, who_saw
from proxy.store.row_of import Row
from proxy.store.tables import VIEWS
from tests.support.embedded import running
from tests.support.rows import NOON_NS

BATCH = 20_000
SUBJECTS = 50_000
EMPLOYEES = 400
QUESTIONS = 40


def _subject(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()[:16]


def _batch(random_: random.Random, first: int) -> list[Row]:
    rows: list[Row] = []
    for seq in range(first, first + BATCH):
        employee = random_.randrange(EMPLOYEES)
        listed = random_.random() < 0.7
        event = ViewRecorded(
            application="sonar",
            wire=12345678901234567890 % 2**64,
            connection=employee * 7 + seq % 7,
            request_offset=random_.randrange(100_000),
            started_ns=NOON_NS + seq * 1_000_000 + random_.randrange(1_000_000),
            client_address=f"10.0.{employee // 250}.{employee % 250}",
            actor=Actor(
                name=f"user{employee:04}",
                on_wire=f"USER{employee:04}",
                scheme="form",
                strength=Strength.CONFIRMED,
                binding=f"ab54a98ceb1f0ad2-{employee:x}-{employee * 91:x}",
                session=f"{employee:032x}",
            ),
            subject_type="client",
            subject=_subject(int(random_.random() ** 2 * SUBJECTS)),
            subject_key=1,
            action=Action.SEARCH if listed else Action.VIEW,
            rule="client_search" if listed else "client_detail",
            categories=() if listed else ("contact", "income"),
            position=seq % 25 if listed else 0,
            ruleset="0123456789abcdef",
        )
        rows.append(VIEWS.row(event, "sidecar-1", 1_780_000_000_000, seq))
    return rows


def _quantile(values: list[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 1)


def main() -> None:
    """Fill, ask, print."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    random_ = random.Random(1)
    period = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    with (
        tempfile.TemporaryDirectory() as directory,
        running(Path(directory) / "store") as embedded,
    ):
        store = embedded.store()
        seconds: list[float] = []
        for first in range(1, total + 1, BATCH):
            rows = _batch(random_, first)
            start = time.perf_counter()
            store.insert(VIEWS.name, VIEWS.columns, rows, token=f"b{first}")
            seconds.append(time.perf_counter() - start)
        who: list[float] = []
        by: list[float] = []
        for _ in range(QUESTIONS):
            start = time.perf_counter()
            subject = _subject(random_.randrange(SUBJECTS)).hex()
            who_saw(store, [subject], "client", *period)
            who.append((time.perf_counter() - start) * 1e3)
            start = time.perf_counter()
            seen_by(store, f"user{random_.randrange(EMPLOYEES):04}", *period, limit=100)
            by.append((time.perf_counter() - start) * 1e3)
        size = store.query(
            "SELECT sum(bytes_on_disk) / sum(rows), count() FROM system.parts "
            "WHERE active AND table = 'views' AND database = {database:String}",
            {"database": store.settings.database},
        ).rows[0]
        store.close()
    print(
        json.dumps(
            {
                "views": BATCH * len(seconds),
                "insert_views_per_s": round(BATCH * len(seconds) / sum(seconds)),
                "insert_ms_per_batch_p50": _quantile([s * 1e3 for s in seconds], 0.5),
                "who_saw_ms_p50": _quantile(who, 0.5),
                "who_saw_ms_p95": _quantile(who, 0.95),
                "seen_by_ms_p50": _quantile(by, 0.5),
                "seen_by_ms_p95": _quantile(by, 0.95),
                "bytes_per_view": round(size[0], 1),
                "parts": size[1],
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
