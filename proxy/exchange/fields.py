"""The header section of a head: lines in, lower-cased fields out.

RFC 9112 section 5. Tolerated, because every reader agrees or refuses: unknown
and oddly cased names, values in any 8-bit charset, white space before the
colon, obs-fold, lines without a colon (dropped), an empty name (dropped).
Refused: anything by which Content-Length or Transfer-Encoding can be seen by
one reader and missed by another.
"""

from __future__ import annotations

import re

from proxy.exchange.model import Headers
from proxy.exchange.reasons import Reason

_COMMON = (
    "Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges Age Allow "
    "Authorization Cache-Control Content-Disposition Content-Encoding "
    "Content-Language Content-Location Content-Range Content-Security-Policy "
    "Content-Type Cookie DNT Date ETag Expires Forwarded From Host If-Match "
    "If-Modified-Since If-None-Match If-Range If-Unmodified-Since Keep-Alive "
    "Last-Modified Link Location Max-Forwards Origin P3P Pragma "
    "Proxy-Authenticate Proxy-Authorization Range Referer Referrer-Policy "
    "Retry-After SOAPAction Sec-Ch-Ua Sec-Ch-Ua-Mobile Sec-Ch-Ua-Platform "
    "Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User Server "
    "Set-Cookie Strict-Transport-Security TE Trailer "
    "Upgrade-Insecure-Requests User-Agent Vary Via WWW-Authenticate Warning "
    "X-AspNet-Version X-Content-Type-Options X-Forwarded-For X-Forwarded-Host "
    "X-Forwarded-Proto X-Frame-Options X-MicrosoftAjax X-Powered-By "
    "X-Requested-With X-UA-Compatible X-XSS-Protection"
)
_WEIGHED = "Connection Content-Length Expect Transfer-Encoding Upgrade"
_OVERRIDES = frozenset(
    (b"x-http-method-override", b"x-http-method", b"x-method-override")
)


def _spellings(names: str) -> dict[bytes, bytes]:
    spelled: dict[bytes, bytes] = {}
    for name in names.split():
        lower = name.lower().encode()
        spelled[name.encode()] = spelled[lower] = lower
    return spelled


_KNOWN = _spellings(_COMMON)
"""Names as sent → lower case; saves checking and lower-casing most headers."""
_SPECIAL = _spellings(_WEIGHED)
"""As ``_KNOWN``, of the headers that decide about framing."""

_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
_NOT_LETTER = re.compile(rb"[^a-z]+")
_HARMLESS_CONNECTION = frozenset((b"keep-alive", b"close", b"upgrade"))


def names_framing(text: bytes) -> bool:
    """Whether some reader could find a framing header's name in ``text``."""
    squashed = _NOT_LETTER.sub(b"", text.lower())
    return b"contentlength" in squashed or b"transferencoding" in squashed


class Fields:
    """A header section and what of it decides about framing."""

    __slots__ = ("codings", "expect", "headers", "lengths", "upgrade")

    def __init__(self) -> None:
        self.headers: Headers = []
        self.lengths: list[bytes] = []
        """Values of Content-Length."""
        self.codings: list[bytes] = []
        """Values of Transfer-Encoding."""
        self.expect = False
        self.upgrade = False


_SECRET = frozenset(
    b"authorization cookie forwarded location origin proxy-authorization referer"
    b" set-cookie x-forwarded-for".split()
)
"""Headers whose lines are never remembered: they hold secrets or people."""
_REMEMBERED = 4096
"""Lines remembered: some twenty per kind of browser and of server. The memory is
emptied when it is full: no order to keep, and lines that come back are soon in it."""
_REMEMBERED_BYTES = 256
"""Longest line remembered: 1 MiB in all, twice that with the values."""
_remembered: dict[bytes, tuple[bytes, bytes]] = {}
"""Lines as sent → name and value, of headers that decide nothing about framing:
reading them is a function of the line alone, and browsers repeat most of them."""


def parse_fields(lines: list[bytes]) -> Fields | Reason:
    """The fields of ``lines[1:]`` (the first is the start line, line ends off)."""
    fields = Fields()
    headers = fields.headers
    remembered = _remembered.get
    start_line = True
    for line in lines:
        if start_line:
            start_line = False
            continue
        known = remembered(line)
        if known is not None:
            headers.append(known)
            continue
        name, colon, value = line.partition(b":")
        lower = _KNOWN.get(name)
        if lower is None or not colon:
            reason = _weigh(fields, line, name, colon, value)
            if reason is not None:
                return reason
        else:
            known = (lower, value.strip(b" \t"))
            headers.append(known)
            if lower not in _SECRET:
                _remember(line, known)
    return fields


def _remember(line: bytes, known: tuple[bytes, bytes]) -> None:
    if len(line) <= _REMEMBERED_BYTES:
        if len(_remembered) >= _REMEMBERED:
            _remembered.clear()
        _remembered[line] = known


def _weigh(
    fields: Fields, line: bytes, name: bytes, colon: bytes, value: bytes
) -> Reason | None:
    """Add a line whose name is not among the common ones."""
    headers = fields.headers
    lower = _SPECIAL.get(name) if colon else None
    if lower is None:
        if line[:1] in (b" ", b"\t"):
            return _fold(headers, line)
        if not colon or not name:
            return Reason.ODD_FRAMING_HEADER if names_framing(line) else None
        lower = name.lower()
        if lower not in _SPECIAL:
            return _unknown(headers, lower, value)
    value = value.strip(b" \t")
    if lower == b"content-length":
        fields.lengths.append(value)
    elif lower == b"transfer-encoding":
        fields.codings.append(value)
    elif lower == b"expect":
        fields.expect = True
    elif lower == b"upgrade":
        fields.upgrade = True
    elif value.lower() in _HARMLESS_CONNECTION:
        known = (lower, value)
        headers.append(known)
        _remember(line, known)
        return None
    elif names_framing(value):
        # A proxy behind us would remove the header it names (RFC 9110 7.6.1).
        return Reason.ODD_FRAMING_HEADER
    headers.append((lower, value))
    return None


def _fold(headers: Headers, line: bytes) -> Reason | None:
    """obs-fold (RFC 9112 5.2): the line continues the value before it."""
    if not headers:
        return Reason.LEADING_SPACE
    name, value = headers[-1]
    if name in _SPECIAL or names_framing(line):
        return Reason.ODD_FRAMING_HEADER
    # A head is bounded, and so is the quadratic cost of folding all of it.
    headers[-1] = (name, value + b" " + line.strip(b" \t"))
    return None


def _unknown(headers: Headers, lower: bytes, value: bytes) -> Reason | None:
    name = lower.rstrip(b" \t")
    squashed = _NOT_LETTER.sub(b"", name)
    if squashed in (b"contentlength", b"transferencoding"):
        return Reason.ODD_FRAMING_HEADER
    if (b" " in name or b"\t" in name) and names_framing(name):
        return Reason.ODD_FRAMING_HEADER
    value = value.strip(b" \t")
    if name in _OVERRIDES and value.upper() in (b"HEAD", b"CONNECT"):
        # The application may leave the body out, which the method does not say.
        return Reason.ODD_METHOD
    headers.append((name, value))
    return None
