"""Fetched before anybody asked: what a browser says of a request it made ahead.

The page may never be shown, and is not fetched again when it is: so its records are
recorded, with the reason ``prefetch``, and whoever judges can tell.
"""

from __future__ import annotations

from proxy.events import Extraction
from proxy.exchange.model import Request
from proxy.extraction.model import Extracted

PREFETCH = "prefetch"
_HEADERS = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
_WORDS = (b"prefetch", b"prerender", b"preview", b"instant")


def is_prefetch(request: Request) -> bool:
    """Whether the browser says so (Fetch 2.2.5; older ones in their own headers)."""
    for name, value in request.headers:
        if name in _HEADERS:
            said = value.lower()
            if any(word in said for word in _WORDS):
                return True
    return False


def marked(request: Request, answer: Extracted) -> Extracted:
    """Records of a page that was fetched ahead say so, unless there is worse to say."""
    if answer.reason or answer.status is not Extraction.RECORDED:
        return answer
    return answer._replace(reason=PREFETCH) if is_prefetch(request) else answer
