"""Requests and responses written by hand, for tests of rule sets: ``.http`` files.

::

    # Anything before the first request is a remark.
    >>>
    GET /client/5 HTTP/1.1
    Cookie: SID=a

    <<<
    HTTP/1.1 200 OK
    Content-Type: text/html; charset=windows-1252

    <h1>René</h1>

A line with only ``>>>`` begins a request, one with ``<<<`` its response; without one
none came. Lines end as they like; the line end before the next mark is none of the
body. A body is written in the charset its head declares, else in UTF-8; lengths are
filled in. Exchanges are a second apart, on one connection. Pure.
"""

from __future__ import annotations

import re
from itertools import zip_longest

from proxy.exchange.charset import charset
from proxy.exchange.model import Exchange, Headers, Request, Response
from proxy.har import Recorded

FIRST_NS = 1_767_225_600 * 10**9
"""2026-01-01T00:00:00Z, when the first request of every file begins."""
_SECOND_NS = 10**9
_MARK = re.compile(r"^(>>>|<<<)[ \t]*\n", re.MULTILINE)
_REQUEST = re.compile(r"(\S+) (\S+) HTTP/1\.[01]")
_RESPONSE = re.compile(r"HTTP/1\.[01] ([1-5]\d\d)(?: .*)?")


class PairsRefused(ValueError):
    """Not such a file; the message says what is wrong in which line."""


def read_pairs(data: bytes) -> list[Recorded]:
    """The exchanges of a file.

    Raises:
        PairsRefused: See there.
    """
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PairsRefused(f"line {line}: not UTF-8") from error
    marks = list(_MARK.finditer(text))
    exchanges: list[Exchange] = []
    for mark, following in zip_longest(marks, marks[1:]):
        line = text.count("\n", 0, mark.start()) + 2
        end = following.start() if following else len(text)
        head, headers, body = _message(text[mark.end() : end], line)
        start_ns = FIRST_NS + len(exchanges) * _SECOND_NS
        if mark[1] == ">>>":
            exchanges.append(Exchange(_request(head, headers, body, line, start_ns)))
        elif not exchanges or exchanges[-1].response is not None:
            raise PairsRefused(f"line {line - 1}: a response without its request")
        else:
            exchanges[-1].response = _response(head, headers, body, line, start_ns)
    if not exchanges:
        raise PairsRefused("no line with only >>>, so no request")
    up = down = 0
    for index, exchange in enumerate(exchanges):
        exchange.index = index
        request, response = exchange.request, exchange.response
        request.start_offset, up = up, up + len(request.body) + 100
        request.end_offset = up
        if response is not None:
            response.start_offset, down = down, down + len(response.body) + 100
            response.end_offset = down
    return [Recorded(exchange=exchange) for exchange in exchanges]


def _message(text: str, line: int) -> tuple[str, Headers, bytes]:
    head, _, body = text.partition("\n\n")
    first, *lines = head.rstrip("\n").split("\n")
    headers: Headers = []
    for number, each in enumerate(lines, line + 1):
        name, colon, value = each.partition(":")
        if not colon or not name.strip():
            raise PairsRefused(f"line {number}: no header; expected Name: value")
        raw = (name.strip().lower().encode(), value.strip().encode())
        headers.append(raw)
    kind = next((value for name, value in headers if name == b"content-type"), None)
    codec = charset(b"", kind) if kind else None
    return first, headers, body.removesuffix("\n").encode(codec or "utf-8", "replace")


def _request(
    head: str, headers: Headers, body: bytes, line: int, start_ns: int
) -> Request:
    found = _REQUEST.fullmatch(head)
    if found is None:
        raise PairsRefused(f"line {line}: no request; expected GET /path HTTP/1.1")
    return Request(
        method=found[1].encode(),
        target=found[2].encode(),
        headers=headers,
        body=body,
        content_length=len(body),
        start_ns=start_ns,
        end_ns=start_ns,
    )


def _response(
    head: str, headers: Headers, body: bytes, line: int, start_ns: int
) -> Response:
    found = _RESPONSE.fullmatch(head)
    if found is None:
        raise PairsRefused(f"line {line}: no response; expected HTTP/1.1 200 OK")
    return Response(
        status=int(found[1]),
        headers=headers,
        body=body,
        content_length=len(body),
        start_ns=start_ns,
        end_ns=start_ns,
    )
