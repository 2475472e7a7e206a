"""Forms and queries: the fields a client sent, every one of them.

Duplicates are kept in order, because applications differ in whether the first
or the last counts. Text is UTF-8 where it is valid, else windows-1252 (what
browsers submit from a latin-1 page), unless the Content-Type declares a
charset. Bounds: ``Limits.fields`` fields and ``Limits.field_bytes`` bytes; the
rest is left unread. Never raises.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from proxy.exchange.body import decode_content
from proxy.exchange.charset import charset, decode_as, decode_windows_1252, media_type
from proxy.exchange.limits import Limits
from proxy.exchange.model import Message

Field = tuple[str, str]
"""Name and value of one field."""

_DEFAULT_LIMITS = Limits()
_UNICODE_ESCAPE = re.compile(rb"%u([0-9A-Fa-f]{4})")
_BOUNDARY = re.compile(
    rb";\s*boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE
)
_PARAMETER = re.compile(
    rb";\s*(name|filename)\*?\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;]*))",
    re.IGNORECASE | re.DOTALL,
)
_PART_HEAD = 8 * 1024
"""Bytes of a part's headers that are read; a browser sends under 300."""


def decode_value(data: bytes, codec: str | None = None) -> str:
    """Text of one field: of the codec, else UTF-8 where valid, else windows-1252."""
    if codec is not None:
        return decode_as(data, codec)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return decode_windows_1252(data)


def parse_query(
    data: bytes, *, limits: Limits = _DEFAULT_LIMITS, codec: str | None = None
) -> list[Field]:
    """Fields of a query, or of an ``application/x-www-form-urlencoded`` body.

    ``%uXXXX`` is decoded, as IIS does. A field without ``=`` has the value ``""``.
    """
    fields: list[Field] = []
    data = data[: limits.field_bytes]
    if codec is None and b"%" not in data and b"+" not in data and data.isascii():
        # Nothing to undo, as in most queries: split as text.
        for text in data.decode("ascii").split("&", limits.fields)[: limits.fields]:
            if text:
                key, _, said = text.partition("=")
                fields.append((key, said))
        return fields
    items = data.split(b"&", limits.fields)
    for item in items[: limits.fields]:
        if item:
            name, _, value = item.partition(b"=")
            fields.append((_unescape(name, codec), _unescape(value, codec)))
    return fields


def form_fields(message: Message, limits: Limits = _DEFAULT_LIMITS) -> list[Field]:
    """Fields of a form that was sent, urlencoded or multipart; else none.

    Files of a multipart form are left out.
    """
    content_type = message.get(b"content-type")
    kind = media_type(content_type)
    if not message.body:
        return []
    if not kind or "urlencoded" in kind:
        data = decode_content(message, limits).data
        codec = charset(b"", content_type)
        return parse_query(data, limits=limits, codec=codec)
    if kind.startswith("multipart/"):
        data = decode_content(message, limits).data
        return parse_multipart(data, content_type, limits=limits)
    return []


def parse_multipart(
    data: bytes, content_type: bytes | None, *, limits: Limits = _DEFAULT_LIMITS
) -> list[Field]:
    """Fields of a ``multipart/form-data`` body (RFC 7578) that are not files."""
    boundary = _BOUNDARY.search(content_type or b"")
    if boundary is None:
        return []
    delimiter = b"\r\n--" + (boundary[1] or boundary[2])
    codec = charset(b"", content_type)
    fields: list[Field] = []
    parts = (b"\r\n" + data).split(delimiter, limits.fields + 1)
    for part in parts[1 : limits.fields + 1]:
        if part.startswith(b"--"):
            break
        # A field that is cut has no next delimiter and stays: it was sent.
        end = part.find(b"\r\n\r\n", 0, _PART_HEAD)
        if end < 0:
            continue
        name = _field_name(part[:end])
        if name is not None:
            value = part[end + 4 : end + 4 + limits.field_bytes]
            fields.append((decode_value(name, codec), decode_value(value, codec)))
    return fields


def _field_name(head: bytes) -> bytes | None:
    """Name of a part; None for a file and for a part without a name."""
    name: bytes | None = None
    for line in head.split(b"\r\n"):
        if not line[:20].lower().startswith(b"content-disposition:"):
            continue
        for match in _PARAMETER.finditer(line):
            if match[1].lower() == b"filename":
                return None
            # Browsers write a quote in a name as %22 (RFC 7578 2).
            name = (match[2] or match[3] or b"").replace(b"%22", b'"')
    return name


def _unescape(data: bytes, codec: str | None) -> str:
    if b"+" in data:
        data = data.replace(b"+", b" ")
    if b"%" in data:
        if b"%u" in data:
            data = _UNICODE_ESCAPE.sub(_unicode_escape, data)
        data = unquote_to_bytes(data)
    return decode_value(data, codec)


def _unicode_escape(match: re.Match[bytes]) -> bytes:
    return chr(int(match[1], 16)).encode("utf-8", "replace")
