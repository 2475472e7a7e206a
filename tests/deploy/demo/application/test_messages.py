"""HTTP as bytes: what the stand-in server reads and writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.application.messages import (
    MAX_BODY,
    MAX_HEAD,
    BadRequest,
    Framing,
    Request,
    Response,
    encode,
    take,
)

POST = (
    b"POST /login.do;jsessionid=AB?x=%EB HTTP/1.1\r\nHost: vesta\r\n"
    b"Cookie: JSESSIONID=1; other=2; JSESSIONID=3\r\nContent-Length: 9\r\n\r\n"
    b"naam=Zo%EB"
)
POST = POST.replace(b"Length: 9", b"Length: 10")


def _request(version: int = 1, accepts: str = "") -> Request:
    headers = {"accept-encoding": accepts}
    return Request("GET", "/", "", {}, headers, b"", version)


def test_request_fed_byte_by_byte_is_the_same_request() -> None:
    """How TCP cut it does not matter."""
    whole = take(bytearray(POST))
    buffer = bytearray()
    seen = []
    for byte in POST:
        buffer.append(byte)
        seen.append(take(buffer))

    assert seen[:-1] == [None] * (len(POST) - 1)
    assert seen[-1] == whole
    assert whole is not None
    assert (whole.path, whole.parameters) == ("/login.do", "jsessionid=AB")
    assert whole.query == {"x": "ë"}
    assert whole.form == {"naam": "Zoë"}
    assert whole.cookies["JSESSIONID"] == "1"


def test_two_requests_in_one_buffer_are_taken_in_turn() -> None:
    """Nothing of the second is lost to the first."""
    buffer = bytearray(POST + b"GET / HTTP/1.0\r\n\r\n")

    first, second, third = take(buffer), take(buffer), take(buffer)

    assert first is not None
    assert second is not None
    assert (second.method, second.minor) == ("GET", 0)
    assert third is None


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"x" * (MAX_HEAD + 1), 400),
    ],
)
def test_what_is_no_request_is_refused(raw: bytes, status: int) -> None:
    """Bounds and shape; a limit that is never checked is none."""
    with pytest.raises(BadRequest) as refused:
        take(bytearray(raw))

    assert refused.value.status == status


@given(st.binary(max_size=300))
def test_any_bytes_give_a_request_nothing_or_a_refusal(raw: bytes) -> None:
    """Nothing else comes out, whatever goes in."""
    try:
        found = take(bytearray(raw + b"\r\n\r\n"))
    except BadRequest:
        return
    assert found is None or isinstance(found, Request)


def test_chunks_are_of_the_output_buffers_size() -> None:
    """8 KiB each, as the servers of the day wrote them."""
    response = Response(body=b"x" * 20_000, framing=Framing.CHUNKED)

    data, closes = encode(response, _request(), "now")

    head, _, body = data.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert b"Content-Length" not in head
    assert body.startswith(b"2000\r\nx")
    assert body.endswith(b"\r\n0\r\n\r\n")
    assert not closes


def test_http_1_0_gets_no_chunks_and_a_close() -> None:
    """It would not understand them."""
    response = Response(body=b"x" * 20_000, framing=Framing.CHUNKED)

    data, closes = encode(response, _request(0), "now")

    assert closes
    assert b"chunked" not in data
    assert data.endswith(b"\r\n\r\n" + b"x" * 20_000)


def test_gzip_only_where_the_browser_accepts_it() -> None:
    """A browser that did not ask gets plain bytes."""
    response = Response(body=b"x" * 500, gzip=True)

    plain, _ = encode(response, _request(), "now")
    packed, _ = encode(response, _request(accepts="gzip"), "now")

    assert plain.endswith(b"x" * 500)
    assert b"Content-Encoding: gzip" in packed
    assert len(packed) < len(plain)
