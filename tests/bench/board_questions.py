"""Every question of every board and alert, timed on a store at size.

``python -m tests.bench.bench_store ROWS --boards`` fills the office and calls this: an
exchange for each eleven views, 20 findings a day of which four in five were reviewed,
gaps and seals; then asks for a month (alerts: for their own window), as the busiest
account and for the most viewed client, each question three times. A question counts
with its median.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from statistics import median

from proxy.store.client import ClickHouseStore
from tests.support.boards import period, targets
from tests.support.macros import Range, expand

UNTIL = datetime(2026, 6, 1, 15, 30, tzinfo=UTC)
DAY = 86_400
MONTH = 30 * DAY
TIMES = 3
SLOW_MS = 200.0
CHUNK = 1_000_000
START = "toDateTime64('2026-01-01 00:00:00', 9, 'UTC')"

EXCHANGES = """
INSERT INTO exchanges (node, epoch, seq, application, wire, connection, started_at,
    ended_at, method, path, status, actor, actor_strength, extraction, views)
SELECT 'sidecar-1', 1780000000003, number + 1, 'sonar', e % 4, c,
    {start} + toIntervalNanosecond(toInt64(number) * {step}) AS t, t, 'GET',
    concat('/part', toString(intDiv(kind, 20)), '/page', toString(kind % 20), '/{{}}'),
    200, if(c % 50 = 7, '', concat('user', toString(e))),
    if(c % 50 = 7, 'none', 'confirmed'),
    multiIf(kind % 40 = 3, 'unmapped', kind % 3 = 0, 'nothing_expected', 'recorded'), 11
FROM
(
    SELECT number, intDiv(number, 16 * 40) * 16 + number % 16 AS c,
        cityHash64(c) % 16000 AS e, cityHash64(number) % 400 AS kind
    FROM numbers({first}, {count})
)
"""
REST = (
    (
        "INSERT INTO findings (id, detection, severity, at, application, actor, "
        "sentence) SELECT toString(number), concat('d', toString(number % 9)), "
        "['low', 'medium', 'high'][number % 3 + 1], {start} + "
        "toIntervalMinute(number * 72), 'sonar', concat('user', toString(number * 7 % "
        "16000)), 'viewed 212 clients on Tuesday; own median 31, team 28' "
        "FROM numbers(3600)"
    ),
    (
        "INSERT INTO reviews (finding, state, at, reviewer, reason) "
        "SELECT toString(number), ['seen', 'explained', 'escalated'][number % 3 + 1], "
        "{start} + toIntervalMinute(number * 72 + 600), 'officer', 'known' "
        "FROM numbers(3600) WHERE number % 5 != 0"
    ),
    (
        "INSERT INTO gaps (node, application, kind, reason, intended, from_at, to_at) "
        "SELECT 'sidecar-1', 'sonar', 'shed', 'backlog', number % 2 = 0, {start} + "
        "toIntervalHour(number) AS t, t + toIntervalMinute(1) FROM numbers(4300)"
    ),
    (
        "INSERT INTO seals (node, number, sealed_at) SELECT 'sidecar-1', number, "
        "{start} + toIntervalMinute(number) FROM numbers(259200)"
    ),
)


def fill(store: ClickHouseStore, views: int, span_ns: int) -> None:
    """What boards ask beside views."""
    count = max(views // 11, 1)
    for first in range(0, count, CHUNK):
        store.command(
            EXCHANGES.format(
                start=START,
                step=span_ns // count,
                first=first,
                count=min(CHUNK, count - first),
            )
        )
    for statement in REST:
        store.command(statement.format(start=START))


def ask(store: ClickHouseStore) -> dict[str, object]:
    """Milliseconds by question, the slowest first, and those that are slow."""
    ((account,),) = _busiest(store, "actor")
    ((subject,),) = _busiest(store, "lower(hex(subject))")
    ((employee,),) = store.query(
        "SELECT employee FROM board_private_employees WHERE actor = {actor:String}",
        {"actor": str(account)},
    ).rows

    def asked(days: float) -> Range:
        return period(
            UNTIL,
            employee=str(employee),
            account=str(account),
            subject=str(subject),
            days=days,
        )

    took = {
        f"{target.where} ({target.kind})": _median_ms(
            store,
            expand(target.sql, asked(target.panel.get("seconds", MONTH) / DAY)),
        )
        for target in targets()
        if target.sql
    }
    ranked = dict(sorted(took.items(), key=lambda one: -one[1]))
    return {
        "questions": len(ranked),
        "slowest_ms": max(ranked.values()),
        "slow": {name: ms for name, ms in ranked.items() if ms > SLOW_MS},
        "boards_ms": ranked,
    }


def _busiest(store: ClickHouseStore, what: str) -> list[tuple[object, ...]]:
    since = f"{UNTIL - timedelta(seconds=MONTH):%Y-%m-%d}"
    return [
        tuple(row)
        for row in store.query(
            f"SELECT {what} AS one FROM views WHERE actor != '' AND action = 'view' "
            f"AND started_at >= '{since}' AND started_at < '{UNTIL:%Y-%m-%d}' "
            "GROUP BY one ORDER BY count() DESC, one LIMIT 1"
        ).rows
    ]


def _median_ms(store: ClickHouseStore, sql: str) -> float:
    took = []
    for _ in range(TIMES):
        start = time.perf_counter()
        store.query(sql)
        took.append((time.perf_counter() - start) * 1e3)
    return round(median(took), 1)
