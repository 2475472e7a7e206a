"""A seeded month, judged: recall, precision, and what it asks of reviewers."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from proxy.context_files import OPEN, ContextKind
from proxy.detections.catalogue import catalogue
from proxy.detections.findings import Finding
from proxy.detections.runner import Days, run
from proxy.detections.thresholds import Thresholds, read
from proxy.detections.working_time import WEEKDAYS
from proxy.document import Problems
from proxy.store.client import ClickHouseStore
from tests.detections_report.office import work
from tests.detections_report.organisation import (
    Organisation,
    organisation,
    subject_of,
)
from tests.detections_report.planting import Case, Plant, plant
from tests.detections_report.rows import Rows

FIRST = date(2026, 10, 12)
"""The month has the end of daylight saving in it."""
DAILY = 3_000
"""Daily users that findings a day are told for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it."""

    cases: list[Case]
    findings: list[Finding]
    true: Counter[str]
    """By detection, findings about something planted."""
    false: Counter[str]
    found: Counter[str]
    """By kind, cases that their own detection found."""
    views: int
    days: int
    daily_users: float
    seconds: float
    """Of running the detections over the month."""

    @property
    def recall(self) -> float:
        """Of the worst kind."""
        planted = Counter(case.kind for case in self.cases)
        return min(self.found[kind] / planted[kind] for kind in planted)

    @property
    def precision(self) -> float:
        """Of all findings."""
        return self.true.total() / max(1, len(self.findings))

    @property
    def per_day(self) -> float:
        """Findings a day of so many daily users; days off count as days."""
        return len(self.findings) / self.days * DAILY / self.daily_users

    def lines(self) -> list[str]:
        """As it is printed."""
        planted = Counter(case.kind for case in self.cases)
        rows = [
            f"{'detection':20} planted found recall findings precision false/10,000"
        ]
        for each in catalogue():
            kind = each.id
            total = self.true[kind] + self.false[kind]
            rows.append(
                f"{kind:20} {planted[kind]:7} {self.found[kind]:5} "
                f"{self.found[kind] / max(1, planted[kind]):6.2f} {total:8} "
                f"{self.true[kind] / max(1, total):9.2f} "
                f"{self.false[kind] / self.views * 10_000:12.3f}"
            )
        rows.append(
            f"{self.views:,} views in {self.days} days, "
            f"{self.daily_users:.0f} users on a working day; "
            f"detections took {self.seconds:.1f} s"
        )
        rows.append(
            f"recall {self.recall:.2f}; precision {self.precision:.2f}; findings per "
            f"day per {DAILY} users {self.per_day:.1f}; planted {len(self.cases)}"
        )
        return rows


def thresholds(org: Organisation) -> Thresholds:
    """The catalogue's figures, the organisation's zone, holidays and shifts."""
    days = ", ".join(str(day) for day in sorted(org.holidays))
    week = ", ".join(f'{day}: "00:00-00:00"' for day in WEEKDAYS)
    problems = Problems("thresholds")
    found = read(
        f"zone: Europe/Amsterdam\nholidays: [{days}]\nhours:\n"
        "  usual: {monday: 07:00-19:00, tuesday: 07:00-19:00, wednesday: 07:00-19:00, "
        "thursday: 07:00-19:00, friday: 07:00-19:00}\n"
        f"  shifts: {{{week}}}\n",
        problems,
    )
    assert found is not None, str(problems)
    return found


def context(store: ClickHouseStore, org: Organisation) -> None:
    """Staff, caseload and watchlist as their loader would have them."""
    load_id = bytes(16)
    begins = org.begins.replace(year=2020)
    store.insert(
        "context_loads",
        ("load", "kind", "loaded_at"),
        [(load_id, kind.value, 1) for kind in ContextKind],
        "context",
    )
    store.insert(
        "staff",
        ("load", "employee", "team", "schedule", "own", "valid_from", "valid_to"),
        [
            (
                load_id,
                each.name,
                each.team,
                "shifts" if each.team == "team000" else "",
                [("client", subject_of(each.own), 1)] if each.is_client else [],
                begins,
                OPEN,
            )
            for each in org.employees
        ],
        "staff",
    )
    first = dict.fromkeys(org.cases_of, begins)
    first |= {client: day for _, client, day in org.intake}
    store.insert(
        "caseload",
        ("load", "employee", "subject_type", "subject", "valid_from", "valid_to"),
        [
            (load_id, name, "client", subject_of(client), first[client], OPEN)
            for client, name in org.cases_of.items()
        ],
        "caseload",
    )
    store.insert(
        "watchlist",
        ("load", "subject_type", "subject", "reason", "valid_from", "valid_to"),
        [
            (load_id, "client", subject_of(client), "well_known", begins, OPEN)
            for client in org.watched
        ],
        "watchlist",
    )


def report(
    store: ClickHouseStore, *, users: int, days: int, each: int, seed: int
) -> Report:
    """Fill a fresh store and judge it.

    Args:
        store: has the schema and no rows.
        users: employees.
        days: of the month that is judged.
        each: cases planted of each kind.
        seed: of everything.
    """
    rng = random.Random(seed)
    zone = ZoneInfo("Europe/Amsterdam")
    org = organisation(rng, users, FIRST, days)
    rows = Rows(store)
    work(rng, org, rows, zone)
    cases = plant(Plant(rng, org, rows, zone), each)
    rows.finish()
    context(store, org)
    now = datetime.combine(org.end, datetime.min.time(), UTC)
    began = time.perf_counter()
    ran = run(store, thresholds(org), Days(org.first, org.end), now)
    seconds = time.perf_counter() - began
    return _judged(store, org, cases, ran.new, seconds)


def _judged(
    store: ClickHouseStore,
    org: Organisation,
    cases: list[Case],
    findings: list[Finding],
    seconds: float,
) -> Report:
    true: Counter[str] = Counter()
    false: Counter[str] = Counter()
    hit: set[int] = set()
    for finding in findings:
        about = (finding.actor, finding.subject, finding.about, finding.day)
        mine = [n for n, case in enumerate(cases) if case.is_found_by(*about)]
        (true if mine else false)[finding.detection] += 1
        hit |= {n for n in mine if cases[n].kind == finding.detection}
    views, users = store.query(
        "SELECT (SELECT count() FROM views WHERE started_at >= {first:String}), "
        "quantileExact(0.5)(n) FROM (SELECT uniqExact(actor) AS n FROM views "
        "WHERE toDayOfWeek(started_at) < 6 GROUP BY toDate(started_at))",
        {"first": str(org.first)},
    ).rows[0]
    return Report(
        cases=cases,
        findings=findings,
        true=true,
        false=false,
        found=Counter(cases[n].kind for n in hit),
        views=views,
        days=(org.end - org.first).days,
        daily_users=users,
        seconds=seconds,
    )
