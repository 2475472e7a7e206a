"""What a record rule says, and what came of it; values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from proxy.events import Action, Extraction
from proxy.extraction.context import Context, Term
from proxy.extraction.dialects.base import Dialect
from proxy.extraction.same_as import Paired, SameAs
from proxy.extraction.selectors.base import Rows, Selector
from proxy.extraction.selectors.pattern import Pattern

StatusRange = tuple[int, int]
"""Lowest and highest status code, both included."""


class Assurance(Enum):
    """Whether bytes wait for their record."""

    OBSERVE = "observe"
    """Never delays anything."""
    GATE = "gate"
    """The response is held until its record is on disk."""


class OnFailure(Enum):
    """What happens to traffic that cannot be recorded."""

    OPEN = "open"
    """Relayed, with a gap."""
    CLOSED = "closed"
    """Stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """``skip: {id: "^VRId-0$", row: "Total"}``: what stands in a list and is no
    record, such as the empty row in which a new one is typed."""

    id: Pattern | None = None
    """Ids in which this occurs are none."""
    row: Pattern | None = None
    """Rows in which this occurs, as they were written, are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """``subject: {type: client, id: path.id}``."""

    type: str
    id: Selector
    action: Action
    each: Rows | None = None
    """Where the rows are that each show one subject; None: the page is one."""
    required: bool = True
    """Finding none is a failure. Of lists the default is False."""
    skip: Skip | None = None
    same_as: tuple[SameAs, ...] = ()
    """Where other ids of the same client stand."""
    needs_body: bool = field(init=False, repr=False, compare=False)
    """Whether the response's body must be read."""
    group: tuple[str, str] = field(init=False, repr=False, compare=False)
    """Type and action: within one group a subject counts once."""

    def __post_init__(self) -> None:
        needs_body = self.id.needs_body or self.each is not None
        object.__setattr__(self, "needs_body", needs_body)
        object.__setattr__(self, "group", (self.type, self.action.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """``data: {health: {css: "#medical"}}``."""

    name: str
    place: Selector | None = None
    """Where it stands on the page; None: every such page shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRule:
    """What the pages of one kind show."""

    name: str
    subjects: tuple[Subject, ...]
    data: tuple[Category, ...] = ()
    context: tuple[Context, ...] = ()
    """What else it was about: search terms."""
    on_status: tuple[StatusRange, ...] = ((200, 299),)
    """Responses with another status show nothing."""
    assurance: Assurance = Assurance.OBSERVE
    on_failure: OnFailure = OnFailure.OPEN
    drift: bool = True
    """Whether finding none any more is a failure."""
    dialect: Dialect | None = None
    """Makes the view that selectors look at; None: the body as it is."""
    comments: bool = False
    """Whether patterns look into the comments of HTML."""
    activity: str = ""
    """URL of its processing activity; empty: the rule set's."""
    needs_body: bool = field(init=False, repr=False, compare=False)
    """Whether anything is read from the body."""

    def __post_init__(self) -> None:
        needs_body = any(subject.needs_body for subject in self.subjects) or any(
            category.place is not None and category.place.needs_body
            for category in self.data
        )
        object.__setattr__(self, "needs_body", needs_body)

    def shows(self, status: int) -> bool:
        """Whether responses with this status show records."""
        for low, high in self.on_status:  # noqa: SIM110 - any() costs 0.5 µs more
            if low <= status <= high:
                return True
        return False


class Found(NamedTuple):
    """One subject that was shown."""

    type: str
    id: str
    action: Action
    categories: tuple[str, ...]
    position: int
    """0-based place in a list."""
    rule: str = ""
    """The rule that found it, when it is not the reading's."""


class Extracted(NamedTuple):
    """Answer to *which records did this exchange show?*"""

    status: Extraction
    reason: str
    """Machine-readable, lower_snake; empty when all is said by the status."""
    subjects: Sequence[Found]
    """Of a large list made anew each time they are gone through."""
    pairs: tuple[Paired, ...] = ()
    """Ids that are of one client, by what the page says."""


class Reading(NamedTuple):
    """``Extracted`` with what claimed the exchange."""

    rule: str
    """Name of the record rule, or empty."""
    path: str
    """Path template; of an unmapped request with its digits taken out."""
    extracted: Extracted
    context: tuple[Term, ...] = ()
