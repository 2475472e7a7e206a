"""A large response is offered once, and read by whoever takes it."""

from __future__ import annotations

import pytest

from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Exchange
from proxy.exchange.streamed import StreamedParser

LIMITS = Limits(body=1_000, stream_from=100)
REQUEST = b"GET /export HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = bytes(range(256)) * 10


class Reader:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.data = b""
        self.stopped = ""
        self.held = 0

    def feed(self, data: bytes) -> None:
        """Keep it."""
        self.data += data

    def stop(self, reason: str) -> None:
        """Note why."""
        self.stopped = reason


class Chooser:
    """Keeps what was offered."""

    def __init__(self, reader: Reader | None) -> None:
        self.reader = reader
        self.offered: list[Exchange] = []

    def __call__(self, exchange: Exchange) -> Reader | None:
        """Note it."""
        self.offered.append(exchange)
        return self.reader


def sized(body: bytes) -> bytes:
    """A response of known length."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def chunked(body: bytes) -> bytes:
    """The same in chunks of 33 bytes."""
    chunks = [body[at : at + 33] for at in range(0, len(body), 33)]
    data = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % data


def fed(chooser: Chooser, answer: bytes, size: int) -> Exchange:
    """The exchange that comes of it."""
    parser = StreamedParser(LIMITS, chooser)
    parser.data(True, REQUEST, 1)
    items = [
        item
        for at in range(0, len(answer), size)
        for item in parser.data(False, answer[at : at + size], 2)
    ]
    items += parser.end(3)
    (exchange,) = [item for item in items if isinstance(item, Exchange)]
    return exchange


@pytest.mark.parametrize("size", [1, 50, 10_000])
@pytest.mark.parametrize("answered", [sized, chunked])
def test_a_large_content_is_read_from_its_first_byte(
    answered: object, size: int
) -> None:
    """However it comes; its beginning stays."""
    assert callable(answered)
    reader = Reader()
    chooser = Chooser(reader)

    response = fed(chooser, answered(BODY), size).response

    assert response is not None
    assert reader.data == BODY
    assert response.stream is reader
    assert (response.body, response.content_length) == (BODY[:100], len(BODY))
    assert response.body_state is BodyState.TRUNCATED
    (offered,) = chooser.offered
    assert offered.response is not None
    assert offered.response.body == BODY[:100]
    assert offered.request.target == b"/export"


@pytest.mark.parametrize("size", [1, 10_000])
def test_a_content_that_nobody_takes_is_kept_up_to_the_cap(size: int) -> None:
    """As if nobody had been asked."""
    response = fed(Chooser(None), sized(BODY), size).response

    assert response is not None
    assert response.stream is None
    assert response.body == BODY[:1_000]
    assert response.content_length == len(BODY)


def test_a_small_content_is_not_offered() -> None:
    """It is read whole."""
    chooser = Chooser(Reader())

    response = fed(chooser, sized(BODY[:100]), 10).response

    assert response is not None
    assert response.body == BODY[:100]
    assert response.body_state is BodyState.COMPLETE
    assert chooser.offered == []


def test_a_content_that_is_cut_says_so() -> None:
    """What came was read."""
    reader = Reader()

    response = fed(Chooser(reader), sized(BODY)[:-10], 64).response

    assert response is not None
    assert response.body_state is BodyState.CUT
    assert reader.data == BODY[:-10]


def test_a_response_before_its_request_has_ended_is_not_offered() -> None:
    """What is asked for is not known yet."""
    chooser = Chooser(Reader())
    parser = StreamedParser(LIMITS, chooser)

    parser.data(True, b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", 1)
    parser.data(False, sized(BODY), 2)

    assert chooser.offered == []
