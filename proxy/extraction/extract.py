"""A claimed exchange → its subjects, and how far that can be trusted.

======================================  ================================
situation                               status, reason
======================================  ================================
no response came                        failed, ``no_response``
HEAD                                    nothing_expected, ``head``
status outside ``on_status``            nothing_expected, ``status_403``
a fault or redirect of the dialect      nothing_expected, ``fault``
304, all subjects in the request        recorded, ``not_modified``
304, subjects in the body               as the response it confirms, else partial,
                                        ``not_modified``
body above the cap                      truncated, with what was found
body cut or of unknown coding           partial or failed
a required subject is not there         failed, ``no_subject``
a list without rows                     recorded, ``no_rows``
rows whose id cannot be read            partial (or failed when all)
======================================  ================================

One subject counts once per exchange and action, at its first position, however
often the page names it; a mention of a subject that the same exchange shows counts
for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from proxy.events import Action, Extraction
from proxy.exchange.model import BodyState, Response
from proxy.exchange.ranges import content_range
from proxy.extraction.dialects.base import NothingShown
from proxy.extraction.many import MANY, ManyFound
from proxy.extraction.model import Extracted, Found, RecordRule, Skip, Subject
from proxy.extraction.opened import looked_at
from proxy.extraction.revalidated import remembered
from proxy.extraction.same_as import MOST_PAIRS, Paired, paired
from proxy.extraction.selectors.pattern import written
from proxy.extraction.view import MISREAD, Unreadable, View


def extract(rule: RecordRule, view: View) -> Extracted:
    """The subjects this exchange showed according to ``rule``; never raises.

    Args:
        rule: The rule that claimed the exchange.
        view: With ``captures`` set by the match.
    """
    response = view.exchange.response
    if response is None:
        return Extracted(Extraction.FAILED, "no_response", [])
    if view.exchange.request.method == b"HEAD":
        return Extracted(Extraction.NOTHING_EXPECTED, "head", [])
    status = response.status
    if not rule.shows(status):
        if status == 304:
            return _not_modified(rule, view)
        return Extracted(Extraction.NOTHING_EXPECTED, f"status_{status}", [])
    stream = response.stream
    # Asking for None first: a protocol is dear to ask for, and streams are rare.
    if stream is not None and isinstance(stream, Streamed) and stream.rule == rule:
        return extract_streamed(rule, view, stream)
    collected = Collected()
    if rule.needs_body or rule.dialect is not None:
        try:
            view = looked_at(rule, view)
        except NothingShown as said:
            return Extracted(Extraction.NOTHING_EXPECTED, said.reason, [])
        except Unreadable as failure:
            collected.reasons.append(failure.reason)
            _weigh_body(view, collected)
            return collected.extracted(())
    for subject in rule.subjects:
        collected.take(subject, view)
    categories = _categories(rule, view, collected) if rule.data else ()
    if rule.needs_body:
        _weigh_body(view, collected)
    if status == 206 and not _is_whole(response):
        collected.reasons.append("partial_content")
    return collected.extracted(categories)


def _is_whole(response: Response) -> bool:
    """Whether a 206 carries all there is, as answers to ``bytes=0-`` do."""
    part = content_range(response.get(b"content-range"))
    return part is not None and part.whole


@runtime_checkable
class Streamed(Protocol):
    """What read a body while it passed."""

    @property
    def rule(self) -> RecordRule:
        """The rule it was read by."""

    def collected(self, *, cut: bool) -> Collected:
        """What was found; ``cut``: the body did not come to its end."""


def extract_streamed(rule: RecordRule, view: View, stream: Streamed) -> Extracted:
    """Rows that were read while they passed; the rest is looked for in the heads
    and, of categories, in the beginning of the body."""
    response = view.response
    part = response.status == 206 and not _is_whole(response)
    collected = stream.collected(cut=part or response.body_state is BodyState.CUT)
    for subject in rule.subjects:
        if subject.each is None:
            collected.take(subject, view)
    categories = _categories(rule, view, collected) if rule.data else ()
    if part:
        collected.reasons.append("partial_content")
    return collected.extracted(categories)


class RowCount:
    """Of a list so far."""

    __slots__ = ("rows", "skipped", "unreadable")

    def __init__(self) -> None:
        self.rows = 0
        self.skipped = 0
        """Rows that are no records, as the rule says."""
        self.unreadable = False
        """Some row had no readable id."""


class Collected:
    """Subjects found so far and what went wrong."""

    __slots__ = ("found", "pairs", "reasons", "rowless", "truncated")

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], tuple[Action, dict[str, int]]] = {}
        """By type and action: subject id → position, in order of appearance."""
        self.pairs: dict[Paired, None] = {}
        self.reasons: list[str] = []
        self.truncated = ""
        self.rowless = False

    def take(self, subject: Subject, view: View) -> None:
        """Find one kind of subject."""
        action = subject.action
        _, found = self.found.setdefault(subject.group, (action, {}))
        try:
            if subject.each is None:
                self._take_page(subject, found, view)
            else:
                self._take_rows(subject, subject.each.rows(view), view)
        except Unreadable as failure:
            self.reasons.append(failure.reason)

    def _take_page(self, subject: Subject, found: dict[str, int], view: View) -> None:
        values = subject.id.values(view, None)
        if subject.skip is not None and values:
            values = _kept(subject.skip, values, view)
            if not values:
                return
        if not values and subject.required:
            self.reasons.append("no_subject")
        if subject.same_as:
            self._pair(subject, values, view, None)
        longest = view.settings.identifier
        for position, value in enumerate(dict.fromkeys(map(str.strip, values))):
            if value and len(value) <= longest and MISREAD not in value:
                found.setdefault(value, position)
            else:
                self.reasons.append("unreadable_subject")

    def _take_rows(
        self,
        subject: Subject,
        rows: list[Any],
        view: View,
    ) -> None:
        bound = view.settings.rows
        if len(rows) > bound:
            self.truncated = "too_many_rows"
            rows = rows[:bound]
        count = RowCount()
        self.take_rows(subject, rows, view, count)
        self.conclude(subject, count)

    def take_rows(
        self, subject: Subject, rows: list[Any], view: View, count: RowCount
    ) -> None:
        """Find one kind of subject in some rows of a list."""
        _, found = self.found.setdefault(subject.group, (subject.action, {}))
        find = subject.id.values
        longest = view.settings.identifier
        skip = subject.skip
        unreadable, skipped = False, 0
        for position, row in enumerate(rows, count.rows):
            readable = False
            values = find(view, row)
            if skip is not None:
                if skip.row and skip.row.occurs(view, written(row)):
                    skipped += 1
                    continue
                before, values = values, _kept(skip, values, view)
                if before and not values:
                    skipped += 1
                    continue
            if subject.same_as:
                self._pair(subject, values, view, row)
            for value in values:
                value = value.strip()
                if value and len(value) <= longest and MISREAD not in value:
                    readable = True
                    found.setdefault(value, position)
            unreadable = unreadable or not readable
        count.rows += len(rows)
        count.skipped += skipped
        count.unreadable = count.unreadable or unreadable

    def conclude(self, subject: Subject, count: RowCount) -> None:
        """There are no more rows of this list."""
        if count.unreadable:
            self.reasons.append("unreadable_rows")
        elif count.skipped == count.rows:
            self.rowless = True
            if subject.required:
                self.reasons.append("no_subject")

    def _pair(
        self, subject: Subject, values: list[str], view: View, row: object
    ) -> None:
        if len(self.pairs) >= MOST_PAIRS:
            return
        found = paired(subject.type, values, subject.same_as, view, row)
        self.pairs.update(dict.fromkeys(found))

    def extracted(self, categories: tuple[str, ...]) -> Extracted:
        """The answer."""
        # Of a client that is only mentioned the page shows no more than the name.
        nothing: tuple[str, ...] = ()
        mentions = any(action is Action.MENTION for action, _ in self.found.values())
        subjects: Sequence[Found]
        if not mentions and sum(len(ids) for _, ids in self.found.values()) > MANY:
            subjects = ManyFound(
                (kind, action, categories, found)
                for (kind, _), (action, found) in self.found.items()
            )
            return self._answer(subjects)
        subjects = [
            Found(
                kind,
                value,
                action,
                nothing if action is Action.MENTION else categories,
                position,
            )
            for (kind, _), (action, found) in self.found.items()
            for value, position in found.items()
        ]
        if mentions:
            subjects = _without_mentions(subjects)
        return self._answer(subjects)

    def _answer(self, subjects: Sequence[Found]) -> Extracted:
        pairs = tuple(self.pairs)
        if self.truncated:
            return Extracted(Extraction.TRUNCATED, self.truncated, subjects, pairs)
        if self.reasons:
            status = Extraction.PARTIAL if subjects else Extraction.FAILED
            return Extracted(status, self.reasons[0], subjects, pairs)
        reason = "no_rows" if self.rowless and not subjects else ""
        return Extracted(Extraction.RECORDED, reason, subjects, pairs)


def _kept(skip: Skip, values: list[str], view: View) -> list[str]:
    pattern = skip.id
    if pattern is None:
        return values
    return [value for value in values if not pattern.occurs(view, value.strip())]


def _without_mentions(subjects: Sequence[Found]) -> list[Found]:
    """A menu that names the client whose page is open adds nothing."""
    shown = {(s.type, s.id) for s in subjects if s.action is not Action.MENTION}
    return [
        subject
        for subject in subjects
        if subject.action is not Action.MENTION
        or (subject.type, subject.id) not in shown
    ]


def _categories(rule: RecordRule, view: View, collected: Collected) -> tuple[str, ...]:
    shown = []
    for category in rule.data:
        try:
            if category.place is None or category.place.present(view):
                shown.append(category.name)
        except Unreadable as failure:
            collected.reasons.append(failure.reason)
    return tuple(shown)


def _weigh_body(view: View, collected: Collected) -> None:
    body = view.body
    collected.reasons += view.flaws
    if body.state is BodyState.COMPLETE:
        return
    if body.state is BodyState.TRUNCATED:
        collected.truncated = collected.truncated or body.reason or "body_cap"
    elif body.state is BodyState.CUT:
        collected.reasons.insert(0, body.reason or "cut")
    elif body.state is BodyState.UNDECODABLE:
        collected.reasons.insert(0, body.reason or "undecodable")


def _not_modified(rule: RecordRule, view: View) -> Extracted:
    """The browser shows the page it has: the same records once more."""
    if rule.needs_body:
        answer = remembered(rule, view)
        if answer is not None:
            return answer
    collected = Collected()
    complete = True
    for subject in rule.subjects:
        if subject.needs_body:
            complete = False
        else:
            collected.take(subject, view)
    answer = collected.extracted(())
    if not complete:
        return Extracted(Extraction.PARTIAL, "not_modified", answer.subjects)
    if answer.status is Extraction.RECORDED:
        return Extracted(Extraction.RECORDED, "not_modified", answer.subjects)
    return answer
