"""Why an exchange was read as it was: for ``whosaw rules explain``.

Values other than subject ids are shown as their shape only (letters as ``a``,
digits as ``9``), so that an explanation can be pasted into a ticket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proxy.exchange.model import Exchange
from proxy.extraction import Extracted, Reading, RecordRule, Unreadable, View
from proxy.extraction.dialects.base import calls_of
from proxy.extraction.model import Subject
from proxy.extraction.opened import looked_at
from proxy.extraction.same_as import paired
from proxy.ruleset.model import Claimed, Record, RuleSet, conditions_hold
from proxy.ruleset.operations import Operation

MOST_SHOWN = 5
"""Values shown per selector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was looked at."""

    what: str
    """``client_detail``, ``client_detail.subject[0].id``, …"""
    found: int
    """How many values or rows; for a rule 1 when it claims, else 0."""
    said: str
    """Why, or what the values look like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The whole story of one exchange."""

    method: str
    path: str
    """Template of the path: ids in it are taken out."""
    rule: str
    extracted: Extracted
    passed_over: tuple[Step, ...]
    """Earlier rules that did not claim it, and why."""
    looked_at: tuple[Step, ...]
    """What the claiming rule's selectors found."""


def explain(
    ruleset: RuleSet, seen: Exchange | View, reading: Reading | None = None
) -> Explanation:
    """What ``ruleset.read`` decides about an exchange, and why.

    Args:
        ruleset: The rules.
        seen: The exchange, or the view of it that was read.
        reading: What was read, when it is known.
    """
    view = seen if isinstance(seen, View) else ruleset.view(seen)
    exchange = view.exchange
    claim = ruleset.match(view)
    claimed = claim.record if isinstance(claim, Claimed) else None
    passed_over = []
    for record in ruleset.records:
        if record is claimed:
            break
        passed_over.append(
            Step(what=record.rule.name, found=0, said=_why_not(record, view))
        )
    reading = reading or ruleset.read(view)
    looked_at: list[Step] = []
    if isinstance(claim, Claimed) and exchange.response is not None:
        looked_at = _looked_at(claim.rule, view)
    return Explanation(
        method=exchange.request.method.decode("latin-1"),
        path=reading.path,
        rule=reading.rule,
        extracted=reading.extracted,
        passed_over=tuple(passed_over),
        looked_at=tuple(looked_at),
    )


def _why_not(record: Record, view: View) -> str:
    method = view.exchange.request.method.decode("latin-1")
    reasons = []
    for request in record.requests:
        pattern = request.pattern
        if pattern.match_path(view.target.path) is None:
            reasons.append(f"the path is not {pattern.template}")
        elif pattern.match(method, view.target.path) is None:
            reasons.append(f"the method is not that of {pattern.text}")
        else:
            failing = [
                f"{condition.field.source.value}.{condition.field.name} is not "
                f"{condition.pattern.text}"
                for condition in request.conditions
                if not conditions_hold((condition,), view)
            ]
            failing += [
                condition.said
                for condition in record.conditions
                if not condition.holds(view)
            ]
            operation = record.operation
            if operation is not None and not operation.fits(view):
                failing.append(_asked(operation, view))
            reasons.append(", ".join(failing) or "an earlier rule claims it")
    return "; ".join(dict.fromkeys(reasons))


def _asked(operation: Operation, view: View) -> str:
    names = [name for c in calls_of(operation.dialect, view) for name in c.names]
    asked = ", ".join(names[:MOST_SHOWN]) or "nothing"
    return f"the operation is another: {asked} in {operation.dialect.word}"


def _looked_at(rule: RecordRule, view: View) -> list[Step]:
    steps = []
    what = f"{rule.name}.{'body' if rule.dialect is None else 'dialect'}"
    try:
        if rule.needs_body or rule.dialect is not None:
            view = looked_at(rule, view)
    except Unreadable as failure:
        return [Step(what=what, found=0, said=failure.reason)]
    if rule.dialect is not None:
        steps.append(Step(what=what, found=1, said=rule.dialect.word))
    for index, subject in enumerate(rule.subjects):
        name = f"{rule.name}.subjects[{index}]"
        try:
            rows: list[object] = [None]
            if subject.each is not None:
                rows = subject.each.rows(view)[: view.settings.rows]
                said = f"rows of {subject.each.kind.value}"
                steps.append(Step(what=f"{name}.each", found=len(rows), said=said))
            values = [value for row in rows for value in subject.id.values(view, row)]
            steps += _same_as(subject, name, view, rows)
        except Unreadable as failure:
            steps.append(Step(what=name, found=0, said=failure.reason))
            continue
        shown = ", ".join(value.strip()[:64] for value in values[:MOST_SHOWN])
        steps.append(Step(what=f"{name}.id", found=len(values), said=shown))
    for context in rule.context:
        try:
            values = context.place.values(view, None)
        except Unreadable:
            values = []
        said = ", ".join(shape(value) for value in values[:MOST_SHOWN])
        what = f"{rule.name}.context.{context.name}"
        steps.append(Step(what=what, found=len(values), said=said))
    for category in rule.data:
        what = f"{rule.name}.data.{category.name}"
        if category.place is None:
            steps.append(Step(what=what, found=1, said="always"))
            continue
        try:
            present = category.place.present(view)
            values = category.place.values(view, None) if present else []
        except Unreadable as failure:
            steps.append(Step(what=what, found=0, said=failure.reason))
            continue
        said = ", ".join(shape(value) for value in values[:MOST_SHOWN])
        steps.append(Step(what=what, found=len(values) or int(present), said=said))
    return steps


def _same_as(
    subject: Subject, name: str, view: View, rows: list[object]
) -> Iterator[Step]:
    for index, other in enumerate(subject.same_as):
        pairs = [
            pair
            for row in rows
            for pair in paired(
                subject.type, subject.id.values(view, row), (other,), view, row
            )
        ]
        said = ", ".join(f"{pair.one} = {pair.other}" for pair in pairs[:MOST_SHOWN])
        what = f"{name}.same_as[{index}]"
        yield Step(what=what, found=len(pairs), said=f"{other.type}: {said}")


def shape(value: str) -> str:
    """What a value looks like: ``Jansen, 12`` is ``Aaaaaa, 99``; at most 40."""
    value = value.strip()[:40]
    value = re.sub(r"\d", "9", value)
    return re.sub(r"[^\W\d_]", lambda found: "A" if found[0].isupper() else "a", value)
