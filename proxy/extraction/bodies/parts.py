"""Bodies that hold bodies: ``multipart/*`` taken apart (RFC 2046 5.1).

Lines may end in CRLF or LF. What stands before the first boundary and behind the
last is no part. A part without an empty line is all content. ``base64`` and
``quoted-printable`` are undone. The last part of a body without its closing line is
kept, and told.
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

MAX_PARTS = 100
"""Parts read of one body, those within parts included; a download has a few."""
MAX_DEPTH = 4
"""Multipart bodies within each other."""
_BOUNDARY = re.compile(
    rb";\s*boundary\s*=\s*(?:\"([^\"]{1,70})\"|([^\s;\"]{1,70}))", re.IGNORECASE
)
_HEAD_END = re.compile(rb"\A\r?\n|\r?\n\r?\n")
_MOST_HEAD = 8 * 1024
"""Bytes of a part's header lines."""


class Part(NamedTuple):
    """One part: what its header lines say of it, and what it holds."""

    content_type: bytes
    content_range: bytes
    data: bytes
    ended: bool = True
    """Its boundary came."""


def parts_of(data: bytes, content_type: bytes) -> tuple[list[Part], bool]:
    """The parts, at most one above ``MAX_PARTS``, and whether the body was closed."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return [], False
    line = re.escape(found[1] or found[2])
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + line + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    parts: list[Part] = []
    start = -1
    for mark in delimiter.finditer(data):
        if start >= 0:
            parts.append(_part(data[start : mark.start()], ended=True))
        if mark[1]:
            return parts, True
        if len(parts) > MAX_PARTS:
            return parts, True
        start = mark.end()
    if start >= 0:
        parts.append(_part(data[start:], ended=False))
    return parts, False


def _part(data: bytes, *, ended: bool) -> Part:
    # The line end behind the boundary belongs to it.
    data = data[2:] if data[:2] == b"\r\n" else data[1:]
    end = _HEAD_END.search(data, 0, _MOST_HEAD)
    headers: dict[bytes, bytes] = {}
    if end is not None:
        for line in data[: end.start()].splitlines():
            name, colon, value = line.partition(b":")
            if colon:
                headers.setdefault(name.strip().lower(), value.strip())
        data = data[end.end() :]
    return Part(
        headers.get(b"content-type", b""),
        headers.get(b"content-range", b""),
        _plain(data, headers.get(b"content-transfer-encoding", b"").lower()),
        ended,
    )


def _plain(data: bytes, encoding: bytes) -> bytes:
    if encoding == b"base64":
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            return data
    if encoding == b"quoted-printable":
        return binascii.a2b_qp(data)
    return data
