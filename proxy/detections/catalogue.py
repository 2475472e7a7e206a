"""The catalogue: ``sql/*.sql``, a detection each.

A file begins with its description, YAML in comment lines, then two statements: the
question, and the rows behind a finding (``--explain``). The question gives one row a
finding with ``day, actor, actor_kind, about, from_at, to_at``, with ``subject_type``
and ``subject`` when it is about a client, ``application`` when about one; all other
columns are evidence, and what the sentence is made of. ``about`` tells findings of one
detection, account and subject apart: the same ``about`` is the same finding.

Parameters every question may use: ``from``, ``to`` (the days asked for), ``since``
(``from`` less ``looks_back`` days), ``later`` (``to`` and ``reads_on`` hours more),
``first_day``, ``end_day``, ``zone``, ``schedules`` with ``begins`` and ``ends``
(working hours), and its own. A rows statement has ``from``, ``to`` and the finding's
``actor``, ``subject_type``, ``subject``, ``about``, ``day``.

Failure modes: ``UsageError`` for a file that is not one of these, which the tests of
this project hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from proxy.errors import UsageError
from proxy.store.sql import split

DIRECTORY = Path(__file__).parent / "sql"
OWN = frozenset(
    ("day", "actor", "actor_kind", "application", "subject_type", "subject")
) | {"about", "from_at", "to_at"}
"""Columns of a question that are no evidence."""
_PLACE = re.compile(r"\{(\w+)(?:\|(\w+))?\}")


class Severity(Enum):
    """How urgent a look is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Window(Enum):
    """When a detection can judge."""

    DAY = "day"
    """A local day once it is over."""
    EVENT = "event"
    """At once, the day that has begun too."""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure, or list of texts, that an organisation sets for itself."""

    default: float | list[str]
    means: str


class _Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    severity: Severity
    window: Window
    looks_back: int
    """Days before the first that a question reads to compare with."""
    reads_on: int = 0
    """Hours after the last day that it reads."""
    needs: str = ""
    """Table without whose rows it finds nothing."""
    sentence: str
    parameters: dict[str, Parameter]
    cannot_see: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """A file of the catalogue."""

    head: _Head
    question: str
    rows: str
    """The statement that gives the rows behind a finding."""

    @property
    def id(self) -> str:
        """Its name everywhere."""
        return self.head.id

    @property
    def placeholders(self) -> set[str]:
        """Columns that the sentence names."""
        return {match[1] for match in _PLACE.finditer(self.head.sentence)}


@cache
def catalogue(directory: Path = DIRECTORY) -> tuple[Detection, ...]:
    """Every detection, by id.

    Raises:
        UsageError: a file is not one.
    """
    return tuple(
        read(path.read_text("utf-8"), path.name)
        for path in sorted(directory.glob("*.sql"))
    )


def by_id() -> dict[str, Detection]:
    """The catalogue by id."""
    return {each.id: each for each in catalogue()}


def read(text: str, name: str) -> Detection:
    """The detection of a file.

    Raises:
        UsageError: what is wrong with it.
    """
    lines = text.splitlines()
    count = next(
        (n for n, line in enumerate(lines) if not line.startswith("--")), len(lines)
    )
    try:
        described: Any = yaml.safe_load("\n".join(line[3:] for line in lines[:count]))
        head = msgspec.convert(described, _Head)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise UsageError(f"{name}: its description: {error}") from error
    statements = split("\n".join(lines[count:]))
    if len(statements) != 2:
        raise UsageError(f"{name}: {len(statements)} statements; expected two")
    return Detection(head=head, question=statements[0], rows=statements[1])


def filled(sentence: str, values: dict[str, str]) -> str:
    """A sentence with its values; ``{pages|page}`` is ``1 page`` or ``3 pages``.

    Raises:
        KeyError: a value is missing.
    """

    def value(match: re.Match[str]) -> str:
        found, counted = values[match[1]], match[2]
        if counted is None:
            return found
        return f"{found} {counted}" if found == "1" else f"{found} {counted}s"

    return _PLACE.sub(value, sentence)
