"""HAR files of browser developer tools → exchanges, in the order they began.

HAR 1.2 as Chrome, Firefox and Safari write it. A browser has undone what the wire
did: content codings are gone, texts are Unicode, cookies may have been left out on
purpose (then nobody has a name). So headers that no longer describe the body are
left out, texts are UTF-8 and say so, and a body the browser did not keep counts as
cut, never as empty. Offsets are made up. Pure; the caller bounds the file.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from proxy.exchange.charset import media_type
from proxy.exchange.model import BodyState, Exchange, Headers, Request, Response

MOST_ENTRIES = 100_000
"""A day's work in one browser makes a few thousand."""
_UNDONE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_MS = 10**6


class HarRefused(ValueError):
    """No HAR file, or one that cannot be read; the message says where."""


class _Pair(msgspec.Struct):
    name: str
    value: str = ""


class _Posted(msgspec.Struct, rename="camel"):
    mime_type: str = ""
    text: str | None = None
    params: list[_Pair] | None = None
    encoding: str = ""


class _Asked(msgspec.Struct, rename="camel"):
    method: str
    url: str
    headers: list[_Pair] = []
    cookies: list[_Pair] = []
    post_data: _Posted | None = None


class _Content(msgspec.Struct, rename="camel"):
    size: float = 0
    mime_type: str = ""
    text: str | None = None
    encoding: str = ""


class _Answered(msgspec.Struct, rename="camel"):
    status: int = 0
    headers: list[_Pair] = []
    content: _Content = msgspec.field(default_factory=_Content)
    body_size: float = -1


class _Entry(msgspec.Struct, rename="camel"):
    started_date_time: str
    request: _Asked
    response: _Answered = msgspec.field(default_factory=_Answered)
    time: float = 0
    connection: Any = None


class _Log(msgspec.Struct):
    entries: list[_Entry]


class _File(msgspec.Struct):
    log: _Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One exchange of a recording that is no capture."""

    exchange: Exchange
    host: str = ""
    """``app.example:8443``; empty when the recording does not say."""
    connection: int = 1


def read_har(data: bytes) -> list[Recorded]:
    """The exchanges of a HAR file; their times are ns since the epoch.

    Raises:
        HarRefused: See there.
    """
    try:
        file = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise HarRefused(f"not a HAR file: {error}") from error
    entries = file.log.entries
    if len(entries) > MOST_ENTRIES:
        raise HarRefused(f"{len(entries)} entries; at most {MOST_ENTRIES}")
    connections: dict[str, int] = {}
    offsets: Counter[int] = Counter()
    found = []
    for number, entry in enumerate(entries):
        try:
            target, host = _address(entry.request.url)
            started = _moment(entry.started_date_time)
        except ValueError as error:
            raise HarRefused(f"entry {number}: {error}") from error
        name = json.dumps([host, entry.connection], default=str)
        connection = connections.setdefault(name, len(connections) + 1)
        request = _request(entry.request, target, started)
        response = _response(entry, started)
        _place(request, response, offsets, connection)
        exchange = Exchange(request, response)
        found.append(Recorded(exchange=exchange, host=host, connection=connection))
    found.sort(key=lambda recorded: recorded.exchange.request.start_ns)
    return found


def main_host(recorded: list[Recorded]) -> str:
    """The host most exchanges went to; a page has fonts and maps of others."""
    hosts = Counter(each.host for each in recorded)
    return hosts.most_common(1)[0][0] if hosts else ""


def _address(url: str) -> tuple[bytes, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "ws", "wss"):
        # A page made of data, or of the browser itself: it went nowhere.
        return b"/", f"{parts.scheme}:"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return target.encode("utf-8", "surrogatepass"), parts.netloc.rpartition("@")[2]


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"startedDateTime is no time: {text[:40]!r}") from error
    return int(moment.timestamp() * 1e6) * 1000


def _headers(pairs: list[_Pair]) -> Headers:
    headers: Headers = []
    for pair in pairs:
        name = pair.name.lower()
        if name.startswith(":") or name in _UNDONE:
            continue
        # Firefox joins equal headers with a line end.
        for value in pair.value.split("\n"):
            raw = value.strip().encode("utf-8", "surrogatepass")
            headers.append((name.encode("utf-8", "surrogatepass"), raw))
    return headers


def _typed(headers: Headers, kind: str) -> Headers:
    others = [(name, value) for name, value in headers if name != b"content-type"]
    return [*others, (b"content-type", kind.encode("latin-1", "replace"))]


def _request(asked: _Asked, target: bytes, started: int) -> Request:
    headers = _headers(asked.headers)
    if asked.cookies and not any(name == b"cookie" for name, _ in headers):
        said = "; ".join(f"{pair.name}={pair.value}" for pair in asked.cookies)
        headers.append((b"cookie", said.encode("utf-8", "surrogatepass")))
    body = b""
    posted = asked.post_data
    if posted is not None:
        kind = posted.mime_type
        if posted.text:
            body = _bytes(posted.text, posted.encoding)
        elif posted.params:
            body = urlencode([(p.name, p.value) for p in posted.params]).encode()
            kind = "application/x-www-form-urlencoded"
        if kind:
            headers = _typed(headers, kind)
    return Request(
        method=asked.method.upper().encode("utf-8", "surrogatepass"),
        target=target,
        headers=headers,
        body=body,
        content_length=len(body),
        start_ns=started,
        end_ns=started,
    )


def _response(entry: _Entry, started: int) -> Response | None:
    answered = entry.response
    if not 100 <= answered.status <= 599:
        return None  # blocked, or left before it came
    headers = _headers(answered.headers)
    content = answered.content
    body = b""
    if content.text:
        body = _bytes(content.text, content.encoding)
        stated = next((v for n, v in headers if n == b"content-type"), None)
        kind = media_type(stated or content.mime_type.encode("latin-1", "replace"))
        if content.encoding != "base64" and kind:
            headers = _typed(headers, f"{kind}; charset=utf-8")
    left_out = content.text is None and (content.size > 0 or answered.body_size > 0)
    ended = started + max(0, int(entry.time * _MS))
    return Response(
        status=answered.status,
        headers=headers,
        body=body,
        body_state=BodyState.CUT if left_out else BodyState.COMPLETE,
        content_length=len(body) or (int(content.size) if left_out else 0),
        start_ns=ended,
        end_ns=ended,
    )


def _bytes(text: str, encoding: str) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(text, validate=False)
        except (binascii.Error, ValueError):
            return b""
    return text.encode("utf-8", "replace")


def _place(
    request: Request, response: Response | None, offsets: Counter[int], connection: int
) -> None:
    """Offsets, so that no two exchanges of a connection are the same."""
    for sign, message in ((1, request), (-1, response)):
        if message is not None:
            size = sum(len(n) + len(v) + 4 for n, v in message.headers)
            message.start_offset = offsets[sign * connection]
            offsets[sign * connection] += size + len(message.body) + 1
            message.end_offset = offsets[sign * connection]
