"""304: the browser shows the page it has, and so the records on it once more.

What a response showed is remembered by session, target and rule when it carries a
validator (``ETag``, ``Last-Modified``) and is found again when a 304 confirms that
very validator. Bounded: ``Memory`` forgets what is longest unused, a list of more
than ``MOST_SUBJECTS`` is not kept, and what was read in part is remembered as such.

Nothing outlives the session key, the recorder or the rule: after any of them a 304
whose records stand in the body is *partial*, because nobody knows which they were.
"""

from __future__ import annotations

from typing import NamedTuple

from proxy.events import Extraction
from proxy.exchange.model import Request, Response
from proxy.extraction.model import Extracted, Found, RecordRule
from proxy.extraction.view import View

MOST_SUBJECTS = 1_000
"""Kept of one page; an export is not revalidated."""
MOST_VALIDATOR = 256
"""Characters of a validator; longer ones are not remembered."""
_FOUND = 160
"""Bytes a subject costs beside its id."""


class _Shown(NamedTuple):
    rule: RecordRule
    etag: bytes
    modified: bytes
    whole: bool
    subjects: tuple[Found, ...]


def remember(rule: RecordRule, view: View, answer: Extracted) -> None:
    """Keep what a response showed, in case a 304 shows it again."""
    memory, response = view.memory, view.response
    if memory is None or response.status != 200 or not rule.needs_body:
        return
    etag = response.get(b"etag") or b""
    modified = response.get(b"last-modified") or b""
    if not (etag or modified) or len(etag) + len(modified) > MOST_VALIDATOR:
        return
    subjects = answer.subjects
    if not subjects or len(subjects) > MOST_SUBJECTS:
        return
    whole = answer.status is Extraction.RECORDED
    shown = _Shown(rule, _strong(etag), modified, whole, tuple(subjects))
    size = sum(_FOUND + len(found.id) for found in subjects)
    memory.put(_key(rule, view), shown, size + len(view.exchange.request.target))


def remembered(rule: RecordRule, view: View) -> Extracted | None:
    """What a 304 shows; None: nobody knows."""
    shown = view.memory.get(_key(rule, view)) if view.memory is not None else None
    if not isinstance(shown, _Shown) or shown.rule != rule:
        return None
    if not _confirms(view.exchange.request, view.response, shown):
        return None
    status = Extraction.RECORDED if shown.whole else Extraction.PARTIAL
    return Extracted(status, "not_modified", list(shown.subjects))


def _key(rule: RecordRule, view: View) -> tuple[str, str, bytes]:
    return "shown", rule.name, view.exchange.request.target


def _confirms(request: Request, response: Response, shown: _Shown) -> bool:
    told = response.get(b"etag")
    if told is not None:
        return _strong(told) == shown.etag
    asked = request.get(b"if-none-match")
    if asked is not None:  # the other condition is not looked at (RFC 9110 13.2.2)
        tags = {_strong(tag.strip(b" \t")) for tag in asked.split(b",")}
        return tags == {shown.etag} and shown.etag != b""
    since = request.get(b"if-modified-since")
    return since is not None and since == shown.modified


def _strong(etag: bytes) -> bytes:
    """Compared weakly, as for a GET (RFC 9110 8.8.3.2)."""
    return etag.removeprefix(b"W/")
