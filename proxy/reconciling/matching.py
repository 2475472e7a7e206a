"""Requests of another log against exchanges that were recorded; pure.

Each line takes one exchange of the same method, status and path template whose
time fits, and no exchange is taken twice. A line that finds none was never seen by
a wire: it went another way, or its record is missing.

What this cannot know: rows hold path templates, not paths, so that two requests to
pages of one template within the tolerance are interchangeable. Their number is
what is proven.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from proxy.reconciling.access_log import Logged, Unreadable

TOLERANCE = timedelta(seconds=2)
"""Logs have seconds, some write the start and some the end; and two clocks."""

MOST_LINES = 2_000_000
"""Of one comparison: some 500 MB. A day of a busy server; longer logs in pieces."""

MOST_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class Passed:
    """One exchange that was recorded."""

    started_at: datetime
    ended_at: datetime
    method: str
    path: str
    """Template: ``{}`` and ``{name}`` stand for one segment."""
    status: int


@dataclass(slots=True)
class Matching:
    """What came of it."""

    lines: int = 0
    matched: int = 0
    unseen: list[Logged] = field(default_factory=list)
    """Requests the wire never saw; at most ``MOST_NAMED`` of them."""
    unseen_count: int = 0
    unreadable: list[int] = field(default_factory=list)
    """Numbers of lines that could not be read; at most ``MOST_NAMED``."""
    unreadable_count: int = 0
    unmatched: int = 0
    """Exchanges that no line took: the other log has holes, or is of a part."""


@dataclass(slots=True)
class _Queue:
    """Exchanges of one method, status and template, by start."""

    starts: list[datetime]
    exchanges: list[Passed]
    taken: list[bool]
    longest: timedelta


def match(
    logged: Iterable[Logged | Unreadable],
    passed: Iterable[Passed],
    tolerance: timedelta = TOLERANCE,
) -> Matching:
    """Find each line its exchange."""
    found = Matching()
    queues = _queues(passed)
    for each in logged:
        found.lines += 1
        if isinstance(each, Unreadable):
            found.unreadable_count += 1
            if len(found.unreadable) < MOST_NAMED:
                found.unreadable.append(each.line)
        elif _take(queues.get((each.method, each.status), []), each, tolerance):
            found.matched += 1
        else:
            found.unseen_count += 1
            if len(found.unseen) < MOST_NAMED:
                found.unseen.append(each)
    found.unmatched = sum(
        not taken
        for of_one in queues.values()
        for _, queue in of_one
        for taken in queue.taken
    )
    return found


Queues = dict[tuple[str, int], list[tuple[re.Pattern[str], _Queue]]]


def _queues(passed: Iterable[Passed]) -> Queues:
    grouped: dict[tuple[str, int, str], list[Passed]] = {}
    for each in passed:
        grouped.setdefault((each.method, each.status, each.path), []).append(each)
    queues: Queues = {}
    for (method, status, path), exchanges in grouped.items():
        exchanges.sort(key=lambda each: each.started_at)
        queue = _Queue(
            [each.started_at for each in exchanges],
            exchanges,
            [False] * len(exchanges),
            max(each.ended_at - each.started_at for each in exchanges),
        )
        queues.setdefault((method, status), []).append((template(path), queue))
    for of_one in queues.values():
        # The more a template says, the earlier it is asked.
        of_one.sort(key=lambda pair: -len(pair[0].pattern))
    return queues


def template(path: str) -> re.Pattern[str]:
    """The paths this template stands for."""
    parts = re.split(r"(\{[^}]*\}|\*\*|\*)", path)
    pattern = "".join(
        ".*"
        if part == "**"
        else "[^/]*"
        if part[:1] in "{*" and part
        else re.escape(part)
        for part in parts
    )
    return re.compile(pattern + r"\Z")


def _take(
    queues: list[tuple[re.Pattern[str], _Queue]], each: Logged, tolerance: timedelta
) -> bool:
    for pattern, queue in queues:
        if pattern.match(each.path) is None:
            continue
        begin = bisect_left(queue.starts, each.at - tolerance - queue.longest)
        for place in range(begin, len(queue.starts)):
            exchange = queue.exchanges[place]
            # A log has whole seconds: what began at .9 is logged at .0.
            if exchange.started_at > each.at + tolerance:
                break
            if queue.taken[place] or exchange.ended_at < each.at - tolerance:
                continue
            queue.taken[place] = True
            return True
    return False
