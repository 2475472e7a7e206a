"""A response whose body holds other bodies → the view of what it holds.

``multipart/*`` is read part by part, of ``multipart/related`` the first; a PDF is its
text; of a document that came in part (206) what the range carries is read, without
what its edges cut in two. Text is that of all parts, one after another; JSON, HTML and
XML are looked for in each.

Reasons: those of PDF, ``bad_multipart``; in part: ``partial_content``,
``too_many_parts``, ``nested_parts``.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from lxml import etree

from proxy.exchange.body import DecodedBody
from proxy.exchange.charset import decode_text, media_type
from proxy.exchange.model import BodyState
from proxy.exchange.ranges import ContentRange, content_range
from proxy.extraction.bodies.comments import may_hold_comments, without_comments
from proxy.extraction.bodies.markup import Element, read_markup
from proxy.extraction.bodies.parts import MAX_DEPTH, MAX_PARTS, parts_of
from proxy.extraction.bodies.pdf import PdfLimits, is_pdf, read_pdf
from proxy.extraction.bodies.tree import read_json
from proxy.extraction.bodies.xml import read_qualified
from proxy.extraction.dialects.base import CallView, InnerView, shown_by
from proxy.extraction.model import RecordRule
from proxy.extraction.view import MISREAD, Unreadable, View, misread

_LINES = frozenset({"", "application/csv", "application/vnd.ms-excel"})
"""Types of lists of lines that do not say that they are text."""
_KEY = "opened"
MAX_PDFS = 4
"""Read of one body: each may cost what one may."""
_GLANCE = PdfLimits(pages=5, steps=500_000, bytes=8 << 20)
"""Of a PDF that no rule reads: a hundred milliseconds."""


def opened(view: View) -> View:
    """The view of what the body holds; ``view`` itself when it holds itself."""
    if isinstance(view, CallView) or not _holds_others(view):
        return view
    inner = view.document(_KEY, lambda view: _open(view, view.settings.pdf))
    inner.captures = view.captures
    return inner


def seen(view: View) -> View:
    """The view without what a browser does not show: the comments of HTML, which are
    in no tree and would be in the text."""
    kind = view.media_type
    if (kind and "html" not in kind) or not may_hold_comments(view.text):
        return view
    return view.document("seen", _without_comments)


def _without_comments(view: View) -> View:
    readers = {
        read_markup: lambda _: view.document(read_markup, read_markup),
        read_qualified: lambda _: view.document(read_qualified, read_qualified),
    }
    text = partial(without_comments, view.text)
    return InnerView(view, text, view.media_type, readers)


def looked_at(rule: RecordRule, view: View) -> View:
    """What the selectors of a rule look at.

    Raises:
        NothingShown: The response shows no record.
        Unreadable: It cannot be read.
    """
    view = opened(view)
    if rule.dialect is not None:
        inner = shown_by(rule.dialect, view)
        # Made once, for whichever rules look at it.
        inner.captures = view.captures
        view = inner
    if rule.comments:
        return view
    shown = seen(view)
    shown.captures = view.captures
    return shown


def text_at_a_glance(view: View) -> str:
    """The text of a body that no rule reads, as far as it is cheap to have."""
    return _open(view, _GLANCE).text if _holds_others(view) else view.text


def _holds_others(view: View) -> bool:
    kind = view.media_type
    if view.response.status == 206 or kind.startswith("multipart/"):
        return True
    if kind.startswith("text/"):
        return False
    return is_pdf(kind, view.response.body) or (
        view.response.get(b"content-encoding") is not None
        and is_pdf(kind, view.body.data)
    )


class _Piece(NamedTuple):
    """Something to read in it."""

    kind: str
    text: str


def _open(view: View, limits: PdfLimits) -> View:
    content_type = view.response.get(b"content-type") or b""
    pieces = _Pieces(view, limits)
    said = view.response.get(b"content-range")
    pieces.take(view.body.data, content_type, said, depth=0)
    return pieces.view()


class _Pieces:
    """What a body holds, as far as it was read."""

    def __init__(self, view: View, limits: PdfLimits) -> None:
        self._view = view
        self._limits = limits
        self._pdfs = 0
        self._found: list[_Piece] = []
        self._parts = 0
        outer = view.body
        self._body = DecodedBody(b"", outer.state, outer.reason)

    def take(
        self, data: bytes, content_type: bytes, said: bytes | None, *, depth: int
    ) -> None:
        """Read one body."""
        kind = media_type(content_type)
        if kind.startswith("multipart/"):
            self._take_parts(data, content_type, depth)
            return
        part = content_range(said)
        if part is None and self._view.response.status == 206 and depth == 0:
            part = ContentRange(1, 1, None)  # of which nothing is known
        if part is not None and not part.whole:
            self._note(BodyState.CUT, "partial_content")
        if is_pdf(kind, data):
            self._take_pdf(data)
            return
        text = decode_text(data, content_type or None, self._view.settings.charset)
        if misread(text.count(MISREAD), len(text)):
            self._view.flaws.append("bad_charset")
        if part is not None and part.first > 0:
            text = _from_edge(kind, text)
        if part is not None and not part.to_end:
            text = _to_edge(kind, text)
        self._found.append(_Piece(kind, text))

    def _take_pdf(self, data: bytes) -> None:
        self._pdfs += 1
        if self._pdfs > MAX_PDFS:
            self._note(BodyState.TRUNCATED, "pdf_too_costly")
            return
        text, state, reason = read_pdf(data, self._limits)
        self._note(state, reason)
        self._found.append(_Piece("text/plain", text))

    def _take_parts(self, data: bytes, content_type: bytes, depth: int) -> None:
        if depth >= MAX_DEPTH:
            self._view.flaws.append("nested_parts")
            return
        parts, closed = parts_of(data, content_type)
        if media_type(content_type) == "multipart/related":
            parts = parts[:1]  # the others are what it refers to: pictures, files
        if not closed:
            self._note(BodyState.UNDECODABLE, "bad_multipart")
        for part in parts:
            if self._parts >= MAX_PARTS:
                self._view.flaws.append("too_many_parts")
                return
            self._parts += 1
            self.take(part.data, part.content_type, part.content_range, depth=depth + 1)

    def _note(self, state: BodyState, reason: str) -> None:
        """The first that is not right counts."""
        if self._body.state is BodyState.COMPLETE and state is not BodyState.COMPLETE:
            self._body = DecodedBody(b"", state, reason)

    def view(self) -> View:
        """The view of all of it; of nothing, it has no text and says why."""
        found = self._found
        kind = found[0].kind if found else ""
        readers: dict[Any, Any] = {}
        if len(found) > 1:
            readers = {
                read_json: self._documents,
                read_markup: lambda _: self._tree(read_markup, "ml"),
                read_qualified: lambda _: self._tree(read_qualified, "xml"),
            }
        text = "\n".join(piece.text for piece in found)
        return InnerView(self._view, text, kind, readers, self._body)

    def _documents(self, _: View) -> list[Any]:
        documents: list[Any] = []
        for piece in self._found:
            if piece.kind.endswith("json") or piece.text.lstrip()[:1] in ("{", "["):
                part = InnerView(self._view, piece.text, piece.kind)
                try:
                    documents += read_json(part)
                except Unreadable as failure:
                    self._view.flaws.append(failure.reason)
        if not documents:
            raise Unreadable("not_json")
        return documents

    def _tree(self, read: Any, ending: str) -> Element:
        """The documents of all parts of a kind, below one root."""
        root = etree.Element("parts")
        for piece in self._found:
            if piece.kind.endswith(ending):
                part = InnerView(self._view, piece.text, piece.kind)
                try:
                    root.append(read(part))
                except Unreadable as failure:
                    self._view.flaws.append(failure.reason)
        if not len(root):
            raise Unreadable("no_markup")
        return root


def _from_edge(kind: str, text: str) -> str:
    """What begins within a line, or a tag, from the next one on."""
    if "html" in kind or kind.endswith("xml"):
        at = text.find("<")
        return text[at:] if at >= 0 else ""
    if _has_lines(kind):
        at = text.find("\n")
        return text[at + 1 :] if at >= 0 else ""
    return text


def _to_edge(kind: str, text: str) -> str:
    """What ends within a line, or a tag, up to the one before."""
    if "html" in kind or kind.endswith("xml"):
        return text[: text.rfind(">") + 1]
    if _has_lines(kind):
        return text[: text.rfind("\n") + 1]
    return text


def _has_lines(kind: str) -> bool:
    return kind in _LINES or kind.startswith("text/") or "json" in kind
