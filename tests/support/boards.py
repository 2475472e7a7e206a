"""Questions of the written boards and alerts, and rows that answer each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from proxy.store.client import ClickHouseStore
from tests.support.macros import Range

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
SUBJECT = "2b5f71d0a4c8e39612345678deadbeef"
NOW = datetime(2026, 10, 29, 15, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One question of one panel, variable or alert."""

    where: str
    kind: str
    query: dict[str, Any]
    panel: dict[str, Any]
    """The panel; of an alert the seconds it looks back."""

    @property
    def sql(self) -> str:
        return str(self.query.get("rawSql", ""))

    @property
    def promql(self) -> str:
        return str(self.query.get("expr", ""))


def boards() -> dict[str, dict[str, Any]]:
    """Every board by ``folder/name``."""
    return {
        f"{path.parent.name}/{path.stem}": json.loads(path.read_text())
        for path in sorted(DASHBOARDS.glob("*/*.json"))
    }


def alerts() -> list[dict[str, Any]]:
    """Every rule, as Grafana reads it: ``$$`` is one ``$``."""
    text = (DASHBOARDS / "provisioning" / "alerting" / "whosaw.yaml").read_text()
    (group,) = yaml.safe_load(text.replace("$$", "$"))["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def targets() -> Iterator[Target]:
    """All questions."""
    for name, board in boards().items():
        for panel in board["panels"]:
            for query in panel["targets"]:
                where = f"{name}: {panel['title']}: {query['refId']}"
                yield Target(where=where, kind=panel["type"], query=query, panel=panel)
        for variable in board.get("templating", {}).get("list", []):
            if variable["type"] == "query":
                yield Target(
                    where=f"{name}: ${variable['name']}",
                    kind="variable",
                    query=variable["query"],
                    panel={},
                )
    for rule in alerts():
        yield Target(
            where=f"alert {rule['uid']}",
            kind="alert",
            query=rule["data"][0]["model"],
            panel={"seconds": rule["data"][0]["relativeTimeRange"]["from"]},
        )


def period(
    now: datetime = NOW,
    employee: str = "",
    account: str = "",
    days: float = 7,
    subject: str = SUBJECT,
) -> Range:
    """As a board would be looked at."""
    return Range(
        since=now - timedelta(days=days),
        until=now,
        variables={
            "application": "$__all",
            "timezone": "Europe/Amsterdam",
            "term": "72",
            "subject": subject,
            "employee": employee,
            "account": account,
        },
    )


def fill(store: ClickHouseStore, views: int = 6_000, now: datetime = NOW) -> None:
    """Five weeks of an office up to ``now``, a gap, a seal, findings and reviews."""
    at = f"toDateTime64('{now:%Y-%m-%d %H:%M:%S}', 9, 'UTC')"
    time = f"{at} - toIntervalSecond(intDiv(number * 3024000, {views}))"
    store.command(
        "INSERT INTO views (node, epoch, seq, application, started_at, actor, "
        "actor_strength, actor_kind, subject_type, subject, action, rule, categories) "
        f"SELECT 'n', 1, number, 'sonar', {time}, "
        "if(number % 50 = 0, '', concat('user', toString(number % 40))), "
        "if(number % 50 = 0, 'none', 'confirmed'), 'person', 'client', "
        f"if(number % 9 = 0, unhex('{SUBJECT}'), sipHash128(number % 700)), "
        "transform(number % 20, [0, 1, 2, 3], ['export', 'print', 'view', 'update'], "
        "'search'), 'client', ['contact', 'income'] "
        f"FROM numbers({views})"
    )
    store.command(
        "INSERT INTO crosswalk (node, application, at, one_type, one, other_type, "
        f"other, source) VALUES ('n', 'sonar', {at}, 'client', unhex('{SUBJECT}'), "
        f"'bsn', sipHash128(1), 'rule client')"
    )
    store.command(
        "INSERT INTO exchanges (node, epoch, seq, application, started_at, ended_at, "
        "path, actor, actor_strength, extraction) "
        f"SELECT 'n', 1, number, 'sonar', {time} AS t, t, '/client/{{}}', "
        "if(number % 50 = 0, '', concat('user', toString(number % 40))), "
        "if(number % 50 = 0, 'none', 'confirmed'), "
        f"if(number % 30 = 0, 'unmapped', 'recorded') FROM numbers({views})"
    )
    store.command(
        "INSERT INTO gaps (node, application, kind, reason, intended, from_at, to_at, "
        f"connections, up_bytes) SELECT 'n', 'sonar', 'shed', 'backlog', number = 0, "
        f"{at} - toIntervalHour(number + 1), {at} - toIntervalHour(number), 1, 10 "
        "FROM numbers(3)"
    )
    store.command(
        "INSERT INTO seals (node, number, sealed_at) "
        f"SELECT 'n', number, {at} - toIntervalMinute(number) FROM numbers(3)"
    )
    store.command(
        "INSERT INTO findings (id, detection, severity, at, application, actor, "
        "subject, suppressed, sentence) SELECT toString(number), 'volume', "
        "['low', 'medium', 'high'][number % 3 + 1], "
        f"{at} - toIntervalHour(10 * number), 'sonar', "
        f"concat('user', toString(number)), unhex('{SUBJECT}'), "
        "if(number = 11, 'moves house', ''), "
        "'viewed 212 clients on Tuesday; own median 31' FROM numbers(12)"
    )
    store.command(
        "INSERT INTO reviews (finding, state, at, reviewer, reason) "
        "SELECT toString(number), ['seen', 'explained', 'escalated'][number % 3 + 1], "
        f"{at} - toIntervalHour(number), 'officer', 'known' FROM numbers(6)"
    )
