"""What every selector is: a frozen value that can be asked for texts.

A selector is asked with the ``View`` of an exchange and a *row*: None for the
page as a whole, else what the rule's ``each`` found (an element, a JSON value,
a match, a line of a table). It raises ``Unreadable`` when the document it looks
into cannot be read, and nothing else.
"""

from __future__ import annotations

from abc import abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from typing_extensions import override

if TYPE_CHECKING:
    from proxy.extraction.view import View

MAX_TEXT = 4096
"""Characters of one value; what is longer is not an id."""


class RowKind(Enum):
    """What the rows of an ``each`` are; decides which selectors fit inside."""

    ELEMENT = "css or xpath"
    JSON = "json"
    MATCH = "regex"
    LINE = "csv"


class Selector(Protocol):
    """Finds texts."""

    @property
    def needs_body(self) -> bool:
        """Whether it looks at the response's body."""

    def values(self, view: View, row: Any) -> list[str]:
        """Every text found, in order, duplicates kept."""

    def present(self, view: View) -> bool:
        """Whether the page has this place with something in it."""


class Rows(Protocol):
    """Finds the rows of a list."""

    @property
    def kind(self) -> RowKind:
        """What the rows are."""

    def rows(self, view: View) -> list[Any]:
        """The rows, in order; at most one more than ``Settings.rows``."""


class RowReader(Protocol):
    """Finds rows in a text that passes; any split gives the same ones."""

    flaws: list[str]
    """Reasons why part of the text was not read."""
    over: bool
    """Nothing more is read."""

    def feed(self, text: str) -> list[Any]:
        """The rows that the next piece completes."""

    def finish(self, *, whole: bool = True) -> list[Any]:
        """The last rows; of a text that is not ``whole`` without half a row."""


@runtime_checkable
class Passing(Protocol):
    """Rows that can be found while the body passes."""

    def reader(self, view: View) -> RowReader:
        """A reader of a body that looks like this one."""


class OfHeads(Selector):
    """A selector that looks at heads and request only, never at the body."""

    __slots__ = ()

    @property
    @override
    def needs_body(self) -> bool:
        """Never."""
        return False

    @abstractmethod
    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``; the same for every row."""

    @override
    def present(self, view: View) -> bool:
        """Whether any value is not empty."""
        return any(self.values(view, None))


class OfRow(Selector):
    """A selector that looks at the row itself, and so at no page."""

    __slots__ = ()

    @property
    @override
    def needs_body(self) -> bool:
        """Always."""
        return True

    @abstractmethod
    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``; ``row`` is never None."""

    @override
    def present(self, view: View) -> bool:
        """Never of a page as a whole."""
        return False
