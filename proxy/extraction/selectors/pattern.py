r"""Regular expressions over text, bounded in time: ``{regex: "id=(\d+)"}``.

The value is the group named ``id``, else the first group that took part, else
the whole match. ``\d``, ``\w`` and ``\s`` are ASCII; ``.`` stops at line
ends. Patterns whose form cannot run away run in ``re``, the others in ``regex``
with a time limit (reason ``regex_timeout``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import regex
from lxml import etree
from typing_extensions import override

from proxy.extraction.bodies.markup import Element
from proxy.extraction.bodies.table import Line
from proxy.extraction.linear import is_linear
from proxy.extraction.selectors.base import OfRow, RowKind
from proxy.extraction.view import Unreadable, View

_FINDALL = 1 << 20
"""Characters up to which all matches are taken at once; above, one by one, so
that ``Settings.rows`` bounds them."""


class PatternRefused(ValueError):
    """The pattern cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; selector and rows."""

    text: str
    linear: bool = field(compare=False)
    compiled: Any = field(compare=False, repr=False)
    """Of ``re`` when ``linear``, else of ``regex``."""

    @property
    def needs_body(self) -> bool:
        """Always."""
        return True

    @property
    def kind(self) -> RowKind:
        """See ``Rows``."""
        return RowKind.MATCH

    @property
    def groups(self) -> tuple[str, ...]:
        """Names and numbers of its groups."""
        numbers = map(str, range(1, self.compiled.groups + 1))
        return (*self.compiled.groupindex, *numbers)

    def rows(self, view: View) -> list[Any]:
        """See ``Rows``: the matches."""
        text = view.text
        try:
            return list(islice(self._matches(view, text), view.settings.rows + 1))
        except TimeoutError:
            raise Unreadable("regex_timeout") from None

    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``: in the page, or in the row as it was written."""
        return self.search(view, view.text if row is None else written(row))

    def search(self, view: View, text: str) -> list[str]:
        """Values of every match in a text.

        Raises:
            Unreadable: ``regex_timeout``.
        """
        compiled = self.compiled
        try:
            if compiled.groups <= 1 and len(text) <= _FINDALL:
                if self.linear:
                    found: list[str] = compiled.findall(text)
                else:
                    found = compiled.findall(text, timeout=view.settings.regex_seconds)
                return found
            matches = islice(self._matches(view, text), view.settings.rows + 1)
            return [_value(match) for match in matches]
        except TimeoutError:
            raise Unreadable("regex_timeout") from None

    def present(self, view: View) -> bool:
        """Whether it occurs in the page."""
        return self.occurs(view, view.text)

    def occurs(self, view: View, text: str) -> bool:
        """Whether it occurs in a text.

        Raises:
            Unreadable: ``regex_timeout``.
        """
        if self.linear:
            return self.compiled.search(text) is not None
        try:
            seconds = view.settings.regex_seconds
            return self.compiled.search(text, timeout=seconds) is not None
        except TimeoutError:
            raise Unreadable("regex_timeout") from None

    def _matches(self, view: View, text: str) -> Iterator[Any]:
        found: Iterator[Any]
        if self.linear:
            found = self.compiled.finditer(text)
        else:
            found = self.compiled.finditer(text, timeout=view.settings.regex_seconds)
        return found


@dataclass(frozen=True, slots=True)
class Group(OfRow):
    """``group.id`` or ``group.1`` of a row that is a match."""

    name: str
    key: int | str = field(init=False, repr=False, compare=False)
    """Number or name, as a match is asked."""

    def __post_init__(self) -> None:
        key = int(self.name) if self.name.isdecimal() else self.name
        object.__setattr__(self, "key", key)

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        value = row[self.key]
        return [] if value is None else [value]


def compile_pattern(text: str) -> Pattern:
    """The pattern of this text.

    Raises:
        PatternRefused: It is no pattern, or it matches nothing at all.
    """
    linear = is_linear(text)
    try:
        if linear:
            compiled: Any = re.compile(text, re.ASCII)
        else:
            compiled = regex.compile(text, regex.ASCII | regex.VERSION0)
    except (re.error, regex.error, ValueError, OverflowError) as error:
        raise PatternRefused(str(error)) from error
    if compiled.match("") is not None:
        raise PatternRefused("it matches empty text, so it would match everywhere")
    return Pattern(text, linear, compiled)


def written(row: Any) -> str:
    """A row as text, for a pattern to search."""
    if isinstance(row, str):
        return row
    if isinstance(row, Element):
        return etree.tostring(row, encoding="unicode", method="html", with_tail=False)
    if isinstance(row, Line):
        return "\t".join(row.cells)
    if isinstance(row, (dict, list, int, float, type(None))):
        try:
            return json.dumps(row, ensure_ascii=False)
        except RecursionError:
            raise Unreadable("too_deep") from None
    return str(row[0])


def _value(match: Any) -> str:
    if "id" in match.re.groupindex and match["id"] is not None:
        return str(match["id"])
    for value in match.groups():
        if value is not None:
            return str(value)
    return "" if match.re.groups else str(match[0])
