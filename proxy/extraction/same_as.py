"""Two ids of one client on one page: ``same_as: {type: bsn, id: {css: .bsn}}``.

A pair is made only where nothing can be confused: the page (of a list: the row) shows
exactly one id of the subject and exactly one other id. Pages that show more, or of
which the other id cannot be read, pair nothing; that is no failure, because a pair
missing hides no view.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from proxy.extraction.selectors.base import Selector
from proxy.extraction.view import Unreadable, View

MOST_PAIRS = 10_000
"""Kept of one exchange: a list of thousands is shown again, and in pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameAs:
    """One entry of ``same_as``."""

    type: str
    id: Selector


class Paired(NamedTuple):
    """Two ids of one client; as the page has them, they never leave the core."""

    one_type: str
    one: str
    other_type: str
    other: str
    rule: str = ""
    """The rule that found it, when it is not the reading's."""


def paired(
    kind: str, ids: Iterable[str], others: tuple[SameAs, ...], view: View, row: object
) -> Iterator[Paired]:
    """The pairs of a page or a row; never raises.

    Args:
        kind: Type of the subject.
        ids: What was found of it.
        others: Where its other ids are.
        view: The page.
        row: The row, or None.
    """
    longest = view.settings.identifier
    one = _only(ids, longest)
    if not one:
        return
    for other in others:
        try:
            values = other.id.values(view, row)
        except Unreadable:
            continue
        found = _only(values, longest)
        if found:
            yield Paired(kind, one, other.type, found)


def _only(values: Iterable[str], longest: int) -> str:
    """The one id there is, or nothing."""
    found = {value.strip() for value in values} - {""}
    if len(found) != 1:
        return ""
    (value,) = found
    return value if len(value) <= longest else ""
