"""Exchanges that no rule claims: nothing expected, or a hole in the rule set.

A changed screen must not look like "nothing viewed". A successful response with
content of a document type is ``unmapped``, with the sign of personal data it
carries as reason, else ``no_rule``. What is no document (images, fonts, style
sheets) is expected to show nothing; scripts and undeclared content only count
when they carry a sign, and *what is not known to be harmless is a document*.

What a rule set ignores is believed of what is no document. A document is looked
through all the same: one with a sign is ``unmapped``, so that no pattern that
claims too much, and no address written to fit one, hides a screen.
"""

from __future__ import annotations

import re

from proxy.events import Extraction
from proxy.exchange.target import Target
from proxy.extraction.model import Extracted
from proxy.extraction.opened import text_at_a_glance
from proxy.extraction.signs import Sign, sign_of_personal_data
from proxy.extraction.view import View

_HARMLESS = ("image/", "font/", "audio/", "video/", "application/font")
_STYLES = frozenset({"text/css", "application/x-shockwave-flash", "image/svg+xml"})
_SCRIPT = re.compile(r"(?:text|application)/(?:x-)?(?:java|ecma)script")
_DOCUMENT = re.compile(
    r"|text/(?:html|xml|csv|plain|(?:x-)?json|tab-separated-values)"
    r"|application/(?:[a-z0-9.+-]+\+)?(?:json|xml)"
    r"|multipart/[a-z-]+|application/(?:json-seq|x-ndjson|ndjson|jsonlines|csv|vnd\.ms-excel)"
)
"""HTML, XML, JSON, CSV, what goes by their names or holds them, and what declares
nothing."""
_DIGIT = re.compile(r"[\d;]")
MAX_TEMPLATE = 512
"""Characters of a stored path."""


def unmapped(view: View) -> Extracted:
    """What an exchange that no rule claims and no ``ignore`` names amounts to."""
    response = view.exchange.response
    if response is None:
        return _nothing("no_response")
    if not 200 <= response.status <= 299:
        return _nothing(f"status_{response.status}")
    if view.exchange.request.method == b"HEAD":
        return _nothing("head")
    if response.upgraded:
        return _nothing("upgraded")
    if not response.content_length and not response.body:
        return _nothing("empty")
    kind = view.media_type
    if kind in _STYLES or kind.startswith(_HARMLESS):
        return _nothing("content_type")
    sign = sign_of_personal_data(text_at_a_glance(view), view.known)
    if sign is None and _SCRIPT.fullmatch(kind):
        return _nothing("content_type")
    reason = "no_rule" if sign is None else sign.value
    return Extracted(Extraction.UNMAPPED, reason, [])


def set_aside(view: View, reason: str, despite: frozenset[Sign]) -> Extracted:
    """What an exchange amounts to that the rule set says shows nothing.

    Args:
        view: Of the exchange.
        reason: Why it is expected to show nothing.
        despite: Signs that are known to be there and mean nothing.
    """
    response = view.exchange.response
    if (
        response is None
        or not 200 <= response.status <= 299
        or view.exchange.request.method == b"HEAD"
        or response.upgraded
        or not response.body
        or not _DOCUMENT.fullmatch(view.media_type)
    ):
        return _nothing(reason)
    text = text_at_a_glance(view)
    sign = sign_of_personal_data(text, view.known, despite=despite)
    if sign is None:
        return _nothing(reason)
    return Extracted(Extraction.UNMAPPED, sign.value, [])


def path_template(target: Target) -> str:
    """The path with every segment that has a digit replaced by ``{}``.

    Path parameters and the query are left out: they hold session keys; so may a
    segment in which a parameter was written as ``%3B``, to hide it.
    """
    path = target.path
    if _DIGIT.search(path) is None:
        return path[:MAX_TEMPLATE]
    segments = path.split("/")
    return "/".join(
        "{}" if _DIGIT.search(segment) else segment for segment in segments
    )[:MAX_TEMPLATE]


def _nothing(reason: str) -> Extracted:
    return Extracted(Extraction.NOTHING_EXPECTED, reason, [])
