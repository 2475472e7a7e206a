"""The cases that have to be found: several of each kind, large and small ones.

Each is by a caseworker with a past, on a working day of the month, beside that day's
ordinary work. What the catalogue says a detection cannot see is not planted.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.detections_report.office import page_of
from tests.detections_report.organisation import (
    DAY,
    Employee,
    Organisation,
    Role,
    subject_of,
)
from tests.detections_report.rows import Page, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was planted, and how a finding is known to be it."""

    kind: str
    """Detection that has to find it."""
    actor: str = ""
    subject: str = ""
    address: str = ""
    first: date
    last: date

    def is_found_by(self, actor: str, subject: str, about: str, day: date) -> bool:
        """Whether a finding, of whatever detection, is about this."""
        if not self.first - DAY <= day <= self.last + DAY:
            return False
        if self.address:
            return self.address in about
        return actor == self.actor and subject in ("", self.subject or subject)


@dataclass(slots=True)
class Plant:
    """What a case needs."""

    rng: random.Random
    org: Organisation
    rows: Rows
    zone: ZoneInfo

    def at(self, day: date, hour: float) -> datetime:
        """A local time."""
        return datetime.combine(day, time(), self.zone) + timedelta(hours=hour)

    def stranger(self) -> int:
        """A client who is nobody's case, nor watched, nor an employee."""
        free = self.org.clients - len(self.org.employees)
        while True:
            client = self.rng.randrange(self.org.next_client, free)
            if client not in self.org.watched:
                return client

    def look(self, page: Page, at: datetime, client: int, pages: int) -> None:
        """Open some pages of a record."""
        for turn in range(pages):
            self.rows.page(page, at + timedelta(seconds=35 * turn), "view", [client])


Kind = Callable[[Plant, Employee, date], Case]


def plant(plan: Plant, each: int) -> list[Case]:
    """As many of every kind, no two by one account."""
    org = plan.org
    steady = [
        found
        for found in org.employees
        if found.role is Role.CASEWORKER
        and found.ill is None
        and found.covers is None
        and not found.shifts
        and not found.moves
        and found.starts == org.begins
        and len(found.weekdays) > 2
    ]
    plan.rng.shuffle(steady)
    cases = []
    for kind in KINDS:
        for _ in range(each):
            employee = steady.pop()
            days = [
                org.first + n * DAY
                for n in range((org.end - org.first).days - 1)
                if employee.works_on(org.first + n * DAY, org.holidays)
            ]
            cases.append(kind(plan, employee, plan.rng.choice(days)))
    return cases


def _volume(plan: Plant, who: Employee, day: date) -> Case:
    count = round(plan.rng.uniform(5.5, 10) * max(who.mean, 15))
    for number in range(count):
        at = plan.at(day, 9) + timedelta(seconds=25_000 / count * number)
        own = plan.rng.random() < 0.3
        client = plan.rng.choice(who.cases) if own else plan.stranger()
        plan.look(page_of(who, day), at, client, 1)
    return Case(kind="volume", actor=who.name, first=day, last=day)


def _watched(plan: Plant, who: Employee, day: date) -> Case:
    known = plan.org.cases_of
    client = plan.rng.choice([w for w in plan.org.watched if known.get(w) != who.name])
    at = plan.at(day, plan.rng.uniform(9, 16))
    plan.look(page_of(who, day), at, client, plan.rng.randint(1, 5))
    subject = subject_of(client).hex()
    return Case(
        kind="watched-subject", actor=who.name, subject=subject, first=day, last=day
    )


def _night(plan: Plant, who: Employee, day: date) -> Case:
    page = Page(who.name, "172.30.1.9", f"{who.name}-night{day:%m%d}")
    begins = plan.rng.uniform(21, 26)
    for number in range(plan.rng.randint(6, 20)):
        at = plan.at(day, begins) + timedelta(minutes=4 * number)
        plan.look(page, at, plan.stranger(), plan.rng.randint(1, 3))
    return Case(kind="outside-hours", actor=who.name, first=day, last=day)


def _searched(plan: Plant, who: Employee, day: date) -> Case:
    client = plan.stranger()
    at = plan.at(day, plan.rng.uniform(9, 16))
    hits = [plan.stranger(), client, plan.stranger()]
    plan.rows.page(page_of(who, day), at, "search", hits)
    pages = plan.rng.randint(4, 9)
    plan.look(page_of(who, day), at + timedelta(seconds=20), client, pages)
    subject = subject_of(client).hex()
    return Case(
        kind="searched-by-name", actor=who.name, subject=subject, first=day, last=day
    )


def _export(plan: Plant, who: Employee, day: date) -> Case:
    count = plan.rng.randint(350, 3000)
    clients = plan.rng.sample(
        range(plan.org.clients), min(count, plan.org.clients // 2)
    )
    at = plan.at(day, plan.rng.choice([2.5, 12.5, 16.8, 23.2]))
    plan.rows.page(page_of(who, day), at, "export", clients)
    return Case(kind="bulk-export", actor=who.name, first=day, last=day)


def _own(plan: Plant, who: Employee, day: date) -> Case:
    clients = [each for each in plan.org.employees if each.is_client]
    whose = plan.rng.choice(clients)
    if plan.rng.random() < 0.5:
        who.is_client, whose = True, who
    at = plan.at(day, plan.rng.uniform(9, 16))
    plan.look(page_of(who, day), at, whose.own, plan.rng.randint(1, 4))
    subject = subject_of(whose.own).hex()
    return Case(kind="own-record", actor=who.name, subject=subject, first=day, last=day)


def _again(plan: Plant, who: Employee, day: date) -> Case:
    client = plan.stranger()
    # Within the month, and within four weeks.
    begins = plan.org.first + plan.rng.randint(0, 3) * DAY
    days = [
        begins + n * DAY
        for n in range((plan.org.end - begins).days - 2)
        if who.works_on(begins + n * DAY, plan.org.holidays)
    ][:16]
    for each in sorted(plan.rng.sample(days, min(len(days), plan.rng.randint(4, 7)))):
        at = plan.at(each, plan.rng.uniform(9, 16))
        plan.look(page_of(who, each), at, client, plan.rng.randint(1, 3))
    subject = subject_of(client).hex()
    return Case(
        kind="outside-caseload",
        actor=who.name,
        subject=subject,
        first=begins,
        last=days[-1],
    )


def _places(plan: Plant, who: Employee, day: date) -> Case:
    at = plan.at(day, plan.rng.uniform(9, 15))
    other = f"192.0.2.{plan.rng.randint(1, 250)}"
    there = Page(who.name, other, page_of(who, day).session)
    for number in range(plan.rng.randint(4, 12)):
        page = there if number % 2 else page_of(who, day)
        moment = at + timedelta(minutes=2 * number)
        plan.look(page, moment, plan.rng.choice(who.cases), 1)
    return Case(kind="two-places", actor=who.name, first=day, last=day)


def _nameless(plan: Plant, who: Employee, day: date) -> Case:
    address = f"203.0.113.{int(who.name[3:]) % 250}"
    page = Page("", address, f"{who.name}-x{day:%m%d}", "unknown", "no_session_key")
    for number in range(plan.rng.randint(12, 60)):
        at = plan.at(day, 10) + timedelta(minutes=3 * number)
        plan.look(page, at, plan.stranger(), 1)
    return Case(kind="unattributed-access", address=address, first=day, last=day)


KINDS: tuple[Kind, ...] = (
    _volume,
    _watched,
    _night,
    _searched,
    _export,
    _own,
    _again,
    _places,
    _nameless,
)
