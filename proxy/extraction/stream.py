"""A large list read while it passes: bytes in, subjects collected.

Codings, charset, lines and selectors go along piece by piece, so that an export of
any length costs the ids it holds (``Settings.stream_bytes`` at most) and one row.
The outcome is that of ``extract`` on the whole body, save that categories are looked
for in its beginning only.

Reading ends early, and says so: ``too_many_rows``, ``stream_bytes``, ``stream_cap``
and ``long_line`` give *truncated*; a broken coding or table *partial* with its
reason; an export that was cut *partial* with the rows that came whole.
"""

from __future__ import annotations

import logging
from itertools import islice

from proxy.exchange.charset import media_type
from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Response
from proxy.exchange.ranges import content_range
from proxy.exchange.stepwise import StepwiseContent
from proxy.exchange.stepwise_text import StepwiseText
from proxy.extraction.extract import Collected, RowCount, extract_streamed
from proxy.extraction.model import Extracted, RecordRule, Subject
from proxy.extraction.selectors.base import Passing, RowReader
from proxy.extraction.view import MISREAD, Unreadable, View, misread

logger = logging.getLogger(__name__)

_ENDED_EARLY = frozenset(
    {"stream_cap", "long_line", "too_many_lines", "hold_full", "stream_bytes"}
)
_ID = 170
"""Bytes an id costs beside its characters; see ``many``."""
_ROWS = 1_000
"""Rows handed to the selectors at a time."""


class Stream:
    """Reads one response by one rule; a ``content.Sink``.

    Args:
        rule: Claims the exchange; ``streamable`` says that it can be read so.
        view: Of the request and the response's head, with the captures set.
        limits: Bounds of undoing codings.
    """

    def __init__(self, rule: RecordRule, view: View, limits: Limits) -> None:
        self.rule = rule
        self.held = 0
        """Bytes of what was found, about."""
        self._view = view
        self._stopped = ""
        self._ended = False
        self._characters = 0
        self._misread = 0
        self._lists = [s for s in rule.subjects if s.each is not None]
        self._counts = [RowCount() for _ in self._lists]
        self._rows = 0
        self._found = Collected()
        for subject in rule.subjects:
            self._found.found.setdefault(subject.group, (subject.action, {}))
        self._content = StepwiseContent(view.response, limits)
        content_type = view.response.get(b"content-type")
        self._text = StepwiseText(content_type, view.settings.charset)
        each: object = self._lists[0].each
        assert isinstance(each, Passing)
        self._reader: RowReader = each.reader(view)

    def feed(self, data: bytes) -> None:
        """The next bytes of the content. See ``Sink``."""
        if self._is_over():
            return
        try:
            for piece in self._content.feed(data):
                self._take(self._reader.feed(self._decoded(piece)))
                if self._is_over():
                    return
        except Unreadable as failure:
            self.stop(failure.reason)
        except Exception:  # fail open: the exchange is recorded, marked as failed
            logger.exception("reading a stream failed")
            self.stop("internal")

    def _is_over(self) -> bool:
        return self._ended or bool(self._stopped) or self._reader.over

    def stop(self, reason: str) -> None:
        """Read nothing more. See ``Sink``."""
        if not self._stopped:
            self._stopped = reason

    def collected(self, *, cut: bool) -> Collected:
        """What was found; nothing is read after it was asked for."""
        found = self._found
        if self._ended:
            return found
        try:
            self._finish(whole=not (cut or self._stopped or self._content.flaw))
        except Unreadable as failure:
            self.stop(failure.reason)
        self._ended = True
        for subject, count in zip(self._lists, self._counts, strict=True):
            found.conclude(subject, count)
        for flaw in (self._stopped, self._content.flaw, *self._reader.flaws):
            if flaw in _ENDED_EARLY:
                found.truncated = found.truncated or flaw
            elif flaw:
                found.reasons.insert(0, flaw)
        if misread(self._misread, self._characters):
            found.reasons.append("bad_charset")
        if cut:
            found.reasons.insert(0, "cut")
        return found

    def _finish(self, *, whole: bool) -> None:
        for piece in self._content.finish(whole=whole):
            self._take(self._reader.feed(self._decoded(piece)))
        if not self._stopped:
            whole = whole and not self._content.flaw
            self._take(self._reader.feed(self._decoded(b"", last=True)))
            self._take(self._reader.finish(whole=whole))

    def _decoded(self, piece: bytes, *, last: bool = False) -> str:
        text = self._text.feed(piece, last=last)
        self._characters += len(text)
        self._misread += text.count(MISREAD)
        return text

    def _take(self, rows: list[object]) -> None:
        room = self._view.settings.rows - self._rows
        if len(rows) > room:
            rows = rows[:room]
            self._found.truncated = "too_many_rows"
        self._rows += len(rows)
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            for subject, count in zip(self._lists, self._counts, strict=True):
                self._take_part(subject, part, count)
            if self.held > self._view.settings.stream_bytes:
                self.stop("stream_bytes")
                return

    def _take_part(self, subject: Subject, rows: list[object], count: RowCount) -> None:
        ids = self._found.found[subject.group][1]
        before = len(ids)
        self._found.take_rows(subject, rows, self._view, count)
        added = islice(reversed(ids), len(ids) - before)
        self.held += sum(map(len, added)) + _ID * (len(ids) - before)


def extract_large(rule: RecordRule, view: View, limits: Limits) -> Extracted | None:
    """Of a body that was small as it was sent and is too large to be read whole; None:
    ``extract`` has to do."""
    response = view.exchange.response
    if response is None or response.stream is not None:
        return None
    # Only what is unpacked can be larger than what came.
    if response.get(b"content-encoding") is None or not streamable(rule):
        return None
    whole = response.body_state in (BodyState.COMPLETE, BodyState.CUT)
    if not (whole and rule.shows(response.status)) or _is_head(view):
        return None
    if not begins_with_a_line(response):
        return None
    if view.body.state is not BodyState.TRUNCATED:
        return None
    stream = Stream(rule, view, limits)
    stream.feed(response.body)
    return extract_streamed(rule, view, stream)


def begins_with_a_line(response: Response) -> bool:
    """Whether its content is lines from the first on: not of several parts, nor from
    the middle of a document."""
    if response.status == 206:
        part = content_range(response.get(b"content-range"))
        if part is None or part.first > 0:
            return False
    kind = response.get(b"content-type")
    return not media_type(kind).startswith("multipart/")


def _is_head(view: View) -> bool:
    return view.exchange.request.method == b"HEAD"


def streamable(rule: RecordRule) -> bool:
    """Whether the rule's lists can be read while they pass: all of them are of the
    same rows, which are lines."""
    lists = [subject.each for subject in rule.subjects if subject.each is not None]
    if rule.dialect is not None or not lists:
        return False
    others = [s for s in rule.subjects if s.each is None and s.needs_body]
    return (
        not others
        and all(each == lists[0] for each in lists)
        and isinstance(lists[0], Passing)
    )
