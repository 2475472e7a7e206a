"""An exchange that asks for several things: what each of them showed, as one.

Every call of a batch is read by the rule that claims it, looking at its own
answer only. A call that no rule claims and no ``ignore`` names is a hole:
``unclaimed_call``, unless its answer is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from proxy.events import Extraction
from proxy.extraction import (
    Extracted,
    Found,
    Reading,
    Unreadable,
    View,
    path_template,
)
from proxy.extraction.context import MOST_TERMS, Term
from proxy.extraction.dialects.base import (
    Call,
    CallView,
    Dialect,
    NothingShown,
    calls_of,
    shown_by,
)
from proxy.extraction.same_as import Paired

Readers = Callable[[View, tuple[Call, ...]], tuple[list[Reading], bool]]
"""Readings of the rules that claim calls, and whether all are claimed or ignored."""

_WORST = (
    Extraction.TRUNCATED,
    Extraction.FAILED,
    Extraction.PARTIAL,
    Extraction.UNMAPPED,
    Extraction.RECORDED,
)


def read_calls(view: View, dialect: Dialect, read: Readers) -> Reading:
    """What the calls of an exchange showed together.

    Args:
        view: Of the whole exchange, which asks for something in ``dialect``.
        dialect: Of the rule that claims it.
        read: Reads calls that share their answers.
    """
    calls = calls_of(dialect, view)
    several = len(calls) > 1
    shared: dict[Hashable, list[Call]] = {}
    for call in calls:
        shared.setdefault(call.key, []).append(call)
    readings: list[Reading] = []
    flaws: list[str] = []
    for group in shared.values():
        part = CallView(view, dialect, tuple(group)) if several else view
        found, claimed = read(part, tuple(group))
        readings += found
        if several and not claimed and _answered(dialect, part):
            flaws.append("unclaimed_call")
    if several:
        flaws += view.flaws
    reading = _together(readings, flaws)
    return (
        reading if reading.path else reading._replace(path=path_template(view.target))
    )


def _answered(dialect: Dialect, part: View) -> bool:
    if part.exchange.response is None:
        return False
    try:
        shown_by(dialect, part)
    except NothingShown:
        return False
    except Unreadable as failure:
        return failure.reason != "no_answer"
    return True


def _together(readings: list[Reading], flaws: list[str]) -> Reading:
    if len(readings) == 1 and not flaws:
        return readings[0]
    joined = _joined(readings, flaws)
    answer = joined.extracted._replace(pairs=_pairs(readings))
    return joined._replace(extracted=answer, context=_context(readings))


def _pairs(readings: list[Reading]) -> tuple[Paired, ...]:
    pairs = (
        pair._replace(rule=reading.rule)
        for reading in readings
        for pair in reading.extracted.pairs
    )
    return tuple(dict.fromkeys(pairs))


def _context(readings: list[Reading]) -> tuple[Term, ...]:
    terms = (term for reading in readings for term in reading.context)
    return tuple(dict.fromkeys(terms))[:MOST_TERMS]


def _joined(readings: list[Reading], flaws: list[str]) -> Reading:
    subjects: dict[tuple[str, str, str], Found] = {}
    for reading in readings:
        for found in reading.extracted.subjects:
            key = (found.type, found.id, found.action.value)
            subjects.setdefault(key, found._replace(rule=reading.rule))
    shown = list(subjects.values())
    first = readings[0] if readings else None
    rule, path = (first.rule, first.path) if first else ("", "")
    for status in _WORST:
        for reading in readings:
            answer = reading.extracted
            if answer.status is status and status is not Extraction.RECORDED:
                return Reading(rule, path, _weighed(status, answer.reason, shown))
    if flaws:
        status = Extraction.PARTIAL if shown else Extraction.UNMAPPED
        return Reading(rule, path, Extracted(status, flaws[0], shown))
    if not readings:
        nothing = Extracted(Extraction.NOTHING_EXPECTED, "ignored", [])
        return Reading(rule, path, nothing)
    best = min(
        (reading.extracted for reading in readings),
        key=lambda answer: answer.status is not Extraction.RECORDED,
    )
    return Reading(rule, path, Extracted(best.status, best.reason, shown))


def _weighed(status: Extraction, reason: str, shown: list[Found]) -> Extracted:
    """What one call failed at leaves what the others showed: in part."""
    if shown and status in (Extraction.FAILED, Extraction.UNMAPPED):
        status = Extraction.PARTIAL
    return Extracted(status, reason, shown)
