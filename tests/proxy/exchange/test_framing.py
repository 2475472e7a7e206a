"""Conversations as they occur become exchanges, whatever the split."""

from __future__ import annotations

import pytest

from proxy.exchange.framing import ConnectionParser
from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState
from tests.support.http import Step, down, read, read_any_split, up

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_request_and_its_response_make_an_exchange() -> None:
    """Heads, body and offsets come out as they were sent."""
    seen = read_any_split([up(GET), down(OK)])

    (exchange,) = seen.exchanges
    assert exchange.request.method == b"GET"
    assert exchange.request.target == b"/a"
    assert exchange.request.headers == [(b"host", b"x")]
    assert exchange.request.end_offset == len(GET)
    assert exchange.up_offset == 0
    assert exchange.response is not None
    assert exchange.response.status == 200
    assert exchange.response.body == b"hi"
    assert exchange.response.content_length == 2
    assert exchange.response.end_offset == len(OK)
    assert seen.parser.at_boundary
    assert seen.opaque is None


def test_times_are_those_of_first_and_last_byte() -> None:
    """A head that comes in two pieces began with the first of them."""
    parser = ConnectionParser()

    parser.data(True, GET[:5], 10)
    parser.data(True, GET[5:], 20)
    parser.data(False, OK[:9], 30)
    (exchange,) = parser.data(False, OK[9:], 40)

    assert exchange.request.start_ns == 10  # type: ignore[union-attr]
    assert exchange.request.end_ns == 20  # type: ignore[union-attr]
    assert exchange.response.start_ns == 30  # type: ignore[union-attr]
    assert exchange.response.end_ns == 40  # type: ignore[union-attr]


def test_offsets_and_index_go_on_where_an_earlier_reader_stopped() -> None:
    """A parser may begin at any message boundary."""
    parser = ConnectionParser(up_offset=100, down_offset=200, index=7)

    parser.data(True, GET, 1)
    (exchange,) = parser.data(False, OK, 2)

    assert exchange.index == 7  # type: ignore[union-attr]
    assert exchange.up_offset == 100  # type: ignore[union-attr]
    assert parser.committable == (100 + len(GET), 200 + len(OK))


def test_pipelined_requests_get_the_responses_in_order() -> None:
    """Three requests in one packet, three responses in one packet."""
    requests = b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % i for i in range(3))
    responses = b"".join(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % i for i in range(3)
    )

    seen = read_any_split([up(requests), down(responses)])

    assert [
        (exchange.request.target, exchange.response and exchange.response.body)
        for exchange in seen.exchanges
    ] == [(b"/0", b"0"), (b"/1", b"1"), (b"/2", b"2")]


@pytest.mark.parametrize(
    ("method", "response"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
        (b"HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (b"HEAD", b"HTTP/1.1 200 OK\r\n\r\n"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
        (b"GET", b"HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n"),
        (b"CONNECT", b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"),
    ],
)
def test_a_response_without_content_does_not_swallow_the_next(
    method: bytes, response: bytes
) -> None:
    """HEAD, 304, 204 and refusals end with their head, so pairing stays."""
    first = method + b" /a HTTP/1.1\r\n\r\n"

    seen = read_any_split([up(first), down(response), up(GET), down(OK)])

    assert len(seen.exchanges) == 2
    assert seen.exchanges[0].response is not None
    assert seen.exchanges[0].response.body == b""
    assert seen.exchanges[1].response is not None
    assert seen.exchanges[1].response.body == b"hi"
    assert seen.parser.at_boundary


@pytest.mark.parametrize(
    "body",
    [
        b"2\r\nhi\r\n0\r\n\r\n",
        b"1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        b'2;name=value;q="a;b"\r\nhi\r\n0;last\r\n\r\n',
        b"0002  \r\nhi\r\n000\r\nX-Trailer: 1\r\nY: 2\r\n\r\n",
    ],
)
def test_chunked_content_is_joined(body: bytes) -> None:
    """Extensions, trailers and padding are accepted and dropped."""
    seen = read_any_split([up(GET), down(CHUNKED + body), up(GET), down(OK)])

    assert len(seen.exchanges) == 2
    response = seen.exchanges[0].response
    assert response is not None
    assert response.body == b"hi"
    assert response.content_length == 2
    assert response.end_offset == len(CHUNKED + body)


def test_request_bodies_are_read_by_length_and_by_chunks() -> None:
    """POST in both framings, on one connection."""
    sized = b"POST /s HTTP/1.1\r\nContent-Length: 3\r\n\r\na=1"
    chunked = (
        b"POST /c HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\na=2\r\n0\r\n\r\n"
    )

    seen = read_any_split([up(sized + chunked), down(OK + OK)])

    assert [exchange.request.body for exchange in seen.exchanges] == [b"a=1", b"a=2"]


@pytest.mark.parametrize(
    "version", [b"HTTP/1.0", b"HTTP/1.1"], ids=["one_zero", "one_one"]
)
def test_content_until_close_is_complete_when_the_server_ends_in_order(
    version: bytes,
) -> None:
    """End of input of the server is the end of the content."""
    response = version + b" 200 OK\r\n\r\nall of it"

    seen = read_any_split([up(GET), down(response)], ended="d")

    (exchange,) = seen.exchanges
    assert exchange.response is not None
    assert exchange.response.body == b"all of it"
    assert exchange.response.body_state is BodyState.COMPLETE
    assert exchange.response.version == (1, int(version[-1:]))


@pytest.mark.parametrize("ended", ["e", "a", "ue"])
def test_content_until_close_is_cut_without_an_end_in_order(ended: str) -> None:
    """A reset, or an end by the client, is not the end of the content."""
    response = b"HTTP/1.1 200 OK\r\n\r\npart"

    seen = read_any_split([up(GET), down(response)], ended=ended)

    assert seen.exchanges[0].response is not None
    assert seen.exchanges[0].response.body == b"part"
    assert seen.exchanges[0].response.body_state is BodyState.CUT


@pytest.mark.parametrize("ended", ["d", "e", "a", "da"])
@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart",
        CHUNKED + b"9\r\npart",
        CHUNKED + b"4\r\npart\r\n",
        CHUNKED + b"4\r\npart\r\n0\r\nX: ",
    ],
)
def test_a_response_that_ends_early_is_cut(response: bytes, ended: str) -> None:
    """What arrived is there, and it is called cut; all bytes are accounted for."""
    seen = read_any_split([up(GET), down(response)], ended=ended)

    (exchange,) = seen.exchanges
    assert exchange.response is not None
    assert exchange.response.body == b"part"
    assert exchange.response.body_state is BodyState.CUT
    assert exchange.response.end_offset == len(response)
    assert seen.opaque is None


@pytest.mark.parametrize("ended", ["d", "e", "a"])
def test_a_request_without_response_comes_out_alone(ended: str) -> None:
    """Every request makes an exchange, answered or not."""
    seen = read_any_split([up(GET + GET)], ended=ended)

    assert [exchange.response for exchange in seen.exchanges] == [None, None]
    assert seen.opaque is None


def test_requests_after_the_server_ended_come_out_alone() -> None:
    """A client that does not notice at once is still seen."""
    parser = ConnectionParser()
    parser.eof(False, 1)

    out = parser.data(True, GET, 2)

    assert len(out) == 1
    assert out[0].response is None  # type: ignore[union-attr]


def test_a_request_body_cut_by_the_client_is_still_answered() -> None:
    """Half-close in the body: the answer pairs with the cut request."""
    cut = b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\npart"
    parser = ConnectionParser()
    parser.data(True, cut, 1)
    parser.eof(True, 2)

    (exchange,) = parser.data(False, OK, 3)

    assert exchange.request.body == b"part"  # type: ignore[union-attr]
    assert exchange.request.body_state is BodyState.CUT  # type: ignore[union-attr]
    assert exchange.response is not None  # type: ignore[union-attr]


def test_a_response_before_the_end_of_its_request_waits_for_it() -> None:
    """413 in the middle of an upload: the exchange is complete with both ends."""
    head = b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n"

    seen = read_any_split([up(head + b"abc"), down(OK), up(b"def" + GET), down(OK)])

    assert [exchange.request.body for exchange in seen.exchanges] == [b"abcdef", b""]


@pytest.mark.parametrize("ended", ["e", "ue", "du", "de"])
def test_an_upload_given_up_after_its_answer_is_cut(ended: str) -> None:
    """The answer is kept with what arrived of the request."""
    head = b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc"

    seen = read_any_split([up(head), down(OK)], ended=ended)

    (exchange,) = seen.exchanges
    assert exchange.request.body_state is BodyState.CUT
    assert exchange.response is not None


def test_interim_responses_belong_to_the_final_one() -> None:
    """Any number of 1xx: the response begins with the first of them."""
    post = b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"

    seen = read_any_split([up(post), down(interim), up(b"hi"), down(OK)])

    (exchange,) = seen.exchanges
    assert exchange.response is not None
    assert exchange.response.status == 200
    assert exchange.response.start_offset == 0
    assert exchange.response.end_offset == len(interim + OK)
    assert exchange.request.body == b"hi"


def test_a_client_that_does_not_wait_for_100_is_read_on() -> None:
    """Content before the answer is content, whatever Expect said."""
    post = b"POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nab"

    seen = read_any_split([up(post), down(OK), up(b"cd")])

    assert seen.exchanges[0].request.body == b"abcd"
    assert seen.opaque is None


def test_content_after_a_100_is_content_even_behind_the_final_response() -> None:
    """The client was told to go on, so what it sends is what it announced."""
    post = b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"

    seen = read_any_split(
        [up(post), down(b"HTTP/1.1 100 Continue\r\n\r\n" + OK), up(b"hi")]
    )

    assert seen.exchanges[0].request.body == b"hi"
    assert seen.opaque is None


@pytest.mark.parametrize("ended", ["d", "e"])
def test_interim_responses_without_a_final_one_are_accounted_for(ended: str) -> None:
    """The request comes out alone; the bytes of the 1xx are opaque."""
    seen = read_any_split(
        [up(GET), down(b"HTTP/1.1 102 Processing\r\n\r\n")], ended=ended
    )

    assert seen.exchanges[0].response is None
    assert seen.reason == "head_cut"
    assert seen.opaque is not None
    assert seen.opaque.down == 0


def test_an_upgrade_is_an_exchange_and_then_opaque_by_intention() -> None:
    """101 to Upgrade: nothing after it is read."""
    request = b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    response = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"

    seen = read_any_split(
        [up(request), down(response + b"\x81\x00"), up(b"\x81\x80"), down(OK)],
        ended="e",
    )

    (exchange,) = seen.exchanges
    assert exchange.response is not None
    assert exchange.response.upgraded
    assert seen.reason == "upgrade"
    assert seen.opaque is not None
    assert seen.opaque.intended
    assert (seen.opaque.up, seen.opaque.down) == (len(request), len(response))


def test_bytes_sent_behind_an_upgrade_are_part_of_it() -> None:
    """An eager client does not turn an upgrade into a defect."""
    request = b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
    response = b"HTTP/1.1 101 Switching\r\n\r\n"

    for eager in (b"\x81\x80", GET):
        seen = read_any_split([up(request + eager), down(response)])

        assert len(seen.exchanges) == 1
        assert seen.reason == "upgrade"
        assert seen.opaque is not None
        assert seen.opaque.up == len(request)


def test_an_upgrade_in_the_middle_of_a_request_body_ends_the_request() -> None:
    """What was sent until then is the request, cut."""
    request = b"POST / HTTP/1.1\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\nab"

    seen = read_any_split([up(request), down(b"HTTP/1.1 101 S\r\n\r\n")])

    assert seen.exchanges[0].request.body_state is BodyState.CUT
    assert seen.reason == "upgrade"


def test_a_switch_nobody_asked_for_is_not_by_intention() -> None:
    """101 without Upgrade is recorded as a defect."""
    seen = read_any_split([up(GET), down(b"HTTP/1.1 101 Switching\r\n\r\n")])

    assert len(seen.exchanges) == 1
    assert seen.reason == "unasked_upgrade"
    assert seen.opaque is not None
    assert not seen.opaque.intended


def test_a_tunnel_is_an_exchange_and_then_opaque_by_intention() -> None:
    """2xx to CONNECT."""
    request = b"CONNECT h:443 HTTP/1.1\r\n\r\n"

    seen = read_any_split([up(request), down(b"HTTP/1.1 200 OK\r\n\r\n\x16\x03")])

    assert len(seen.exchanges) == 1
    assert seen.exchanges[0].response is not None
    assert seen.exchanges[0].response.upgraded
    assert seen.reason == "connect"
    assert seen.opaque is not None
    assert seen.opaque.intended


def test_a_tunnel_begins_behind_the_head_whatever_its_headers_say() -> None:
    """RFC 9112 6.3: lengths in a 2xx to CONNECT mean nothing."""
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n"

    seen = read_any_split([up(b"CONNECT h:1 HTTP/1.1\r\n\r\n"), down(response)])

    assert seen.reason == "connect"
    assert seen.opaque is not None
    assert seen.opaque.down == len(response)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /a HTTP/1.1\nHost: x\n\n",
        b"\r\n\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHOST:x\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost : x \t\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost:\r\n x\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n",
        b"GET /a HTTP/1.1\r\n: nameless\r\nHost: x\r\n\r\n",
        b"GET /a HTTP/1.9\r\nHost: x\r\n\r\n",
    ],
    ids=range(8),
)
def test_odd_heads_every_reader_agrees_about_are_read(request_bytes: bytes) -> None:
    """What applications and clients of 2005 send."""
    seen = read_any_split([up(request_bytes), down(OK)])

    (exchange,) = seen.exchanges
    assert exchange.request.target == b"/a"
    assert [(k, v.strip()) for k, v in exchange.request.headers] == [(b"host", b"x")]
    assert seen.opaque is None


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 Cli\xebnt gevonden\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\n\nhi",
        b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\nhi",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ncontent-length:02\r\nConnection: close, x\r\n\r\nhi",
        b"\r\nHTTP/1.1 200 OK\r\nX-Content-Length: 9\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 299 OK\r\nX: a\r\n\tb\r\nContent-Length: 2\r\n\r\nhi",
    ],
    ids=range(10),
)
def test_odd_responses_every_reader_agrees_about_are_read(response: bytes) -> None:
    """What applications of 2005 answer."""
    seen = read_any_split([up(GET), down(response)])

    (exchange,) = seen.exchanges
    assert exchange.response is not None
    assert exchange.response.body == b"hi"
    assert seen.parser.at_boundary


@pytest.mark.parametrize(
    ("line", "method", "target"),
    [
        (b"FOOBAR / HTTP/1.1", b"FOOBAR", b"/"),
        (b"GET /a?b=c d HTTP/1.1", b"GET", b"/a?b=c d"),
        (b"GET /a b?x=\xeb HTTP/1.1", b"GET", b"/a b?x=\xeb"),
        (b"GET http://h/x HTTP/1.0", b"GET", b"http://h/x"),
        (b"OPTIONS * HTTP/1.1", b"OPTIONS", b"*"),
        (b"get /a HTTP/1.1", b"get", b"/a"),
    ],
)
def test_request_lines_are_kept_as_sent(
    line: bytes, method: bytes, target: bytes
) -> None:
    """Method and target are what stood there, any method, any form."""
    seen = read_any_split([up(line + b"\r\n\r\n"), down(OK)])

    assert seen.exchanges[0].request.method == method
    assert seen.exchanges[0].request.target == target


def test_empty_lines_between_messages_belong_to_the_next() -> None:
    """Old clients send CRLF behind a form: no gap, no pending bytes."""
    parser = ConnectionParser()
    parser.data(True, GET + b"\r\n\r", 1)
    parser.data(False, OK, 2)
    assert parser.at_boundary
    assert parser.committable == (len(GET), len(OK))

    parser.data(True, b"\n" + GET, 3)
    out = parser.data(False, b"\r\n" + OK, 4)

    assert out[0].up_offset == len(GET) + 4  # type: ignore[union-attr]


def test_stray_line_ends_are_no_defect_at_the_end() -> None:
    """Nothing is under way, so nothing comes out."""
    seen = read_any_split([up(GET), down(OK + b"\r\n"), up(b"\r\n\r")], ended="ude")

    assert len(seen.exchanges) == 1
    assert seen.opaque is None


def test_a_head_cut_at_the_end_is_opaque() -> None:
    """There is no exchange in half a request head, but the bytes count."""
    seen = read_any_split([up(GET), down(OK), up(b"GET /b HT")], ended="e")

    assert len(seen.exchanges) == 1
    assert seen.reason == "head_cut"
    assert seen.opaque is not None
    assert seen.opaque.up == len(GET)


def test_a_head_cut_behind_a_request_waits_for_the_answer() -> None:
    """What was asked before is still answered and recorded."""
    parser = ConnectionParser()
    parser.data(True, GET + b"GET", 1)
    assert parser.eof(True, 2) == []

    exchange, opaque = parser.data(False, OK, 3)

    assert exchange.response.body == b"hi"  # type: ignore[union-attr]
    assert opaque.reason == "head_cut"  # type: ignore[union-attr]


def test_a_response_head_cut_at_the_end_leaves_the_request_alone() -> None:
    """The request comes out without response, the bytes are opaque."""
    seen = read_any_split([up(GET), down(b"HTTP/1.1 200 OK\r\nX")], ended="d")

    assert seen.exchanges[0].response is None
    assert seen.reason == "head_cut"


def test_nothing_follows_an_opaque() -> None:
    """Data, end of input and end give nothing any more."""
    parser = ConnectionParser()
    (opaque,) = parser.data(True, b"\x16\x03\x01", 1)

    assert parser.opaque is opaque
    assert not parser.at_boundary
    assert parser.data(True, GET, 2) == []
    assert parser.data(False, OK, 2) == []
    assert parser.eof(True, 3) == []
    assert parser.eof(False, 3) == []
    assert parser.end(4) == []


def test_nothing_is_read_after_an_end_of_input() -> None:
    """Bytes behind an end cannot be; they change nothing."""
    parser = ConnectionParser()
    parser.eof(True, 1)
    parser.eof(True, 1)

    assert parser.data(True, GET, 2) == []
    assert parser.data(True, b"", 2) == []
    assert parser.at_boundary
    assert parser.end(3) == []


@pytest.mark.parametrize(
    ("steps", "boundary"),
    [
        ([], True),
        ([up(b"G")], False),
        ([up(GET)], False),
        ([up(GET), down(b"H")], False),
        ([up(GET), down(OK[:-1])], False),
        ([up(GET), down(OK)], True),
        ([up(GET + b"\x00"), down(b"")], False),
    ],
)
def test_a_boundary_is_where_nothing_is_under_way(
    steps: list[Step], boundary: bool
) -> None:
    """Only there may frames be let go of and reading begin anew."""
    assert read(steps).parser.at_boundary is boundary


def test_a_body_above_the_cap_keeps_its_beginning_and_is_counted() -> None:
    """Both framings, in one piece and in many."""
    limits = Limits(body=4)
    sized = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
    chunked = CHUNKED + b"3\r\n012\r\n7\r\n3456789\r\n0\r\n\r\n"
    until_close = b"HTTP/1.1 200 OK\r\n\r\n0123456789"

    for response in (sized, chunked, until_close):
        seen = read_any_split([up(GET), down(response)], limits=limits, ended="d")

        message = seen.exchanges[0].response
        assert message is not None
        assert message.body == b"0123"
        assert message.content_length == 10
        assert message.body_state is BodyState.TRUNCATED


def test_bodies_of_pending_requests_share_one_cap() -> None:
    """Pipelined uploads cannot multiply what a connection costs."""
    post = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"

    seen = read_any_split(
        [up(post + post + post), down(OK + OK + OK), up(post), down(OK)],
        limits=Limits(body=5),
    )

    assert [len(exchange.request.body) for exchange in seen.exchanges] == [3, 2, 0, 3]
    assert seen.exchanges[2].request.body_state is BodyState.TRUNCATED
    assert seen.exchanges[3].request.body_state is BodyState.COMPLETE


def test_an_answered_request_frees_its_share_of_the_cap() -> None:
    """One upload after the other, each within the cap, all whole."""
    post = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"

    seen = read_any_split([up(post), down(OK)] * 3, limits=Limits(body=5))

    assert [len(exchange.request.body) for exchange in seen.exchanges] == [3, 3, 3]


def test_a_large_body_costs_no_more_than_the_cap() -> None:
    """A gibibyte passes; 64 KiB of it stay."""
    parser = ConnectionParser(Limits(body=64 * 1024))
    piece = bytes(1 << 20)
    parser.data(True, GET, 1)
    parser.data(False, b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", 2)

    for _ in range(1023):
        assert parser.data(False, piece, 3) == []
    (exchange,) = parser.data(False, piece, 4)

    assert exchange.response.content_length == 1 << 30  # type: ignore[union-attr]
    assert len(exchange.response.body) == 64 * 1024  # type: ignore[union-attr]
