"""What every dialect is: operations asked for, and the body inside the body.

A dialect has two sides. ``calls`` says which operations a request asks for; a
rule claims by their names and arguments. ``shown`` turns the response into the
view that selectors are meant to look at: the HTML inside a delta, the results
of a batch, records with named fields. A response that shows nothing (a fault,
a redirect, an error inside a 200) raises ``NothingShown``.

Requests are written by employees: one that can be read in two ways gives all
its readings (several names of a call, or several calls), and every rule that
one of them fits looks at the response.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from typing_extensions import override

from proxy.exchange.body import DecodedBody
from proxy.extraction.view import Unreadable, View

D = TypeVar("D")
Readers = Mapping[Any, Callable[[View], Any]]
"""Reader of a kind of body → what reads it here."""

MAX_CALLS = 1000
"""Calls read of one request; a screen sends a dozen."""
MAX_NAMES = 1000
"""Names one call can go by: as many as fields are read of a form."""
_NO_READERS: Readers = {}


class NothingShown(Unreadable):
    """The response says by itself that it shows no record; ``reason`` says how:
    ``fault``, ``rpc_error``, ``redirect``, ``error``."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation that a request asks for."""

    names: tuple[str, ...]
    """Names it may go by; a server reads one of them."""
    arguments: Any = None
    """As a JSON document: dicts, lists, texts and numbers."""
    key: Hashable = None
    """By which its answer is found among those of a batch."""


class Dialect(Protocol):
    """One way in which applications ask and answer."""

    @property
    def word(self) -> str:
        """Its name in the rule language."""

    @property
    def remembers(self) -> bool:
        """Whether responses refer to earlier ones, so that ``remember`` is asked
        for every exchange of a rule set that uses the dialect."""

    def calls(self, view: View) -> tuple[Call, ...]:
        """What the request asks for, at most ``MAX_CALLS``; empty when it does
        not speak this dialect. Never raises on content."""

    def shown(self, view: View) -> View:
        """The body inside the response's body, or ``view`` itself.

        Raises:
            NothingShown: The response shows no record.
            Unreadable: It cannot be read.
        """

    def remember(self, view: View) -> None:
        """Keep in ``view.memory`` what later responses refer to; never raises on
        content."""


class InnerView(View):
    """A body inside the body of ``outer``; heads and request are the same."""

    __slots__ = ("_readers", "_write", "outer")

    def __init__(
        self,
        outer: View,
        text: str | Callable[[], str],
        kind: str,
        readers: Readers = _NO_READERS,
        body: DecodedBody | None = None,
    ) -> None:
        """A body of the same exchange.

        Args:
            outer: The exchange; flaws found here are noted there.
            text: What patterns search, or what writes it when one does.
            kind: Media type that the text is read as.
            readers: Documents that are not made from ``text``.
            body: How much of it there is, when that is not as of ``outer``.
        """
        super().__init__(outer.exchange, outer.settings)
        self.outer = outer
        self.captures = outer.captures
        self.flaws = outer.flaws
        self.memory = outer.memory
        self._target = outer.target
        self._form = outer.form
        self._body = outer.body if body is None else body
        self._write: Callable[[], str] = str
        if isinstance(text, str):
            self._text = text
        else:
            self._write = text
        self._media_type = kind
        self._readers = readers

    @property
    @override
    def text(self) -> str:
        """See ``View.text``."""
        text = self._text
        if text is None:
            text = self._text = self._write()
        return text

    @override
    def document(self, key: Hashable, read: Callable[[View], D]) -> D:
        """See ``View.document``."""
        reader: Callable[[View], D] = self._readers.get(key, read)
        return super().document(key, reader)


def calls_of(dialect: Dialect, view: View) -> tuple[Call, ...]:
    """``dialect.calls``, done once; of a part of a batch, that part's."""
    while isinstance(view, InnerView):
        view = view.outer
    return view.document((dialect.word, "calls"), dialect.calls)


def shown_by(dialect: Dialect, view: View) -> View:
    """``dialect.shown``, done once.

    Raises:
        NothingShown, Unreadable: As it does.
    """
    return view.document((dialect.word, "shown"), dialect.shown)


class CallView(View):
    """An exchange of which only these calls are looked at: one, or several whose
    answers cannot be told apart."""

    __slots__ = ("whole",)

    def __init__(self, whole: View, dialect: Dialect, calls: tuple[Call, ...]) -> None:
        super().__init__(whole.exchange, whole.settings)
        self.whole = whole
        self.captures = whole.captures
        self.flaws = []
        self.memory = whole.memory
        self._target = whole.target
        self._form = whole.form
        if whole.exchange.response is not None:
            self._body = whole.body
            self._text = whole.text
        self._documents[(dialect.word, "calls")] = calls


def whole_of(view: View) -> View:
    """The view of the whole exchange, where answers are read once for all calls."""
    return view.whole if isinstance(view, CallView) else view
