"""One instrument, and how its points are read from the reports.

A reader takes the reports of living processes and gives points. A figure that
is absent, of another type than declared, or not finite gives no point: a report
of another version never ends the answer to a scrape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from proxy.status import Report

Reports = Mapping[str, Report]
"""Reports of living processes, by role."""

Point = tuple[float, dict[str, str]]
"""A value and its attributes."""

Reader = Callable[[Reports], Iterator[Point]]

ROLE = "whosaw.role"
APPLICATION = "whosaw.application"
MOST_POINTS = 1_000
"""Points of one instrument: applications times enums stay far below; a figure
that grew beyond is cut there, so that no report can fill a time-series store."""


class Kind(Enum):
    """As OpenTelemetry names them; all are observed, none is pushed."""

    COUNTER = "counter"
    """Only grows, until its process starts again."""
    UP_DOWN_COUNTER = "updowncounter"
    """An amount that may be summed over processes."""
    GAUGE = "gauge"
    """A value of now that may not be summed."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is measured, in which unit (UCUM), with which attributes."""

    name: str
    kind: Kind
    unit: str
    description: str
    attributes: tuple[str, ...]
    read: Reader

    def points(self, reports: Reports) -> Iterator[Point]:
        """What it is now; at most ``MOST_POINTS``, with declared attributes only."""
        for count, (value, attributes) in enumerate(self.read(reports)):
            if count >= MOST_POINTS:
                return
            yield (
                value,
                {k: v for k, v in attributes.items() if k in self.attributes},
            )


def failing(role: str, *keys: str) -> Reader:
    """1 while one of these figures, in which the role tells what went wrong, says
    something; a report without the first gives no point."""

    def read(reports: Reports) -> Iterator[Point]:
        report = reports.get(role)
        if report is not None and keys[0] in report.figures:
            yield float(any(map(report.figures.get, keys))), {ROLE: role}

    return read


def figure(of: str, key: str, scale: float = 1.0) -> Reader:
    """One figure of every process whose role is ``of`` or ``of-N``."""

    def read(reports: Reports) -> Iterator[Point]:
        for role, report in reports.items():
            if belongs(role, of):
                value = number(report.figures.get(key))
                if value is not None:
                    yield value * scale, {ROLE: role}

    return read


def reported(
    kind: Kind, of: str, name: str, unit: str, key: str, description: str
) -> Instrument:
    """The usual instrument: one figure, as it is, of each process of a kind."""
    return Instrument(name, kind, unit, description, (ROLE,), figure(of, key))


def footprint(key: str) -> Reader:
    """One figure of what every process itself uses."""

    def read(reports: Reports) -> Iterator[Point]:
        for role, report in reports.items():
            value = number(report.process.get(key))
            if value is not None:
                yield value, {ROLE: role}

    return read


def table(of: str, key: str, *attributes: str) -> Reader:
    """A figure of rows ``[attribute, ..., value]``."""

    def read(reports: Reports) -> Iterator[Point]:
        for role, report in reports.items():
            rows = report.figures.get(key)
            if not belongs(role, of) or not isinstance(rows, list):
                continue
            for row in rows:
                if not isinstance(row, list) or len(row) != len(attributes) + 1:
                    continue
                value = number(row[-1])
                if value is not None:
                    named = zip(attributes, row, strict=False)
                    yield value, {k: text(v) for k, v in named} | {ROLE: role}

    return read


def mapping(of: str, key: str, attribute: str = APPLICATION) -> Reader:
    """A figure that is a mapping from a configured name to a value."""

    def read(reports: Reports) -> Iterator[Point]:
        for role, report in reports.items():
            found = report.figures.get(key)
            if not belongs(role, of) or not isinstance(found, dict):
                continue
            for name, each in found.items():
                value = number(each)
                if value is not None:
                    yield value, {attribute: text(name), ROLE: role}

    return read


def belongs(role: str, of: str) -> bool:
    """Whether this is a process of that kind: ``wire-0`` is a ``wire``."""
    return role.partition("-")[0] == of


def number(value: object) -> float | None:
    """A finite number, or nothing; true is 1."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def text(value: object) -> str:
    """How an attribute is written: bounded, and ``true`` for a truth."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:128]
