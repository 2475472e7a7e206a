"""What an exchange was about beside its subjects: ``context: {term: query.q}``.

A search term is often a name, so by default only a keyed hash of it is kept: it
answers "who searched for Jansen?" to whoever knows the name, and tells it to
nobody. Case, and white space around and within, make no difference to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from proxy.extraction.selectors.base import Selector
from proxy.extraction.view import Unreadable, View

MOST_TERMS = 16
"""Kept of one exchange; a search form has a handful of fields."""
MAX_TERM = 256
"""Characters kept of one; people do not type more into a search field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One entry of ``context``."""

    name: str
    place: Selector
    plain: bool = False
    """Kept as it is, because the rule set says that it is no personal data."""


class Term(NamedTuple):
    """One value that was found."""

    name: str
    value: str
    """In one spelling; never leaves the core unless ``plain``."""
    plain: bool


def context_of(contexts: tuple[Context, ...], view: View) -> tuple[Term, ...]:
    """The terms of an exchange; one that cannot be read is left out."""
    found: dict[Term, None] = {}
    for context in contexts:
        try:
            values = context.place.values(view, None)
        except Unreadable:
            continue
        for value in values:
            spelled = one_spelling(value)
            if spelled:
                found[Term(context.name, spelled, context.plain)] = None
            if len(found) >= MOST_TERMS:
                return tuple(found)
    return tuple(found)


def one_spelling(value: str) -> str:
    """How a term is kept: no case, single blanks, bounded. Whoever asks for a term
    spells it so, too."""
    return " ".join(value[: 4 * MAX_TERM].split()).casefold()[:MAX_TERM]
