"""What must hold of framing, whatever passes on a connection.

Nothing raises; any split gives the same exchanges; and in each direction the bytes
seen are those of exchanges and of what is opaque.
"""

from __future__ import annotations

from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Opaque
from proxy.exchange.streamed import StreamedParser
from tests.fuzz.mutating import Mutator

LIMITS = Limits(head=2_048, body=4_096, stream_from=512, pending=8, headers=32)
"""Shrunk, so that inputs of some kilobytes reach them."""

_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\n"
UP = (
    b"GET /client/5?q=1 HTTP/1.1\r\nHost: a\r\nCookie: SID=1\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nuser=anna",
    b"POST /x HTTP/1.1\r\n" + _CHUNKED + b"5\r\nuser=\r\n2;a=b\r\nan\r\n0\r\n\r\n",
    b"HEAD / HTTP/1.1\r\n\r\nGET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03\x01",
    b"PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
)
DOWN = (
    _OK + b"Content-Length: 5\r\n\r\nhello",
    _OK + _CHUNKED + b"5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not\r\nContent-Length: 99\r\n\r\n",
    b"HTTP/1.0 200 OK\nContent-Type: text/html\n\n<p>until close",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
    b"HTTP/1.1 204 No\r\n\r\n\r\nHTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    _OK + b"Content-Length: 600\r\n\r\n" + b"x" * 600,
)
Steps = list[tuple[bool, bytes]]


class _Sink:
    """Keeps how much was read."""

    held = 0

    def __init__(self) -> None:
        self.size = 0

    def feed(self, data: bytes) -> None:
        """Count it."""
        self.size += len(data)

    def stop(self, reason: str) -> None:
        """Nothing more comes."""


def check(mutator: Mutator) -> None:
    """One conversation, whole and in pieces."""
    random = mutator.random
    steps: Steps = []
    for _ in range(random.choice((1, 1, 2, 3))):
        up, down = random.choice(UP), random.choice(DOWN)
        if random.random() < 0.7:
            up = mutator.mutated(up, UP)
        if random.random() < 0.7:
            down = mutator.mutated(down, DOWN)
        steps += [(True, up), (False, down)]
    if random.random() < 0.1:
        random.shuffle(steps)
    whole = _read(steps)
    parts = _read([(up, part) for up, data in steps for part in mutator.pieces(data)])
    assert parts == whole, "a split makes a difference"


def _read(steps: Steps) -> list[object]:
    seen = [0, 0]
    parser = StreamedParser(LIMITS, lambda _: _Sink())
    out: list[Exchange | Opaque] = []
    for is_up, data in steps:
        seen[is_up] += len(data)
        out += parser.data(is_up, data, 1)
    out += parser.end(2)
    up, down = parser.committable
    opaque = parser.opaque
    if opaque is not None:
        assert (opaque.up, opaque.down) == (up, down), "exchanges and opaque part"
    else:
        # What is left are line ends behind the last message.
        assert up <= seen[True], "more from the client than was seen"
        assert down <= seen[False], "more from the server than was seen"
    return [_told(item) for item in out]


def _told(item: Exchange | Opaque) -> object:
    if isinstance(item, Opaque):
        return item.up, item.down, item.reason
    request, response = item.request, item.response
    asked = (request.target, request.body, request.end_offset, request.body_state)
    if response is None:
        return asked
    sink = response.stream
    return (
        asked,
        response.status,
        response.body,
        response.end_offset,
        response.body_state,
        response.content_length,
        sink.size if sink is not None else -1,
    )
