"""The header section of a head: lines in, lower-cased fields out.

RFC 9112 section 5. Tolerated, because every reader agrees or refuses: unknown
and oddly cased names, values in any 8-bit charset, white space before the
colon, obs-fold, lines without a colon (dropped), an empty name (dropped).
Refused: anything by which Content-Length or Transfer-Encoding can be seen by
one reader and missed by another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class Fields:
    """A header section and what of it decides about framing."""

    headers: Headers = field(default_factory=list)
    lengths: list[bytes] = field(default_factory=list)
    """Values of Content-Length."""
    codings: list[bytes] = field(default_factory=list)
    """Values of Transfer-Encoding."""
    expect: bool = False
    upgrade: bool = False


def parse_fields(lines: list[bytes]) -> Fields | Reason:
    """The fields of ``lines[1:]`` (the first is the start line, line ends off)."""
    fields = Fields()
    headers = fields.headers
    known = _KNOWN
    start_line = True
    for line in lines:
        if start_line:
            start_line = False
            continue
        name, colon, value = line.partition(b":")
        lower = known.get(name)
        if lower is None or not colon:
            reason = _weigh(fields, line, name, colon, value)
            if reason is not None:
                return reason
        else:
            headers.append((lower, value.strip(b" \t")))
    return fields


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
    elif value.lower() not in _HARMLESS_CONNECTION and names_framing(value):
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
