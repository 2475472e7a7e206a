"""An ordinary day of everybody: what a detection should *not* find.

Modelled: Monday peaks and quiet Fridays; records opened on one to several pages, most
with few; searches with several hits and, one time in fifty, the wrong one opened;
clients who come in new and become a case within days; colleagues of other teams asked
for advice, most of whom leave a note; overtime in the evening and on Saturdays; shifts;
weekly exports of a caseload and monthly ones of a reporting office; robots at night,
shared accounts; addresses that change on the way; names that are lost when a sidecar
starts anew, one busy hour of them behind a terminal server.
"""

from __future__ import annotations

import math
import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.detections_report.organisation import DAY, Employee, Organisation, Role
from tests.detections_report.rows import Page, Rows

BUSY = {0: 1.3, 1: 1.05, 2: 0.95, 3: 1.0, 4: 0.75, 5: 0.8, 6: 0.8}


def work(rng: random.Random, org: Organisation, rows: Rows, zone: ZoneInfo) -> None:
    """All days of all people."""
    reporting = [each for each in org.employees if each.role is Role.BACK_OFFICE][:3]
    day = org.begins
    while day < org.end:
        for each in org.employees:
            if each.works_on(day, org.holidays):
                _day(rng, org, rows, each, day, zone)
            elif rng.random() < 0.002 and day >= each.starts and day.weekday() == 5:
                _openings(
                    rng, org, rows, each, _at(day, 10, zone), rng.randint(4, 15), 2
                )
        for each in reporting:
            if day.day == 2:
                _export(rng, org, rows, each, _at(day, 11, zone), 1500)
        _machines(rng, org, rows, day, zone)
        day += DAY
    _lost_names(rng, org, rows, zone)


def page_of(each: Employee, day: date) -> Page:
    """The session of a day."""
    return Page(each.name, each.address, f"{each.name}-{day:%m%d}")


def _at(day: date, hour: float, zone: ZoneInfo) -> datetime:
    begin = datetime.combine(day, time(), zone)
    return begin + timedelta(hours=hour)


def _day(
    rng: random.Random,
    org: Organisation,
    rows: Rows,
    each: Employee,
    day: date,
    zone: ZoneInfo,
) -> None:
    busy = BUSY[day.weekday()] * math.exp(rng.gauss(0, 0.35))
    if rng.random() < 0.002:
        busy *= rng.uniform(2.5, 5)
    begins = rng.choice([6.5, 14.5, 22.5]) if each.shifts else rng.gauss(8.3, 0.5)
    count = max(1, round(each.mean * busy))
    _openings(rng, org, rows, each, _at(day, begins, zone), count)
    if rng.random() < 0.004 and not each.shifts:
        _openings(rng, org, rows, each, _at(day, 19.2, zone), rng.randint(3, 15), 2)
    if each.role is Role.CASEWORKER and rng.random() < 0.04:
        _export(rng, org, rows, each, _at(day, rng.uniform(9, 16), zone), 0)


def _openings(
    rng: random.Random,
    org: Organisation,
    rows: Rows,
    each: Employee,
    begins: datetime,
    count: int,
    hours: int = 8,
) -> None:
    page = page_of(each, begins.date())
    at = begins
    step = hours * 3600 / max(count, 12)
    elsewhere = f"172.20.{rng.randint(0, 250)}.{rng.randint(1, 250)}"
    moves_at = rng.randint(1, count) if each.moves else -1
    for number in range(count):
        if number == moves_at:
            page = Page(page.actor, elsewhere, page.session)
            at += timedelta(minutes=rng.uniform(0, 40))
        client, by_search, strange = _client(rng, org, each, begins.date())
        if by_search:
            hits = [client, *(_anybody(rng, org) for _ in range(rng.randint(0, 6)))]
            rows.page(page, at, "search", hits)
            if rng.random() < 0.02 and len(hits) > 1:
                rows.page(page, at + timedelta(seconds=20), "view", hits[1:2])
        note = rng.random() < (0.7 if strange else 0.3)
        pages = 1 + min(9, int(rng.expovariate(1.1)))
        for turn in range(pages):
            rows.page(page, at + timedelta(seconds=30 + 40 * turn), "view", [client])
        if note:
            rows.page(page, at + timedelta(seconds=40 * pages + 60), "update", [client])
        at += timedelta(seconds=step * rng.uniform(0.5, 1.5))


def _anybody(rng: random.Random, org: Organisation) -> int:
    """Any client; of employees those who are one."""
    while True:
        client = rng.randrange(org.clients)
        number = org.clients - 1 - client
        if number >= len(org.employees) or org.employees[number].is_client:
            return client


def _client(
    rng: random.Random, org: Organisation, each: Employee, day: date
) -> tuple[int, bool, bool]:
    """Whom, whether found by a search, and whether it is no case of the team."""
    dice = rng.random()
    if each.role in {Role.FRONT_DESK, Role.BACK_OFFICE}:
        return _anybody(rng, org), each.role is Role.FRONT_DESK, True
    if each.covers and each.covers[0] <= day < each.covers[1] and dice < 0.45:
        return rng.choice(each.covers[2]), False, False
    team = [other for other in org.team_of(each) if other.cases]
    if each.role is Role.LEAD or not each.cases or dice < 0.08:
        if team:
            return rng.choice(rng.choice(team).cases), False, False
        return _anybody(rng, org), False, True
    if dice < 0.11 and org.next_client < org.clients - len(org.employees):
        client = org.next_client
        org.next_client += 1
        org.intake.append((each.name, client, day + rng.randint(0, 3) * DAY))
        each.cases.append(client)
        org.cases_of[client] = each.name
        return client, True, False
    if dice < 0.12:
        return _anybody(rng, org), rng.random() < 0.6, True
    # Some cases are busy, many are asleep.
    return each.cases[int(len(each.cases) * rng.random() ** 1.7)], dice < 0.5, False


def _export(
    rng: random.Random,
    org: Organisation,
    rows: Rows,
    each: Employee,
    at: datetime,
    count: int,
) -> None:
    clients = (
        rng.sample(range(org.clients), min(count, org.clients))
        if count
        else each.cases[: rng.randint(20, 90)]
    )
    rows.page(page_of(each, at.date()), at, "export", clients)


def _machines(
    rng: random.Random, org: Organisation, rows: Rows, day: date, zone: ZoneInfo
) -> None:
    robot = Page("nightly", "10.250.0.9", f"nightly-{day:%m%d}", "robot")
    for number in range(150):
        at = _at(day, 2, zone) + timedelta(seconds=15 * number)
        rows.page(robot, at, "view", [_anybody(rng, org)])
    shared = Page("counter", "10.250.1.20", f"counter-{day:%m%d}", "shared")
    for number in range(rng.randint(20, 60) if day.weekday() < 5 else 0):
        at = _at(day, 9, zone) + timedelta(minutes=5 * number)
        rows.page(shared, at, "view", [_anybody(rng, org)])


def _lost_names(
    rng: random.Random, org: Organisation, rows: Rows, zone: ZoneInfo
) -> None:
    day = org.first + 8 * DAY
    for each in rng.sample(org.employees, len(org.employees) // 8):
        lost = Page("", each.address, f"{each.name}-lost", "unknown", "unknown_session")
        for number in range(rng.randint(1, 5)):
            at = _at(day, 11, zone) + timedelta(minutes=number)
            rows.page(lost, at, "view", [_anybody(rng, org)])
    server = Page("", "10.251.0.4", "terminal-lost", "unknown", "unknown_session")
    for number in range(25):
        at = _at(day, 11, zone) + timedelta(minutes=number)
        rows.page(server, at, "view", [_anybody(rng, org)])
