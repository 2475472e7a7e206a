"""HTTP/1.1 as bytes, the way an application server of 2005 wrote it.

Pure: bytes in, a ``Request`` out; a ``Response`` in, bytes out. Every framing
of the day is a choice per page: a length, chunks of 8 KiB (the server's output
buffer), or nothing until close.

Bounds: a head of 16 KiB, a body of 1 MiB; above them ``BadRequest``. A request
with chunks is refused with 411: browsers of the day never sent one.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, unquote

MAX_HEAD: Final = 16 * 1024
MAX_BODY: Final = 1024 * 1024
OUTPUT_BUFFER: Final = 8 * 1024
CHARSET: Final = "iso-8859-1"


class BadRequest(Exception):
    """Not a request this server answers; the status says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with {status}")
        self.status = status


class Framing(Enum):
    """How the end of a response body is told."""

    LENGTH = "length"
    CHUNKED = "chunked"
    CLOSE = "close"


@dataclass(slots=True)
class Request:
    """One request, decoded as ISO-8859-1."""

    method: str
    path: str
    """Decoded, without path parameters and query."""
    parameters: str
    """What follows ``;`` in the path, e.g. ``jsessionid=...``."""
    query: dict[str, str]
    headers: dict[str, str]
    """Lower-cased names; of duplicates the last."""
    body: bytes
    minor: int
    """HTTP/1.x."""

    @property
    def form(self) -> dict[str, str]:
        """Fields of an urlencoded body."""
        return dict(
            parse_qsl(
                self.body.decode(CHARSET), keep_blank_values=True, encoding=CHARSET
            )
        )

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name; of duplicates the first, as the server did."""
        found: dict[str, str] = {}
        for part in self.headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            found.setdefault(name, value)
        return found


@dataclass(slots=True, kw_only=True)
class Response:
    """What a page decided; ``encode`` makes the bytes."""

    status: int = 200
    content_type: str = ""
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    framing: Framing = Framing.LENGTH
    gzip: bool = False
    """Compress when the browser accepts it."""


def take(buffer: bytearray) -> Request | None:
    """The first request of the buffer, removed from it; None when incomplete.

    Raises:
        BadRequest: it will never become one.
    """
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > MAX_HEAD:
            raise BadRequest(400)
        return None
    if end > MAX_HEAD:
        raise BadRequest(400)
    lines = buffer[:end].decode(CHARSET).split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.0", "HTTP/1.1"):
        raise BadRequest(400)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest(400)
        headers[name.lower()] = value.strip()
    if "transfer-encoding" in headers:
        raise BadRequest(411)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 9:
        raise BadRequest(400)
    if int(length) > MAX_BODY:
        raise BadRequest(413)
    stop = end + 4 + int(length)
    if len(buffer) < stop:
        return None
    body = bytes(buffer[end + 4 : stop])
    del buffer[:stop]
    resource, _, query = words[1].partition("?")
    path, _, parameters = resource.partition(";")
    return Request(
        method=words[0],
        path=unquote(path, CHARSET),
        parameters=parameters,
        query=dict(parse_qsl(query, keep_blank_values=True, encoding=CHARSET)),
        headers=headers,
        body=body,
        minor=int(words[2][-1]),
    )


def _gzip(body: bytes) -> bytes:
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)
    return squeeze.compress(body) + squeeze.flush()


def _chunks(body: bytes) -> list[bytes]:
    parts: list[bytes] = []
    for start in range(0, len(body), OUTPUT_BUFFER):
        piece = body[start : start + OUTPUT_BUFFER]
        parts += [b"%x\r\n" % len(piece), piece, b"\r\n"]
    parts.append(b"0\r\n\r\n")
    return parts


def _stays_open(request: Request) -> bool:
    connection = request.headers.get("connection", "").lower()
    return connection != "close" if request.minor else connection == "keep-alive"


def encode(
    response: Response, request: Request, date: str, *, last: bool = False
) -> tuple[bytes, bool]:
    """The bytes of a response, and whether the connection closes after them.

    ``date`` is the value of the Date header; ``last`` ends a connection that
    has served as many requests as it may.
    """
    body = response.body
    head = [
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}",
        "Server: Apache-Coyote/1.1",
        *(f"{name}: {value}" for name, value in response.headers),
    ]
    if response.gzip and "gzip" in request.headers.get("accept-encoding", ""):
        body = _gzip(body)
        head.append("Content-Encoding: gzip")
        head.append("Vary: Accept-Encoding")
    if response.content_type:
        head.append(f"Content-Type: {response.content_type}")
    framing = response.framing
    if framing is Framing.CHUNKED and not request.minor:
        framing = Framing.CLOSE
    closes = last or framing is Framing.CLOSE or not _stays_open(request)
    parts = [body]
    if response.status == HTTPStatus.NOT_MODIFIED:
        parts, closes = [], last or not _stays_open(request)
    elif framing is Framing.CHUNKED:
        head.append("Transfer-Encoding: chunked")
        parts = _chunks(body)
    elif framing is Framing.LENGTH:
        head.append(f"Content-Length: {len(body)}")
    if request.method == "HEAD":
        parts = []
    head.append(f"Date: {date}")
    if closes:
        head.append("Connection: close")
    elif not request.minor:
        head.append("Connection: keep-alive")
    return "\r\n".join([*head, "\r\n"]).encode(CHARSET) + b"".join(parts), closes
