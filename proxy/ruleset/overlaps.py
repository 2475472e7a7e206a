"""Which rules are never reached, and which two claim the same request.

The first rule that fits claims an exchange. A later rule whose requests all fit an
earlier one is *never reached*: a mistake. Two rules that share some requests, while
each has others of its own, *overlap*: the order decides, and whoever wrote them may
not know. A special rule before a general one is neither.

Exact for paths and methods: the two patterns are walked side by side as automata.
Conditions are compared by their texts; those that exclude each other for requests
that are not made on purpose (``format: csv`` and ``format: pdf``) keep two rules
apart.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from proxy.attribution.spec import FieldIs, FieldSource, RequestMatch
from proxy.exchange.patterns import Glob, RequestPattern
from proxy.ruleset.conditions import (
    BodyMark,
    Condition,
    ContentTypeFits,
    HeaderFits,
    StatusFits,
)
from proxy.ruleset.model import Record, RuleSet

MOST_STATES = 20_000
"""States of two patterns walked; a pair of real ones has a few hundred. Above, the
pair is taken to share nothing."""
_PART = re.compile(r"\{[^{}]*\}|/\*\*|\*")
_FRESH = "x7qjzwvk0123456789abcdefghijklmnoprstuy"
"""Letters that stand for "any": one that neither pattern names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two rules and a request that both claim."""

    earlier: Record
    later: Record
    pattern: str
    """Of the later rule."""
    never_reached: bool
    """Every request of this pattern is claimed by the earlier rule."""
    example: str
    """``GET /client/new?tab=x``."""


class _Asked(NamedTuple):
    """All that one request pattern of a rule asks."""

    pattern: RequestPattern
    fields: tuple[FieldIs, ...]
    conditions: tuple[Condition, ...]
    operations: tuple[Glob, ...]
    narrowed: bool
    """By something that is not compared: arguments of a call."""


def overlaps(ruleset: RuleSet) -> list[Overlap]:
    """Every pair of a rule set, in the order of the later rule."""
    found: list[Overlap] = []
    for number, later in enumerate(ruleset.records):
        told: set[str] = set()
        for request in later.requests:
            for earlier in ruleset.records[:number]:
                overlap = _between(earlier, later, request)
                if overlap is None:
                    continue
                if overlap.never_reached:
                    found.append(overlap)
                    break
                if earlier.rule.name not in told:
                    told.add(earlier.rule.name)
                    found.append(overlap)
    return found


def _between(earlier: Record, later: Record, request: RequestMatch) -> Overlap | None:
    after = _asked(later, request)
    shared: Overlap | None = None
    for other in earlier.requests:
        before = _asked(earlier, other)
        if not _begin_alike(before.pattern, after.pattern) or _apart(before, after):
            continue
        example, alone = _walk(after.pattern, before.pattern)
        if not example:
            continue
        never = not alone and _implied(before, after)
        _, special = _walk(before.pattern, after.pattern)
        if not never and not special and _implied(after, before):
            continue
        overlap = Overlap(
            earlier=earlier,
            later=later,
            pattern=request.pattern.text,
            never_reached=never,
            example=_example(example, before, after),
        )
        if never:
            return overlap
        shared = shared or overlap
    return shared


def _asked(record: Record, request: RequestMatch) -> _Asked:
    operation = record.operation
    return _Asked(
        request.pattern,
        request.conditions,
        record.conditions,
        operation.names if operation else (),
        bool(operation and operation.arguments),
    )


def _apart(one: _Asked, other: _Asked) -> bool:
    """Whether no honest request fits both, whatever its path."""
    mine, theirs = one.pattern.methods, other.pattern.methods
    if mine is not None and theirs is not None and not mine & theirs:
        return True
    if one.operations and other.operations and _exclude(one, other):
        return True
    return any(
        a.field == b.field and _differ(a.pattern, b.pattern)
        for a in one.fields
        for b in other.fields
    ) or any(
        _contradict(a, b) or _contradict(b, a)
        for a in one.conditions
        for b in other.conditions
    )


def _exclude(one: _Asked, other: _Asked) -> bool:
    return all(_differ(a, b) for a in one.operations for b in other.operations)


def _differ(one: Glob, other: Glob) -> bool:
    """Whether no text fits both, as far as literal texts tell."""
    if "*" not in one.text:
        return not other.match(one.text)
    return "*" not in other.text and not one.match(other.text)


def _contradict(one: Condition, other: Condition) -> bool:
    match one, other:
        case HeaderFits(), HeaderFits():
            return one.name == other.name and _differ(one.pattern, other.pattern)
        case StatusFits(), StatusFits():
            return not any(
                a <= d and c <= b for a, b in one.ranges for c, d in other.ranges
            )
        case ContentTypeFits(), ContentTypeFits():
            return all(_differ(a, b) for a in one.patterns for b in other.patterns)
        case BodyMark(), BodyMark():
            # A page with the one mark is seldom one that must not have it.
            return one.there and not other.there and other.text in one.text
        case _:
            return False


def _implied(what: _Asked, by: _Asked) -> bool:
    """Whether all that ``what`` asks beside the path holds where ``by`` does."""
    methods = what.pattern.methods
    if methods is not None and not (by.pattern.methods or {""}) <= methods:
        return False
    if what.narrowed:
        return False
    if what.operations and not (
        by.operations
        and all(any(_covers(w, b) for w in what.operations) for b in by.operations)
    ):
        return False
    return all(
        any(w.field == b.field and _covers(w.pattern, b.pattern) for b in by.fields)
        for w in what.fields
    ) and all(any(_holds(w, b) for b in by.conditions) for w in what.conditions)


def _covers(wide: Glob, narrow: Glob) -> bool:
    if wide.text in (narrow.text, "*"):
        return True
    return "*" not in narrow.text and wide.match(narrow.text)


def _holds(what: Condition, by: Condition) -> bool:
    match what, by:
        case HeaderFits(), HeaderFits():
            return what.name == by.name and _covers(what.pattern, by.pattern)
        case StatusFits(), StatusFits():
            return all(
                any(a <= c and d <= b for a, b in what.ranges) for c, d in by.ranges
            )
        case ContentTypeFits(), ContentTypeFits():
            return all(any(_covers(w, b) for w in what.patterns) for b in by.patterns)
        case BodyMark(), BodyMark():
            if what.there and by.there:
                return what.text in by.text
            return not what.there and not by.there and by.text in what.text
        case _:
            return False


def _example(path: str, before: _Asked, after: _Asked) -> str:
    methods = before.pattern.methods or after.pattern.methods or {"GET"}
    common = methods & (after.pattern.methods or methods)
    fields: dict[tuple[FieldSource, str], str] = {}
    for condition in (*before.fields, *after.fields):
        name = (condition.field.source, condition.field.name)
        text = condition.pattern.text.replace("*", "")
        fields[name] = max(text, fields.get(name, ""), key=len)
    query, form = (
        "&".join(
            f"{n}={text}" for (source, n), text in fields.items() if source is kind
        )
        for kind in (FieldSource.QUERY, FieldSource.FORM)
    )
    method = "GET" if "GET" in common else min(common)
    said = f"{method} {path}" + (f"?{query}" if query else "")
    return said + (f" with the form {form}" if form else "")


# Patterns as automata. A step is a character, or one of these:
_ONE = "one"
"""Any character but a slash."""
_MANY = "many"
"""Any number of these, none included."""
_DEEP = "deep"
"""A slash and anything, or nothing: with the step after it."""
_ALL = "all"
"""Any characters, none included."""


def _begin_alike(one: RequestPattern, other: RequestPattern) -> bool:
    """Whether the texts before their first wildcards can be of one path."""
    for mine, theirs in zip(_steps(one), _steps(other), strict=False):
        if len(mine) > 1 or len(theirs) > 1:
            return True
        if mine != theirs:
            return False
    return True


@lru_cache(maxsize=1024)
def _steps(pattern: RequestPattern) -> tuple[str, ...]:
    fold = bool(pattern.regex.flags & re.IGNORECASE)
    if pattern.suffix is not None:
        ending = pattern.suffix.lower() if fold else pattern.suffix
        return ("/", _ALL, *ending)
    steps: list[str] = []
    at = 0
    template = pattern.template.lower() if fold else pattern.template
    for found in _PART.finditer(template):
        steps += template[at : found.start()]
        at = found.end()
        if found[0] == "/**":
            steps += (_DEEP, _ALL)
        else:
            steps += (_MANY,) if found[0] == "*" else (_ONE, _MANY)
    return (*steps, *template[at:])


def _closed(steps: tuple[str, ...], places: Iterator[int]) -> frozenset[int]:
    """Places and all that can be reached from them without a character."""
    todo, seen = list(places), set[int]()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        step = steps[place] if place < len(steps) else ""
        if step in (_MANY, _ALL):
            todo.append(place + 1)
        elif step == _DEEP:
            todo.append(place + 2)
    return frozenset(seen)


def _after(steps: tuple[str, ...], places: frozenset[int], char: str) -> frozenset[int]:
    def reached() -> Iterator[int]:
        for place in places:
            step = steps[place] if place < len(steps) else ""
            if (step == _MANY and char != "/") or step == _ALL:
                yield place
            elif (
                step == char
                or (step == _ONE and char != "/")
                or (step == _DEEP and char == "/")
            ):
                yield place + 1

    return _closed(steps, reached())


@lru_cache(maxsize=4096)
def _walk(pattern: RequestPattern, other: RequestPattern) -> tuple[str, str]:
    """A path that both fit, and one that only ``pattern`` fits; '' for none."""
    mine, theirs = _steps(pattern), _steps(other)
    named = {step for step in (*mine, *theirs) if len(step) == 1}
    fresh = next((char for char in _FRESH if char not in named), "\u00b7")
    start = (_closed(mine, iter((0,))), _closed(theirs, iter((0,))))
    queue = deque([(start, "")])
    seen = {start}
    both = alone = ""
    while queue and not (both and alone) and len(seen) <= MOST_STATES:
        (here, there), path = queue.popleft()
        if alone and not there:
            continue
        if len(mine) in here and path:
            if len(theirs) in there:
                both = both or path
            else:
                alone = alone or path
        steps = {mine[place] for place in here if place < len(mine)}
        chars = {step for step in steps if len(step) == 1} | {"/"}
        if steps - chars:
            # What the other names may be spelled where this one takes anything.
            chars |= {fresh} | {
                theirs[place]
                for place in there
                if place < len(theirs) and len(theirs[place]) == 1
            }
        for char in sorted(chars, key=lambda char: (char == "/", char != fresh)):
            following = (_after(mine, here, char), _after(theirs, there, char))
            if following[0] and following not in seen:
                seen.add(following)
                queue.append((following, path + char))
    return both, alone
