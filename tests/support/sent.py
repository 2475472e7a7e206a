"""An exchange as the bytes of both messages, in whichever coding and chunks."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

from proxy.exchange.model import Exchange

CODINGS: dict[bytes, Callable[[bytes], bytes]] = {
    b"": bytes,
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
}


def sent(exchange: Exchange, coding: bytes, chunk: int) -> tuple[bytes, bytes]:
    """Both messages; the response coded, in chunks of ``chunk`` bytes (0: none)."""
    request, response = exchange.request, exchange.response
    assert response is not None
    asked = b"%s %s HTTP/1.1\r\n" % (request.method, request.target)
    asked += b"".join(b"%s: %s\r\n" % header for header in request.headers)
    if request.body:
        asked += b"Content-Length: %d\r\n" % len(request.body)
    body = CODINGS[coding](response.body)
    answered = b"HTTP/1.1 %d OK\r\n" % response.status
    answered += b"".join(b"%s: %s\r\n" % header for header in response.headers)
    if coding:
        answered += b"Content-Encoding: %s\r\n" % coding
    if chunk:
        answered += b"Transfer-Encoding: chunked\r\n\r\n"
        for start in range(0, len(body), chunk):
            piece = body[start : start + chunk]
            answered += b"%x\r\n%s\r\n" % (len(piece), piece)
        answered += b"0\r\n\r\n"
    else:
        answered += b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    return asked + b"\r\n" + request.body, answered
