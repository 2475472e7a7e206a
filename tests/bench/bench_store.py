"""The store at size: ``make bench-store ROWS=10000000``.

Fills ``views`` with INSERT SELECT through the embedded
store's HTTP interface, the last five million rows (a tenth, when that is less)
through the client and batches of the shipper, asks the questions as the command
line asks them, and ten aggregates of a month. Prints one JSON object and writes it to
``build/bench-store.json``. With ``--boards`` it asks what boards and alerts ask
instead (``board_questions``), and writes ``build/bench-boards.json``.

The office: 16,000 accounts in 440-view sessions of which 16 are open at a time, 4.1
million clients; one view in eleven opens a client (the popular ones more often),
the others are rows of search results. Half a year, evenly. One session in fifty
starts without a name, which its 45th view tells; one in 200 never has one. Every
client has a second id, of which a page said so; questions follow it, and one opened
view in four shows the client by that id.
"""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from proxy.events import Action, Actor, Strength, ViewRecorded
from proxy.store.client import ClickHouseStore
from proxy.store.crosswalk import Identifier, who_saw_client
from proxy.store.investigations import seen_by
from proxy.store.row_of import Row
from proxy.store.tables import ATTRIBUTIONS, CROSSWALK, VIEWS
from tests.bench import board_questions
from tests.support.embedded import running

BATCH = 20_000
CHUNK = 1_000_000
SUBJECTS = 4_100_000
EMPLOYEES = 16_000
QUESTIONS = 60
SHIPPED = 5_000_000
MERGING = 1_800
"""Seconds that merges may take: 100 million views take 80 s of a core."""
START_NS = 1_767_225_600_000_000_000
"""2026-01-01 UTC."""
SPAN_NS = 180 * 86_400 * 1_000_000_000
PERIOD = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC))
MONTH = "started_at >= '2026-03-01' AND started_at < '2026-03-31'"

FILL = """
INSERT INTO views ({columns})
SELECT 'sidecar-1', 1780000000000, n + 1, 'sonar', 12345678901234 + e % 4, c,
    500 * intDiv(k, 11),
    toDateTime64('2026-01-01 00:00:00', 9, 'UTC')
        + toIntervalNanosecond(toInt64(n) * {step}),
    concat('10.', toString(e % 4), '.', toString(intDiv(e, 250)), '.',
           toString(e % 250)),
    if(named, concat('user', toString(e)), ''),
    if(named, concat('USER', toString(e)), ''), if(named, 'form', ''),
    if(named, 'confirmed', 'none'), if(named, '', 'unknown_session'),
    if(named, concat('ab54a98c-', lower(hex(c)), '-', lower(hex(500))), ''),
    lower(hex(sipHash128(c))), if(named, 'person', 'unknown'),
    if(second, 'bsn', 'client'),
    sipHash128(toUInt32(if(opens, pow(rand64(1) / 18446744073709551615., 1.6),
                           rand64(2) / 18446744073709551615.) * {subjects}),
               toUInt8(second)),
    1, if(opens, 'view', 'search'), if(opens, 'client_detail', 'client_search'),
    if(opens, ['contact', 'income'], []), if(opens, 0, k % 11 - 1), '0123456789abcdef',
    'https://register.example/work', ''
FROM
(
    SELECT number + {first} AS n, intDiv(n, 16 * 440) * 16 + n % 16 AS c,
        intDiv(n % (16 * 440), 16) AS k, cityHash64(c) % {employees} AS e,
        k % 11 = 0 AS opens, opens AND c % 4 = 0 AS second,
        NOT (c % 50 = 7 AND k < 44) AND c % 200 != 9 AS named
    FROM numbers({count})
)
"""

LEARNED = """
INSERT INTO attributions ({columns})
SELECT 'sidecar-1', 1780000000001, c + 1, 'sonar', 12345678901234 + e % 4, c, 2000,
    at, at - toIntervalNanosecond(toInt64(16 * 45) * {step}), at, 4,
    concat('10.', toString(e % 4), '.', toString(intDiv(e, 250)), '.',
           toString(e % 250)),
    concat('user', toString(e)), concat('USER', toString(e)), 'page', 'confirmed', '',
    concat('ab54a98c-', lower(hex(c)), '-', lower(hex(2000))),
    lower(hex(sipHash128(c))), 'person', ''
FROM
(
    SELECT number * 50 + 7 AS c, cityHash64(c) % {employees} AS e,
        toDateTime64('2026-01-01 00:00:00', 9, 'UTC') + toIntervalNanosecond(
            toInt64(intDiv(c, 16) * 16 * 440 + 44 * 16 + c % 16) * {step}) AS at
    FROM numbers({count})
)
"""

PAIRED = """
INSERT INTO crosswalk ({columns})
SELECT 'sidecar-1', 1780000000002, number + 1, 'sonar', 12345678901234, number, 0,
    toDateTime64('2026-01-01 00:00:00', 9, 'UTC') + toIntervalSecond(number),
    'client', sipHash128(toUInt32(number), 0::UInt8),
    'bsn', sipHash128(toUInt32(number), 1::UInt8), 1, 'rule client_detail',
    '0123456789abcdef'
FROM numbers({first}, {count})
"""

AGGREGATES = {
    "views by day": "SELECT toDate(started_at) AS d, count() FROM views WHERE {m} "
    "GROUP BY d ORDER BY d",
    "views by action": "SELECT action, count() FROM views WHERE {m} GROUP BY action",
    "accounts by day": "SELECT toDate(started_at) AS d, uniq(actor) FROM views "
    "WHERE {m} GROUP BY d ORDER BY d",
    "subjects": "SELECT uniq(subject) FROM views WHERE {m}",
    "top accounts": "SELECT actor, count() AS n FROM views WHERE {m} GROUP BY actor "
    "ORDER BY n DESC LIMIT 20",
    "heat map": "SELECT toDayOfWeek(started_at) AS d, toHour(started_at) AS h, "
    "count() FROM views WHERE {m} GROUP BY d, h",
    "strength": "SELECT actor_strength, count() FROM views WHERE {m} GROUP BY "
    "actor_strength",
    "rules": "SELECT rule, count(), uniq(actor) FROM views WHERE {m} GROUP BY rule",
    "exports and searches": "SELECT toDate(started_at) AS d, countIf(action = "
    "'search'), countIf(action = 'export') FROM views WHERE {m} GROUP BY d",
    "opened by account and day": "SELECT quantiles(0.5, 0.99)(n) FROM (SELECT actor, "
    "toDate(started_at) AS d, count() AS n FROM views WHERE {m} AND action = 'view' "
    "GROUP BY actor, d)",
}


def main() -> None:
    """Fill, ask, print."""
    given = ArgumentParser(prog="bench_store")
    given.add_argument("rows", type=int, nargs="?", default=2_000_000)
    given.add_argument("--boards", action="store_true")
    arguments = given.parse_args()
    rows = arguments.rows
    shipped = min(SHIPPED, rows // 10) // BATCH * BATCH
    with (
        tempfile.TemporaryDirectory() as directory,
        running(Path(directory) / "store") as embedded,
    ):
        store = embedded.store()
        _fill(store, rows - shipped)
        seconds = _ship(store, rows - shipped, shipped)
        merged = _stand(store)
        found: dict[str, object] = {}
        if arguments.boards:
            board_questions.fill(store, rows, SPAN_NS)
            found |= {"rows": rows, "ingest_views_per_s": round(shipped / seconds)}
            found |= board_questions.ask(store)
        else:
            found |= _figures(store, rows, shipped / seconds)
            found["merging_s"] = merged
        store.close()
    written = Path("build") / f"bench-{'boards' if arguments.boards else 'store'}.json"
    written.parent.mkdir(exist_ok=True)
    written.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


def _fill(store: ClickHouseStore, rows: int) -> None:
    step = SPAN_NS // max(rows, 1)
    for first in range(0, rows, CHUNK):
        store.command(
            FILL.format(
                columns=", ".join(VIEWS.columns),
                step=step,
                first=first,
                count=min(CHUNK, rows - first),
                subjects=SUBJECTS,
                employees=EMPLOYEES,
            )
        )
    store.command(
        LEARNED.format(
            columns=", ".join(ATTRIBUTIONS.columns),
            step=step,
            employees=EMPLOYEES,
            count=rows // 440 // 50,
        )
    )
    for first in range(0, SUBJECTS, CHUNK):
        store.command(
            PAIRED.format(
                columns=", ".join(CROSSWALK.columns),
                first=first,
                count=min(CHUNK, SUBJECTS - first),
            )
        )


def _ship(store: ClickHouseStore, first: int, count: int) -> float:
    """Seconds the inserts took; forming the rows is not counted."""
    random_ = random.Random(1)
    seconds = 0.0
    for begin in range(first + 1, first + count + 1, BATCH):
        batch = _batch(random_, begin)
        start = time.perf_counter()
        store.insert(VIEWS.name, VIEWS.columns, batch, token=f"b{begin}")
        seconds += time.perf_counter() - start
    return seconds or 1e-9


def _stand(store: ClickHouseStore) -> int:
    """Wait until months are one part each; seconds that took."""
    begun = time.monotonic()
    for table in (VIEWS, ATTRIBUTIONS):
        store.command(
            f"ALTER TABLE {table.name} MODIFY SETTING "
            "min_age_to_force_merge_seconds = 1, merge_selecting_sleep_ms = 500"
        )
    while time.monotonic() - begun < MERGING:
        ((left, runs),) = store.query(
            "SELECT count() - uniqExact(table, partition), "
            "(SELECT count() FROM system.merges) FROM system.parts WHERE active "
            "AND table IN ('views', 'attributions') AND database = {database:String}",
            {"database": store.settings.database},
        ).rows
        if not left and not runs:
            break
        time.sleep(1)
    return round(time.monotonic() - begun)


def _figures(
    store: ClickHouseStore, rows: int, ingest: float
) -> dict[str, float | int | dict[str, float]]:
    subjects = [
        str(row[0])
        for row in store.query(
            "SELECT DISTINCT lower(hex(subject)) FROM (SELECT subject FROM views "
            "WHERE action = 'view' AND subject_type = 'client' "
            "AND actor LIKE 'user12%' LIMIT 200000) "
            f"ORDER BY cityHash64(subject) LIMIT {QUESTIONS}"
        ).rows
    ]
    accounts = [f"user{n * 257 % EMPLOYEES}" for n in range(QUESTIONS)]
    who = [
        _ms(lambda each=each: who_saw_client(store, [_client(each)], *PERIOD))  # type: ignore[misc]
        for each in subjects
    ]
    by = [
        _ms(lambda each=each: seen_by(store, each, *PERIOD, limit=1_000))  # type: ignore[misc]
        for each in accounts
    ]
    slowest = {
        name: round(_ms(lambda sql=sql: store.query(sql.format(m=MONTH))) / 1e3, 3)  # type: ignore[misc]
        for name, sql in AGGREGATES.items()
    }
    ((size, parts),) = store.query(
        "SELECT sum(bytes_on_disk) / sum(rows), count() FROM system.parts "
        "WHERE active AND table = 'views' AND database = {database:String}",
        {"database": store.settings.database},
    ).rows
    return {
        "who_saw_p50_ms": _quantile(who, 0.5),
        "who_saw_p95_ms": _quantile(who, 0.95),
        "seen_by_p50_ms": _quantile(by, 0.5),
        "seen_by_p95_ms": _quantile(by, 0.95),
        "slowest_aggregate_s": max(slowest.values()),
        "aggregates_s": slowest,
        "bytes_per_view": round(float(size), 1),
        "ingest_views_per_s": round(ingest),
        "parts": int(parts),
        "rows": rows,
    }


def _client(subject: str) -> Identifier:
    return Identifier(type="client", pseudonym=subject)


def _ms(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return (time.perf_counter() - start) * 1e3


def _quantile(values: list[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 1)


def _subject(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()[:16]


def _batch(random_: random.Random, first: int) -> list[Row]:
    rows: list[Row] = []
    for seq in range(first, first + BATCH):
        session = seq // 440
        employee = session * 7 % EMPLOYEES
        opens = seq % 11 == 0
        event = ViewRecorded(
            application="sonar",
            wire=12345678901234 + employee % 4,
            connection=session,
            request_offset=seq % 440 // 11 * 500,
            started_ns=START_NS + SPAN_NS + seq * 1_000,
            client_address=f"10.{employee % 4}.{employee // 250}.{employee % 250}",
            actor=Actor(
                name=f"user{employee}",
                on_wire=f"USER{employee}",
                scheme="form",
                strength=Strength.CONFIRMED,
                binding=f"ab54a98c-{session:x}-1f4",
                session=hashlib.md5(str(session).encode()).hexdigest(),
            ),
            subject_type="client",
            subject=_subject(int(random_.random() ** 1.6 * SUBJECTS)),
            subject_key=1,
            action=Action.VIEW if opens else Action.SEARCH,
            rule="client_detail" if opens else "client_search",
            categories=("contact", "income") if opens else (),
            position=0 if opens else seq % 11 - 1,
            ruleset="0123456789abcdef",
        )
        rows.append(VIEWS.row(event, "sidecar-1", 1_780_000_000_000, seq))
    return rows


if __name__ == "__main__":
    main()
