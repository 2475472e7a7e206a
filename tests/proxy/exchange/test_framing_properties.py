"""Valid traffic in any split, against h11 and httptools; hostile bytes at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import h11
import httptools
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.exchange.framing import ConnectionParser
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Message, Opaque
from tests.support.http import Seen, Step, down, facts, gathered, read, up

_TOKEN = st.text("abcdefghijklmnopqrstuvwxyzABCDXYZ-", min_size=1, max_size=8)
_VALUE = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=0, max_size=12
)
_BODY = st.binary(max_size=60)


@dataclass(frozen=True)
class Sent:
    """One message pair as it was generated."""

    method: bytes
    request: bytes
    response: bytes


def _headers(names: list[tuple[str, str]]) -> list[bytes]:
    # Prefixed, so that none of them is one that decides about framing.
    return [f"X-{name}: {value}".encode() for name, value in names]


def _message(
    line: bytes, headers: list[bytes], body: bytes | None, cuts: list[int]
) -> bytes:
    """A message with this content; by length without ``cuts``, else chunked."""
    if body is None:
        content = b""
    elif not cuts:
        headers = [*headers, b"Content-Length: %d" % len(body)]
        content = body
    else:
        headers = [b"Transfer-Encoding: chunked", *headers]
        content, start = b"", 0
        for end in sorted({*cuts, len(body)}):
            if start < end <= len(body):
                content += b"%x\r\n%b\r\n" % (end - start, body[start:end])
                start = end
        content += b"0\r\n\r\n"
    return b"\r\n".join([line, *headers, b"", b""]) + content


@st.composite
def pairs(draw: st.DrawFn) -> Sent:
    """A valid request with a valid response to it."""
    method = draw(st.sampled_from([b"GET", b"POST", b"PUT", b"HEAD", b"DELETE"]))
    target = b"/" + draw(st.text("abc/123?=&%", max_size=12)).encode()
    fields = st.lists(st.tuples(_TOKEN, _VALUE), max_size=4)
    cuts = st.lists(st.integers(1, 60), max_size=3)
    sends = method in (b"POST", b"PUT")
    request = _message(
        b"%b %b HTTP/1.1" % (method, target),
        [b"Host: x", *_headers(draw(fields))],
        draw(_BODY) if sends else None,
        draw(cuts) if sends else [],
    )
    status = draw(st.sampled_from([200, 200, 200, 204, 302, 304, 404, 500]))
    answers = status not in (204, 304)
    interim = b"HTTP/1.1 103 Early\r\nX-a: b\r\n\r\n" * draw(st.integers(0, 2))
    response = _message(
        b"HTTP/1.1 %d Reason" % status,
        _headers(draw(fields)),
        draw(_BODY) if answers else None,
        draw(cuts) if answers else [],
    )
    if method == b"HEAD":
        response = response[: response.index(b"\r\n\r\n") + 4]
    return Sent(method, request, interim + response)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[Sent], list[Step]]:
    """Pairs on one connection, some of them pipelined."""
    sent = draw(st.lists(pairs(), min_size=1, max_size=5))
    steps: list[Step] = []
    rest = sent
    while rest:
        count = draw(st.integers(1, len(rest)))
        steps.append(up(b"".join(item.request for item in rest[:count])))
        steps.append(down(b"".join(item.response for item in rest[:count])))
        rest = rest[count:]
    return sent, steps


def read_in_pieces(draw: st.DataObject, steps: list[Step]) -> Seen:
    """Feed the steps cut anywhere."""
    parser = ConnectionParser()
    out: list[Exchange | Opaque] = []
    for is_up, data in steps:
        cuts = draw.draw(st.lists(st.integers(0, len(data)), max_size=6))
        start = 0
        for end in [*sorted(cuts), len(data)]:
            out += parser.data(is_up, data[start:end], 1)
            start = end
    return gathered(out, parser)


@settings(deadline=None)
@given(conversations(), st.data())
def test_any_split_gives_the_same_exchanges(
    conversation: tuple[list[Sent], list[Step]], data: st.DataObject
) -> None:
    """Where the network cuts the bytes changes nothing."""
    _, steps = conversation

    seen = read_in_pieces(data, steps)

    assert facts(seen) == facts(read(steps))
    assert seen.parser.at_boundary


@settings(deadline=None)
@given(conversations(), st.data())
def test_h11_reads_the_same_heads_bodies_and_pairs(
    conversation: tuple[list[Sent], list[Step]], data: st.DataObject
) -> None:
    """An independent reader agrees about every valid exchange."""
    sent, steps = conversation

    seen = read_in_pieces(data, steps)

    assert len(seen.exchanges) == len(sent)
    for exchange, item in zip(seen.exchanges, sent, strict=True):
        request, body = _h11_request(item.request)
        assert exchange.request.method == bytes(request.method)
        assert exchange.request.target == bytes(request.target)
        assert _same(exchange.request, request.headers, body)
        response, body = _h11_response(request, item.response)
        assert exchange.response is not None
        assert exchange.response.status == response.status_code
        assert _same(exchange.response, response.headers, body)


def _same(message: Message, headers: Any, body: bytes) -> bool:
    return message.body == body and message.headers == [
        (bytes(name), bytes(value)) for name, value in headers
    ]


def _h11_request(data: bytes) -> tuple[h11.Request, bytes]:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    request = connection.next_event()
    assert isinstance(request, h11.Request)
    return request, _h11_body(connection)


def _h11_response(request: h11.Request, data: bytes) -> tuple[h11.Response, bytes]:
    connection = h11.Connection(h11.CLIENT)
    headers = [(b"Host", b"x")]
    connection.send(h11.Request(method=request.method, target="/", headers=headers))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    event = connection.next_event()
    while isinstance(event, h11.InformationalResponse):
        event = connection.next_event()
    assert isinstance(event, h11.Response)
    return event, _h11_body(connection)


def _h11_body(connection: h11.Connection) -> bytes:
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    return body


class _Collector:
    """Callbacks of httptools for one message."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.complete = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip()))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_begin(self) -> None:
        self.headers = []

    def on_message_complete(self) -> None:
        self.complete += 1


@settings(deadline=None)
@given(conversations())
def test_httptools_reads_the_same_heads_and_bodies(
    conversation: tuple[list[Sent], list[Step]],
) -> None:
    """A second independent reader; responses to HEAD apart, which it cannot
    read without knowing the request."""
    sent, steps = conversation

    seen = read(steps)

    for exchange, item in zip(seen.exchanges, sent, strict=True):
        collector = _Collector()
        httptools.HttpRequestParser(collector).feed_data(item.request)
        assert collector.complete == 1
        assert exchange.request.headers == collector.headers
        assert exchange.request.body == collector.body
        if item.method != b"HEAD":
            collector = _Collector()
            httptools.HttpResponseParser(collector).feed_data(item.response)
            assert exchange.response is not None
            assert collector.complete >= 1
            assert exchange.response.headers == collector.headers
            assert exchange.response.body == collector.body


_PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            b"GET / HTTP/1.1\r\n",
            b"POST / HTTP/1.1\r\n",
            b"HEAD / HTTP/1.1\r\n",
            b"CONNECT a:1 HTTP/1.1\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 101 OK\r\n",
            b"HTTP/1.1 100 OK\r\n",
            b"HTTP/1.0 204 OK\n",
            b"Content-Length: 3\r\n",
            b"Content-Length: 0\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Expect: 100-continue\r\n",
            b"Upgrade: x\r\n",
            b"X: a\r\n b\r\n",
            b"\r\n",
            b"\n",
            b"\r",
            b"3\r\nabc\r\n",
            b"0\r\n\r\n",
        ]
    ),
)
_ENDS = st.lists(st.sampled_from("ud"), max_size=2).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.booleans(), _PIECES), max_size=30), _ENDS)
def test_hostile_bytes_never_raise_and_are_all_accounted_for(
    steps: list[Step], ends: str
) -> None:
    """Whatever passes: exchanges in order, one Opaque at most, and no byte that
    is neither in an exchange nor behind the Opaque, empty lines apart."""
    limits = Limits(head=100, headers=4, pending=3, body=10, chunk_line=8)

    seen = read(steps, limits=limits, ended=ends + "e")

    if seen.opaque is None and not ends:
        for is_up, end in zip((True, False), seen.parser.committable, strict=True):
            data = b"".join(piece for direction, piece in steps if direction is is_up)
            assert not data[end:].strip(b"\r\n")


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.booleans(), _PIECES), max_size=30), st.data())
def test_hostile_bytes_give_the_same_in_any_split(
    steps: list[Step], data: st.DataObject
) -> None:
    """An attacker gains nothing by the way the bytes are cut."""
    assert facts(read_in_pieces(data, steps)) == facts(read(steps))
