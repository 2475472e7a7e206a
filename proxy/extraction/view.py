"""One exchange as rules look at it: everything decoded once, when first asked.

``text`` and the documents are made lazily and kept. A document that cannot be
read raises ``Unreadable``, again at each asking; one that could be read in part
adds its reason to ``flaws``.

What is made is kept in slots: ``functools.cached_property`` takes a lock, 1.5 µs
each time before Python 3.12.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from proxy.exchange.body import DecodedBody, decode_content
from proxy.exchange.charset import decode_text, media_type
from proxy.exchange.forms import Field, form_fields
from proxy.exchange.model import BodyState, Exchange, Response
from proxy.exchange.target import Target, parse_target, without_segment
from proxy.extraction.known import KnownIds
from proxy.extraction.memory import SessionMemory
from proxy.extraction.settings import Settings

D = TypeVar("D")
_NO_CAPTURES: Mapping[str, str] = {}
_DEFAULT_SETTINGS = Settings()

MISREAD = "\ufffd"
"""Stands for bytes that are no text in the charset; an id that holds it is none."""
_MOST_MISREAD = 20
"""One character in so many: a page in its own charset has one by accident at most."""


def misread(bad: int, characters: int) -> bool:
    """Whether a text was not written in the charset it was read in."""
    return bad * _MOST_MISREAD > characters


class Unreadable(Exception):
    """A body cannot be read as what a rule takes it for; caught by ``extract``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class View:
    """What selectors ask. Not shared between threads."""

    __slots__ = (
        "_body",
        "_documents",
        "_form",
        "_media_type",
        "_target",
        "_text",
        "captures",
        "exchange",
        "flaws",
        "known",
        "memory",
        "settings",
    )

    def __init__(
        self, exchange: Exchange, settings: Settings = _DEFAULT_SETTINGS
    ) -> None:
        self.exchange = exchange
        self.settings = settings
        self.captures: Mapping[str, str] = _NO_CAPTURES
        """What the claiming rule's ``{name}`` stood for."""
        self.flaws: list[str] = []
        """Reasons why part of a document was not read."""
        self.memory: SessionMemory | None = None
        """What earlier exchanges of the session left behind; None: nothing is."""
        self.known: KnownIds | None = None
        """Ids of subjects that were recorded lately; None: nobody keeps them."""
        self._documents: dict[Hashable, object] = {}
        self._target: Target | None = None
        self._form: list[Field] | None = None
        self._media_type: str | None = None
        self._body: DecodedBody | None = None
        self._text: str | None = None

    @property
    def target(self) -> Target:
        """The request target."""
        target = self._target
        if target is None:
            request = self.exchange.request
            connect = request.method == b"CONNECT"
            target = parse_target(request.target, connect=connect)
            if self.settings.session_segment is not None:
                target = without_segment(target, self.settings.session_segment)
            self._target = target
        return target

    @property
    def form(self) -> list[Field]:
        """Fields of the form that was sent."""
        form = self._form
        if form is None:
            form = self._form = form_fields(self.exchange.request)
        return form

    @property
    def response(self) -> Response:
        """The response; only asked for once it is known that there is one."""
        response = self.exchange.response
        if response is None:
            raise Unreadable("no_response")
        return response

    @property
    def media_type(self) -> str:
        """``text/html``; empty when the response does not say."""
        kind = self._media_type
        if kind is None:
            kind = media_type(self.response.get(b"content-type"))
            self._media_type = kind
        return kind

    @property
    def body(self) -> DecodedBody:
        """The response's content without its codings."""
        body = self._body
        if body is None:
            body = self._body = decode_content(self.response)
        return body

    @property
    def complete(self) -> bool:
        """Whether ``text`` is all there was."""
        return self.body.state is BodyState.COMPLETE

    @property
    def text(self) -> str:
        """The body as text; as much as could be read. Never raises on content."""
        text = self._text
        if text is None:
            content_type = self.response.get(b"content-type")
            data, charset = self.body.data, self.settings.charset
            text = self._text = decode_text(data, content_type, charset)
            if misread(text.count(MISREAD), len(text)):
                self.flaws.append("bad_charset")
        return text

    def document(self, key: Hashable, read: Callable[[View], D]) -> D:
        """``read(self)``, done once per key.

        Raises:
            Unreadable: As ``read`` did, the first time or an earlier one.
        """
        known = self._documents.get(key)
        if known is None:
            try:
                known = read(self)
            except Unreadable as failure:
                self._documents[key] = failure
                raise
            self._documents[key] = known
        elif isinstance(known, Unreadable):
            raise known
        return known  # type: ignore[return-value] # put there by the same read

    def forget_documents(self) -> None:
        """Each is made anew when it is asked for again. Bodies within this one refer
        to it and it to them: without this, every page would wait for a search for
        cycles."""
        self._documents.clear()
