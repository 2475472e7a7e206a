"""Heads of messages: names and framing are kept, what could name anybody is not.

Line by line, as they were on the wire; spacing, case, order and folded lines stay.
"""

from __future__ import annotations

import base64
import binascii
import re

from proxy.redaction.standin import StandIns
from proxy.redaction.values import address

_LINE = re.compile(rb"[^\n]*\n|[^\n]+\Z")
_REQUEST = re.compile(rb"([^\s]+[ \t]+)(.*?)([ \t]+HTTP/[0-9.]+\s*|\s*)\Z", re.DOTALL)
_HEADER = re.compile(rb"([^:\s]+[ \t]*:[ \t]*)(.*?)(\s*)\Z", re.DOTALL)

KEPT = frozenset(
    b"accept accept-charset accept-encoding accept-language accept-ranges age allow "
    b"cache-control connection content-encoding content-language content-length "
    b"content-type content-range date dnt expect expires host keep-alive last-modified "
    b"if-modified-since if-unmodified-since max-forwards pragma range retry-after "
    b"sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user sec-purpose purpose "
    b"x-moz server soapaction strict-transport-security te trailer transfer-encoding "
    b"upgrade upgrade-insecure-requests user-agent vary via www-authenticate "
    b"x-content-type-options x-frame-options x-powered-by x-requested-with "
    b"x-microsoftajax faces-request proxy-connection origin".split()
)
"""Headers whose values are kept: framing, negotiation, dates, kinds of clients."""
_ADDRESSES = frozenset(b"referer location content-location x-original-url".split())


def request_head(standins: StandIns, head: bytes) -> bytes:
    """Request line and headers."""
    return _head(standins, head, is_request=True)


def response_head(standins: StandIns, head: bytes) -> bytes:
    """Status line and headers."""
    return _head(standins, head, is_request=False)


def _head(standins: StandIns, head: bytes, *, is_request: bool) -> bytes:
    lines = _LINE.findall(head)
    parts = []
    begun = False
    kept = False
    for line in lines:
        if not begun:
            begun = bool(line.strip())
            parts.append(_first(standins, line) if is_request else line)
            continue
        if line[:1] in (b" ", b"\t") and line.strip():
            parts.append(line if kept else standins.text(line))
            continue
        found = _HEADER.match(line)
        if found is None:
            kept = False
            parts.append(standins.text(line))
            continue
        name = found[1].split(b":")[0].strip().lower()
        kept = name in KEPT
        value = found[2] if kept else header_value(standins, name, found[2])
        parts.append(found[1] + value + found[3])
    return b"".join(parts)


def _first(standins: StandIns, line: bytes) -> bytes:
    found = _REQUEST.match(line)
    if found is None:
        return standins.text(line)
    return found[1] + address(standins, found[2]) + found[3]


def header_value(standins: StandIns, name: bytes, value: bytes) -> bytes:
    """The value of a header that is not kept."""
    if name in _ADDRESSES:
        return address(standins, value)
    if name == b"cookie":
        return b";".join(_cookie(standins, item) for item in value.split(b";"))
    if name == b"set-cookie":
        pair, semicolon, attributes = value.partition(b";")
        return _cookie(standins, pair) + semicolon + attributes
    if name in (b"authorization", b"proxy-authorization"):
        return _authorization(standins, value)
    if name == b"content-disposition":
        return _disposition(standins, value)
    if name == b"refresh":
        before, equals, url = value.partition(b"=")
        return before + equals + address(standins, url)
    return standins.text(value)


def _cookie(standins: StandIns, item: bytes) -> bytes:
    name, equals, value = item.partition(b"=")
    return name + equals + standins.text(value) if equals else standins.text(item)


def _authorization(standins: StandIns, value: bytes) -> bytes:
    scheme, blank, rest = value.partition(b" ")
    if scheme.lower() == b"basic":
        try:
            plain = base64.b64decode(rest, validate=True)
        except (binascii.Error, ValueError):
            return scheme + blank + standins.secret(rest)
        user, colon, password = plain.partition(b":")
        hidden = standins.text(user) + colon + standins.secret(password)
        return scheme + blank + base64.b64encode(hidden)
    if scheme.lower() == b"digest":
        return scheme + blank + _parameters(standins, rest)
    return scheme + blank + standins.text(rest) if blank else standins.text(value)


def _parameters(standins: StandIns, value: bytes) -> bytes:
    """``username="jansen", realm="x"``: names stay, values do not."""
    parts = []
    for parameter in value.split(b","):
        name, equals, rest = parameter.partition(b"=")
        parts.append(name + equals + standins.text(rest))
    return b",".join(parts)


def _disposition(standins: StandIns, value: bytes) -> bytes:
    """``attachment; filename="Jansen.pdf"``: the kind and the names stay."""
    kind, *parameters = value.split(b";")
    parts = [kind]
    for parameter in parameters:
        name, equals, rest = parameter.partition(b"=")
        is_field = name.strip().lower() == b"name"
        parts.append(name + equals + (rest if is_field else standins.text(rest)))
    return b";".join(parts)
