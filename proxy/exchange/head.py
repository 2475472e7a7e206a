"""Heads of HTTP/1 messages: bytes in, start line, headers and body length out.

RFC 9112 sections 2 to 6. The decision table stands in
``proxy.exchange.framing``; nothing here guesses: a head that two readers could
take differently gives a ``Reason`` in place of a head.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from proxy.exchange.fields import Fields, parse_fields
from proxy.exchange.limits import Limits
from proxy.exchange.model import Request, Response
from proxy.exchange.reasons import Reason

CHUNKED: Final = -1
"""Body length: given by the chunked coding."""
UNTIL_CLOSE: Final = -2
"""Body length: until the server ends its direction."""

_CONTROLS = bytes(c for c in range(32) if c not in b"\t\r\n")
_ALL_CONTROLS = _CONTROLS + b"\r\n"
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_STATUS_LINE = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9][0-9])(?:[ \t].*)?", re.DOTALL)
_DIGITS = re.compile(rb"[0-9]{1,18}")
_COMMON_METHODS = frozenset((b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"))
"""Fine as they stand, and no spelling of HEAD or CONNECT."""
_NO_CONTENT_METHODS = frozenset((b"GET", b"HEAD"))
_NEVER_CONTENT_METHODS = frozenset((b"TRACE", b"CONNECT"))
_VERSION_1_0 = (1, 0)
_VERSION_1_1 = (1, 1)


class RequestHead(NamedTuple):
    """A request without its content."""

    request: Request
    length: int
    """Bytes of content, or ``CHUNKED``."""
    expect: bool
    upgrade: bool


class ResponseHead(NamedTuple):
    """A response without its content."""

    response: Response
    length: int
    """Bytes of content, ``CHUNKED`` or ``UNTIL_CLOSE``."""


def parse_request(block: bytes, limits: Limits) -> RequestHead | Reason:
    """Read a request head, from its first byte to the empty line inclusive."""
    lines = _lines(block, limits, mixed=False)
    if not isinstance(lines, list):
        return lines
    parsed = _request_line(lines[0])
    if not isinstance(parsed, tuple):
        return parsed
    method, target, version = parsed
    fields = parse_fields(lines)
    if not isinstance(fields, Fields):
        return fields
    length = 0
    if fields.lengths or fields.codings:
        # Who ends a target at its first space takes the rest for HTTP/1.0.
        weighed = _length(fields, _VERSION_1_0 if b" " in target else version)
        if not isinstance(weighed, int):
            return weighed
        length = weighed
        if length and (
            method in _NEVER_CONTENT_METHODS
            or (method in _NO_CONTENT_METHODS and not limits.bodies_on_get)
        ):
            return Reason.UNEXPECTED_BODY
    request = Request(fields.headers, method=method, target=target, version=version)
    return RequestHead(request, length, fields.expect, fields.upgrade)


def parse_response(
    block: bytes, method: bytes, limits: Limits
) -> ResponseHead | Reason:
    """Read the head of a response to a request with this method."""
    lines = _lines(block, limits, mixed=True)
    if not isinstance(lines, list):
        return lines
    line = _STATUS_LINE.fullmatch(lines[0])
    if line is None:
        return Reason.ODD_STATUS_LINE
    minor, digits = line.groups()
    version = _VERSION_1_0 if minor == b"0" else _VERSION_1_1
    status = int(digits)
    fields = parse_fields(lines)
    if not isinstance(fields, Fields):
        return fields
    length = _response_length(fields, method, status, version)
    if not isinstance(length, int):
        return length
    return ResponseHead(
        Response(fields.headers, status=status, version=version), length
    )


def _response_length(
    fields: Fields, method: bytes, status: int, version: tuple[int, int]
) -> int | Reason:
    """RFC 9112 6.3, of a response."""
    if method == b"HEAD" or status == 304:
        return 0  # whatever the headers say: they describe what GET would give
    if method == b"CONNECT" and 200 <= status < 300:
        return 0
    length: int | Reason = UNTIL_CLOSE
    if fields.lengths or fields.codings:
        length = _length(fields, version)
    if status < 200 or status == 204:
        # No content by definition, but some clients believe the length.
        if length in (0, UNTIL_CLOSE):
            return 0
        return length if isinstance(length, Reason) else Reason.UNEXPECTED_BODY
    return length


def _length(fields: Fields, version: tuple[int, int]) -> int | Reason:
    """Content-Length or ``CHUNKED``, when every reader finds the same."""
    if fields.codings:
        if fields.lengths:
            return Reason.AMBIGUOUS_LENGTH
        if (
            len(fields.codings) != 1
            or fields.codings[0].lower() != b"chunked"
            or version == _VERSION_1_0
        ):
            return Reason.TRANSFER_ENCODING
        return CHUNKED
    first: bytes | None = None
    if len(fields.lengths) == 1 and _DIGITS.fullmatch(fields.lengths[0]):
        return int(fields.lengths[0])
    for value in fields.lengths:
        for item in value.split(b",") if b"," in value else (value,):
            digits = item.strip(b" \t")
            if first is None:
                if not _DIGITS.fullmatch(digits):
                    return Reason.AMBIGUOUS_LENGTH
                first = digits
            elif digits != first:
                return Reason.AMBIGUOUS_LENGTH
    return int(first or b"0")


def _lines(block: bytes, limits: Limits, *, mixed: bool) -> list[bytes] | Reason:
    """Split a head into its lines; ``mixed`` allows LF beside CRLF (responses:
    every browser does, and what an NPH script writes looks like that)."""
    if block.endswith(b"\r\n\r\n"):
        lines = block[:-4].split(b"\r\n")
        breaks = len(lines) + 1
        controls = len(block) - len(block.translate(None, _ALL_CONTROLS))
        if controls == 2 * breaks and breaks <= limits.headers + 2:
            return lines  # every control character is part of a CRLF
    if len(block.translate(None, _CONTROLS)) != len(block):
        return Reason.CONTROL_CHARACTER
    breaks = block.count(b"\n")
    if breaks > limits.headers + 2:
        return Reason.TOO_MANY_HEADERS
    returns = block.count(b"\r")
    if returns == 0:
        return block[:-2].split(b"\n")
    if block.count(b"\r\n") != returns:
        return Reason.BARE_CR
    if not mixed:
        return Reason.MIXED_LINE_ENDS
    return block.replace(b"\r\n", b"\n")[:-2].split(b"\n")


def _request_line(
    line: bytes,
) -> tuple[bytes, bytes, tuple[int, int]] | Reason:
    """RFC 9112 3: method, target, version."""
    if line.endswith(b" HTTP/1.1"):
        version = _VERSION_1_1
    elif line.endswith(b" HTTP/1.0"):
        version = _VERSION_1_0
    elif re.search(rb" HTTP/1\.[2-9]$", line):
        version = _VERSION_1_1
    else:
        return Reason.NOT_HTTP
    method, space, target = line[:-9].partition(b" ")
    common = method in _COMMON_METHODS
    if not common and not _METHOD.fullmatch(method):
        return Reason.NOT_HTTP
    if not space or not target or b"\t" in line or target[:1] == b" ":
        return Reason.ODD_REQUEST_LINE
    if target[-1:] == b" " or b" HTTP/" in target:
        return Reason.ODD_REQUEST_LINE
    if (
        not common
        and method not in (b"HEAD", b"CONNECT")
        and method.upper() in (b"HEAD", b"CONNECT")
    ):
        return Reason.ODD_METHOD
    return method, target, version
