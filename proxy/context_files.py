"""What an organisation knows and no wire does, as files: staff, caseload, watchlist.

CSV with a heading (``proxy.csv_lines``); columns in any order, those in brackets may
be left out::

    staff      employee, team, [unit], [schedule], [own.TYPE …], valid_from, [valid_to]
    caseload   employee, subject, [subject_type], valid_from, [valid_to]
    watchlist  subject, [subject_type], reason, valid_from, [valid_to]

* ``employee`` is the account's name as answers show it; ``own.client`` the id of the
  employee's own record of type ``client``; ``schedule`` names working hours of the
  thresholds file.
* A period is of local days, from ``valid_from`` (included) to ``valid_to`` (not
  included; empty: until further notice). A later file that gives the same row with
  the same ``valid_from`` replaces it; one with ``valid_to`` = ``valid_from`` takes
  it back.

The whole file is checked before any of it is used; ids are never quoted. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import pairwise

from proxy.csv_lines import Mistakes, lines
from proxy.document import near_miss

MOST_BYTES = 128 << 20
"""Of a file, which is read whole: some two million rows of a caseload."""
LONGEST = 256
"""Characters of a cell, as of an id in rule sets."""
OPEN = date(2149, 6, 6)
"""``valid_to`` of what is valid until further notice: the last day a store holds."""
_FIRST = date(1970, 1, 1)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_OWN = "own."


class ContextKind(Enum):
    """Which of the three files, and the table it goes to."""

    STAFF = "staff"
    CASELOAD = "caseload"
    WATCHLIST = "watchlist"


_COLUMNS = {
    ContextKind.STAFF: (
        ("employee", "team", "valid_from"),
        ("unit", "schedule", "valid_to"),
    ),
    ContextKind.CASELOAD: (
        ("employee", "subject", "valid_from"),
        ("subject_type", "valid_to"),
    ),
    ContextKind.WATCHLIST: (
        ("subject", "reason", "valid_from"),
        ("subject_type", "valid_to"),
    ),
}
"""Columns that must be there, and those that may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRow:
    """A line of one of the files; what its kind has no column for is empty."""

    line: int
    valid_from: date
    valid_to: date
    employee: str = ""
    team: str = ""
    unit: str = ""
    schedule: str = ""
    own: tuple[tuple[str, str], ...] = ()
    """The employee's own ids: type and id."""
    subject_type: str = ""
    subject: str = ""
    reason: str = ""


def check(kind: ContextKind, data: bytes) -> int:
    """How many rows there are.

    Raises:
        FileRefused: there is a mistake.
    """
    mistakes = Mistakes()
    count = 0
    periods: dict[tuple[str, ...], list[tuple[date, date, int]]] = {}
    for line, found in _rows(kind, data):
        if isinstance(found, str):
            mistakes.add(line, found)
            continue
        count += 1
        key = _key(kind, found)
        period = (found.valid_from, found.valid_to, line)
        periods.setdefault(key, []).append(period)
    for each in periods.values():
        each.sort()
        for before, after in pairwise(each):
            if after[0] == before[0] or after[0] < before[1] != OPEN:
                mistakes.add(after[2], f"its period overlaps that of line {before[2]}")
    if not mistakes.count and not count:
        mistakes.add(1, "there is no row in it")
    mistakes.refuse()
    return count


def rows_of(kind: ContextKind, data: bytes) -> Iterator[ContextRow]:
    """The rows of a file that ``check`` has passed."""
    for _, found in _rows(kind, data):
        if isinstance(found, ContextRow):
            yield found


def _key(kind: ContextKind, row: ContextRow) -> tuple[str, ...]:
    """What a row is about: at most one is valid at a time."""
    match kind:
        case ContextKind.STAFF:
            return (row.employee,)
        case ContextKind.CASELOAD:
            return (row.employee, row.subject_type, row.subject)
        case ContextKind.WATCHLIST:
            return (row.subject_type, row.subject, row.reason)


def _rows(kind: ContextKind, data: bytes) -> Iterator[tuple[int, ContextRow | str]]:
    heading: list[str] | None = None
    for line, cells in lines(data):
        if isinstance(cells, str):
            yield line, cells
        elif heading is None:
            heading = [cell.lower() for cell in cells]
            wrong = _wrong_heading(kind, heading)
            if wrong:
                yield line, wrong
                return
        elif len(cells) != len(heading):
            yield line, f"{len(cells)} columns; the heading has {len(heading)}"
        else:
            yield line, _row(kind, line, dict(zip(heading, cells, strict=True)))


def _wrong_heading(kind: ContextKind, heading: Sequence[str]) -> str:
    needed, optional = _COLUMNS[kind]
    known = {*needed, *optional}
    expected = f"expected a heading with {', '.join(needed)}"
    own = "" if kind is not ContextKind.STAFF else f" and {_OWN}TYPE"
    missing = [name for name in needed if name not in heading]
    if missing:
        return f"no column {', '.join(missing)}; {expected}"
    if len(set(heading)) < len(heading):
        return "a column stands there twice"
    for name in heading:
        its_own = own and name.startswith(_OWN) and _NAME.fullmatch(name[len(_OWN) :])
        if name not in known and not its_own:
            meant = near_miss(name, known)
            hint = f"; did you mean {meant}" if meant else ""
            listed = ", ".join((*needed, *optional))
            return f"an unknown column{hint}; known are {listed}{own}"
    return ""


def _row(kind: ContextKind, line: int, cells: Mapping[str, str]) -> ContextRow | str:
    needed, _ = _COLUMNS[kind]
    for name, cell in cells.items():
        if name in needed and not cell:
            return f"{name} is empty"
        if len(cell) > LONGEST:
            return f"{name} has more than {LONGEST} characters"
        if not cell.isprintable():
            return f"{name} has a control character"
    valid_from = _day(cells["valid_from"])
    valid_to = _day(cells.get("valid_to", "")) if cells.get("valid_to") else OPEN
    for name, day in (("valid_from", valid_from), ("valid_to", valid_to)):
        if day is None:
            return f"{name} is not a day; expected e.g. 2026-01-31, from 1970 to 2149"
    assert valid_from is not None
    assert valid_to is not None
    if valid_to < valid_from:
        return "valid_to is before valid_from"
    subject_type = cells.get("subject_type") or "client"
    for name, value in (
        ("subject_type", subject_type),
        ("reason", cells.get("reason")),
    ):
        if value and not _NAME.fullmatch(value):
            return f"{name} is not a name; expected letters, digits, _ . -"
    return ContextRow(
        line=line,
        valid_from=valid_from,
        valid_to=valid_to,
        employee=cells.get("employee", ""),
        team=cells.get("team", ""),
        unit=cells.get("unit", ""),
        schedule=cells.get("schedule", ""),
        own=tuple(
            (name.removeprefix(_OWN), cell)
            for name, cell in cells.items()
            if name.startswith(_OWN) and cell
        ),
        subject_type="" if kind is ContextKind.STAFF else subject_type,
        subject=cells.get("subject", ""),
        reason=cells.get("reason", ""),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST <= day <= OPEN else None
