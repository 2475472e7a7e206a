"""One message as it was on the wire → the same with nothing said.

Its head, its framing and its length stay; its content goes by its type, through any
chunking. Content that cannot be looked into becomes filler of the same length, which
a reader finds unreadable: pictures, archives, text in 16 bits. What stands under a
content coding is looked into where the result can be made as long as it was
(``codings``); else it becomes filler.
"""

from __future__ import annotations

import re

from proxy.redaction.codings import recoded
from proxy.redaction.heads import request_head, response_head
from proxy.redaction.json_text import json_text
from proxy.redaction.markup import markup
from proxy.redaction.standin import StandIns
from proxy.redaction.values import fields, is_secret

_END = re.compile(rb"\r?\n\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)[^\n]*\n")
_BOUNDARY = re.compile(rb'(?i)boundary="?([^";,\s]{1,70})')
_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9]{2}")
_TRAILER = re.compile(rb"(?m)(?<=:).+$")
_LENGTH = re.compile(rb"[0-9]+\|")

_NO_CODING = (b"", b"identity")
_TEXTUAL = (b"text/", b"application/javascript", b"application/x-javascript")
_OPAQUE = (b"image/", b"font/", b"audio/", b"video/", b"application/octet-stream",
           b"application/pdf", b"application/zip")  # fmt: skip


def redact_message(standins: StandIns, data: bytes, *, is_request: bool) -> bytes:
    """A whole message, with interim responses before it; as long as it was."""
    parts = []
    while True:
        start = len(data) - len(data.lstrip(b"\r\n"))
        end = _END.search(data, start)
        size = len(data) if end is None else end.end()
        head, rest = data[:size], data[size:]
        hide = request_head if is_request else response_head
        parts.append(hide(standins, head))
        if is_request or not _INTERIM.match(head[start:]) or not rest:
            break
        data = rest
    hidden, body = _body(standins, head, rest, parts.pop())
    return b"".join((*parts, hidden, body))


def _body(
    standins: StandIns, head: bytes, data: bytes, said: bytes
) -> tuple[bytes, bytes]:
    """Head and body; ``said`` is the head as it is redacted."""
    if not data:
        return said, data
    headers = _headers(head)
    chunked = b"chunked" in headers.get(b"transfer-encoding", b"").lower()
    if not chunked:
        return _content(standins, headers, data, said)
    spans = _spans(data)
    joined = b"".join(data[start:end] for start, end in spans)
    said, hidden = _content(standins, headers, joined, said)
    parts: list[bytes] = []
    position = used = 0
    for start, end in spans:
        parts += (data[position:start], hidden[used : used + end - start])
        used += end - start
        position = end
    # The last chunk, and trailers: their names stay.
    parts.append(_TRAILER.sub(lambda f: standins.text(f[0]), data[position:]))
    return said, b"".join(parts)


def _content(
    standins: StandIns, headers: dict[bytes, bytes], data: bytes, said: bytes
) -> tuple[bytes, bytes]:
    """Head and content, through a coding."""
    if headers.get(b"content-encoding", b"").strip().lower() in _NO_CODING:
        return said, content(standins, headers, data)
    plain = {**headers, b"content-encoding": b""}
    found = recoded(said, data, lambda text: content(standins, plain, text))
    return (said, bytes(len(data))) if found is None else (found.head, found.data)


def _spans(data: bytes) -> list[tuple[int, int]]:
    """Where the content of the chunks stands."""
    spans = []
    position = 0
    while (found := _CHUNK.match(data, position)) is not None:
        size = int(found[1], 16)
        if not size:
            break
        start = found.end()
        end = min(start + size, len(data))
        spans.append((start, end))
        after = data.find(b"\n", end)
        if after < 0:
            break
        position = after + 1
    return spans


def content(standins: StandIns, headers: dict[bytes, bytes], data: bytes) -> bytes:
    """What a message holds, by its type."""
    coding = headers.get(b"content-encoding", b"").strip().lower()
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if coding not in _NO_CODING or kind.startswith(_OPAQUE):
        return bytes(len(data))
    if data.count(0, 0, 4096) > 8:
        return bytes(len(data))
    if kind == b"application/x-www-form-urlencoded":
        return fields(standins, data)
    if kind.startswith(b"multipart/"):
        return _multipart(standins, headers, data)
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if b"json" in kind or (not kind.startswith(_TEXTUAL) and start in (b"{", b"[")):
        return json_text(standins, data)
    if b"xml" in kind or b"html" in kind or start == b"<":
        return markup(standins, data)
    # Pieces that tell their lengths (WebForms) cannot be told from other numbers.
    return bytes(len(data)) if _LENGTH.match(data) else standins.text(data)


def _multipart(standins: StandIns, headers: dict[bytes, bytes], data: bytes) -> bytes:
    found = _BOUNDARY.search(headers.get(b"content-type", b""))
    if found is None:
        return bytes(len(data))
    line = b"--" + found[1]
    return line.join(_part(standins, part) for part in data.split(line))


def _part(standins: StandIns, part: bytes) -> bytes:
    end = _END.search(part)
    if end is None:
        return part if not part.strip(b"-\r\n ") else standins.text(part)
    # A part's head has no first line: one is put before it and taken off again.
    head = response_head(standins, b"-\n" + part[: end.end()])[2:]
    rest = part[end.end() :]
    trimmed = rest[:-2] if rest.endswith(b"\r\n") else rest
    name = re.search(rb'(?i)\bname="?([^";\r\n]*)', head)
    hidden = content(standins, _headers(b"-\n" + head), trimmed)
    if name is not None and is_secret(name[1]):
        hidden = standins.secret(trimmed)
    return head + hidden + rest[len(trimmed) :]


def _headers(head: bytes) -> dict[bytes, bytes]:
    """By lower-cased name; the first of each."""
    found: dict[bytes, bytes] = {}
    for line in head.lstrip(b"\r\n").split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found
