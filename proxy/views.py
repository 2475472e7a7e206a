"""The views of one exchange as events; those of a large list one at a time.

A page's views are made at once. 200,000 of an export would be 60 MB as events and 50
more as bytes, so ``ManyViews`` makes each when it is asked for, as often as that
happens: it is written to the journal in slices of one transaction, and again when the
disk failed. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import msgspec

from proxy.events import ContextTerm, Event, ExchangeRecorded, ViewRecorded
from proxy.events.custody import SubjectSeen
from proxy.extraction.context import Term
from proxy.extraction.many import ManyFound
from proxy.extraction.model import Found
from proxy.pseudonym import pseudonym, term_hash
from proxy.subject_ids import SubjectIds

_ENCRYPTED = 16
"""Bytes an id is longer when it is encrypted."""


def terms(found: Sequence[Term], key: bytes, key_id: int) -> tuple[ContextTerm, ...]:
    """What an exchange was about besides, keyed unless the rule keeps it plain."""
    return tuple(
        ContextTerm(term.name, term.value, 0)
        if term.plain
        else ContextTerm(term.name, term_hash(key, *term[:2]), key_id)
        for term in found
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewMaker:
    """Makes the views of one exchange."""

    exchange: ExchangeRecorded
    rule: str
    """The rule that claimed it."""
    key: bytes = field(repr=False)
    """Of subjects."""
    key_id: int
    activities: Mapping[str, str] = field(default_factory=dict)
    """Rule → processing activity, where it is not the exchange's."""
    ids: SubjectIds | None = None
    """What records ids beside the views; None: nothing does."""

    def views(self, found: Sequence[Found]) -> list[ViewRecorded] | ManyViews:
        """The views of all subjects."""
        if isinstance(found, ManyFound):
            return ManyViews(self, found)
        return [self.view(each) for each in found]

    def view(self, found: Found) -> ViewRecorded:
        """The view of one subject."""
        exchange = self.exchange
        return ViewRecorded(
            application=exchange.application,
            wire=exchange.wire,
            connection=exchange.connection,
            request_offset=exchange.request_offset,
            started_ns=exchange.started_ns,
            client_address=exchange.client_address,
            actor=exchange.actor,
            subject_type=found.type,
            subject=pseudonym(self.key, found.type, found.id),
            subject_key=self.key_id,
            action=found.action,
            rule=found.rule or self.rule,
            categories=found.categories,
            position=found.position,
            ruleset=exchange.ruleset,
            activity=self.activities.get(found.rule, exchange.activity),
            trace_id=exchange.trace_id,
        )


class ManyViews:
    """The views of a large list, each followed by the id of its subject where ids are
    recorded."""

    __slots__ = ("_found", "_make")

    def __init__(self, make: ViewMaker, found: ManyFound) -> None:
        self._make = make
        self._found = found

    def __len__(self) -> int:
        return len(self._found) * (1 if self._make.ids is None else 2)

    def __iter__(self) -> Iterator[ViewRecorded | SubjectSeen]:
        if self._make.ids is None:
            yield from map(self._make.view, self._found)
            return
        for found in self._found:
            view = self._make.view(found)
            yield view
            yield self._id(found, view, self._make.ids)

    @property
    def held(self) -> int:
        """Bytes kept, about."""
        return self._found.held

    def samples(self) -> Iterator[tuple[ViewRecorded | SubjectSeen, int]]:
        """An event of each group, and how many are like it but for subject and
        place."""
        start = 0
        for *_, ids in self._found.groups:
            for found in islice(self._found, start, start + 1):
                view = self._make.view(found)
                yield view, len(ids)
                if self._make.ids is not None:
                    longest = msgspec.structs.replace(
                        self._id(found, view, self._make.ids),
                        encrypted_id=bytes(_ENCRYPTED + max(map(_utf8, ids))),
                    )
                    yield longest, len(ids)
            start += len(ids)

    def _id(self, found: Found, view: ViewRecorded, ids: SubjectIds) -> SubjectSeen:
        return ids.event(self._make.exchange, found.type, found.id, view.subject)


def _utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


class LongEvents:
    """What happened in one exchange that showed a large list, in order."""

    __slots__ = ("events", "views")

    def __init__(self, events: list[Event], views: ManyViews) -> None:
        self.events = events
        """What comes before the views."""
        self.views = views

    def __iter__(self) -> Iterator[Event]:
        return chain(self.events, self.views)
