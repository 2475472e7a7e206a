"""Who works there, on whose cases, and when: everything seeded.

Of a hundred employees 76 are caseworkers in teams of twelve with 80 cases each, 10
stand at a front desk and see whoever comes, 8 process clients of everybody in large
numbers, 6 lead a team and look at its cases. A third works part time. Two teams work in
shifts, one of them without a schedule in the staff file. Some begin within the month,
some are ill for two weeks and are covered, by a colleague of the team or, one time in
five, by somebody of another team whom no file names. How many clients somebody sees a
day is log-normal between people and between days, with a heavy tail of clean-up days.
"""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

CASES = 80
TEAM = 12
CLIENTS_PER_EMPLOYEE = 250
DAY = timedelta(days=1)


class Role(Enum):
    """What somebody does all day."""

    CASEWORKER = "caseworker"
    FRONT_DESK = "front desk"
    BACK_OFFICE = "back office"
    LEAD = "team lead"


@dataclass(slots=True, kw_only=True)
class Employee:
    """One account of a person."""

    name: str
    team: str
    role: Role
    mean: float
    """Clients on an ordinary day."""
    weekdays: frozenset[int]
    shifts: bool
    starts: date
    ill: tuple[date, date] | None
    address: str
    moves: bool
    """Works over a phone or VPN whose address changes now and then."""
    own: int
    """The own record, of whom is a client too; clients that are nobody's case."""
    is_client: bool
    cases: list[int] = field(default_factory=list)
    covers: tuple[date, date, list[int]] | None = None

    def works_on(self, day: date, holidays: frozenset[date]) -> bool:
        """Whether there is work to do on this day."""
        if day < self.starts or (self.ill and self.ill[0] <= day < self.ill[1]):
            return False
        if self.shifts:
            return day.toordinal() % 7 not in {0, 3}
        return day.weekday() in self.weekdays and day not in holidays


@dataclass(slots=True, kw_only=True)
class Organisation:
    """Everybody, and what is in the files of context."""

    employees: list[Employee]
    clients: int
    watched: list[int]
    holidays: frozenset[date]
    first: date
    """First day of the month that is judged; four weeks before it are recorded too."""
    end: date
    cases_of: dict[int, str] = field(default_factory=dict)
    """Client → account; grows as new clients come in."""
    intake: list[tuple[str, int, date]] = field(default_factory=list)
    """Cases that began on the way."""
    next_client: int = 0

    @property
    def begins(self) -> date:
        """First day of the past."""
        return self.first - 28 * DAY

    def team_of(self, employee: Employee) -> list[Employee]:
        """The others of the team."""
        return [
            each
            for each in self.employees
            if each.team == employee.team and each is not employee
        ]


def subject_of(client: int) -> bytes:
    """The pseudonym; any function would do."""
    return hashlib.blake2b(str(client).encode(), digest_size=16).digest()


def organisation(
    rng: random.Random, users: int, first: date, days: int
) -> Organisation:
    """As many people, from a seed."""
    found = Organisation(
        employees=[],
        clients=users * CLIENTS_PER_EMPLOYEE,
        watched=[],
        holidays=frozenset({first + 4 * DAY, first + 13 * DAY}),
        first=first,
        end=first + days * DAY,
    )
    teams = max(3, users // TEAM)
    for number in range(users):
        found.employees.append(_employee(rng, found, number, teams))
    client = 0
    for each in found.employees:
        if each.role is Role.CASEWORKER:
            each.cases = list(range(client, client + CASES))
            found.cases_of.update(dict.fromkeys(each.cases, each.name))
            client += CASES
    found.next_client = client
    _absences(rng, found)
    found.watched = rng.sample(range(found.clients - users), max(12, users // 30))
    return found


def _employee(
    rng: random.Random, found: Organisation, number: int, teams: int
) -> Employee:
    role = rng.choices(list(Role), [76, 10, 8, 6])[0]
    team = number % teams
    usual = {
        Role.CASEWORKER: 22,
        Role.FRONT_DESK: 28,
        Role.BACK_OFFICE: 90,
        Role.LEAD: 14,
    }[role]
    full = frozenset(range(5))
    part = frozenset(rng.sample(range(5), rng.randint(2, 4)))
    late = rng.random() < 0.03
    return Employee(
        name=f"emp{number:04d}",
        team=f"team{team:03d}",
        role=role,
        mean=usual * math.exp(rng.gauss(0, 0.35)),
        weekdays=part if rng.random() < 0.33 else full,
        shifts=team < 2,
        starts=found.first + rng.randint(0, 15) * DAY if late else found.begins,
        ill=None,
        address=f"10.{number // 250}.{number % 250}.{rng.randint(10, 250)}",
        moves=rng.random() < 0.2,
        own=found.clients - 1 - number,
        is_client=rng.random() < 0.2,
    )


def _absences(rng: random.Random, found: Organisation) -> None:
    workers = [each for each in found.employees if each.role is Role.CASEWORKER]
    for ill in rng.sample(workers, max(1, len(workers) // 25)):
        starts = found.first + rng.randint(0, 12) * DAY
        ill.ill = (starts, starts + 14 * DAY)
        team = [each for each in found.team_of(ill) if each.role is Role.CASEWORKER]
        cover = rng.choice(team if team and rng.random() < 0.8 else workers)
        if cover.covers is None and cover.ill is None:
            cover.covers = (*ill.ill, ill.cases)
