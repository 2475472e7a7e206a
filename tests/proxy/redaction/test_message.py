"""Whole messages: framing untouched, content by its type."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.body import decode_content
from proxy.exchange.model import Message
from proxy.redaction.markup import markup
from proxy.redaction.message import redact_message
from proxy.redaction.standin import StandIns

HIDE = StandIns(b"k" * 32)
SECRETS = (b"Canary4711x", b"zomer-canary!9")


def answer(kind: bytes, body: bytes, *more: bytes) -> bytes:
    """A response."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n" % (
        kind,
        len(body),
    )
    return head + b"".join(line + b"\r\n" for line in more) + b"\r\n" + body


@pytest.mark.parametrize(
    "kind",
    [b"text/html", b"application/json", b"text/csv", b"application/xml", b"x/y", b"",
     b"text/plain; charset=utf-8", b"multipart/form-data; boundary=b1",
     b"application/x-www-form-urlencoded", b"text/javascript", b"image/png"],
)  # fmt: skip
@given(data=st.data())
def test_no_secret_of_the_input_is_in_the_output(
    kind: bytes, data: st.DataObject
) -> None:
    """Canaries in every kind of content, between whatever stands around them."""
    around = st.sampled_from(
        [b"<td>", b'"', b"{", b'"name": "', b"&x=", b",", b"\r\n--b1\r\n", b" ", b"=",
         b"<a title='", b"'>", b"<!--", b"-->", b"\r\n\r\n", b"%20", b"5|", b"["]
    )  # fmt: skip
    pieces = data.draw(st.lists(around | st.sampled_from(SECRETS), max_size=12))
    message = answer(kind, b" ".join(pieces))

    hidden = redact_message(HIDE, message, is_request=False)

    assert len(hidden) == len(message)
    head = message.index(b"\r\n\r\n") + 4
    assert hidden[:head] == message[:head]
    for secret in SECRETS:
        assert secret not in hidden


def test_content_in_chunks_is_read_through_them() -> None:
    """A word split between chunks has its stand-in; sizes and trailers stay."""
    message = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: text/html\r\n\r\n"
        b"5;x=y\r\n<b>Ja\r\n8\r\nnsen</b>\r\n0\r\nX-Sum: 9a8b\r\n\r\n"
    )

    hidden = redact_message(HIDE, message, is_request=False)

    assert len(hidden) == len(message)
    name = HIDE.text(b"Jansen")
    assert b"5;x=y\r\n<b>" + name[:2] + b"\r\n8\r\n" + name[
        2:
    ] + b"</b>\r\n0\r\nX-Sum:" in (hidden)
    assert b"9a8b" not in hidden


@pytest.mark.parametrize("chunked", [False, True])
def test_content_under_a_coding_is_looked_into(*, chunked: bool) -> None:
    """It keeps its length and its framing, and reads as the page redacted."""
    page = b"<table>" + b"<tr><td>Jansen<td>Canary4711x</tr>\n" * 40
    packed = gzip.compress(page)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
    if chunked:
        pieces = (packed[:30], packed[30:])
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
        message = head + b"Transfer-Encoding: chunked\r\n\r\n" + body
    else:
        message = head + b"Content-Length: %d\r\n\r\n" % len(packed) + packed

    hidden = redact_message(HIDE, message, is_request=False)

    said, _, rest = hidden.partition(b"\r\n\r\n")
    if chunked:
        assert rest[:4] == b"1e\r\n"
        rest = rest[4:34] + rest[34:].split(b"\r\n", 2)[2][: len(packed) - 30]
    coding = said.split(b"Content-Encoding: ")[1].split(b"\r\n")[0]
    read = decode_content(Message(headers=[(b"content-encoding", coding)], body=rest))
    assert len(hidden) == len(message)
    assert read.data == markup(HIDE, page)


def test_what_cannot_be_looked_into_becomes_filler() -> None:
    """As long as it was."""
    zipped = gzip.compress(b"Jansen")[:-9]
    wide = "Jansen woont hier".encode("utf-16")
    delta = b"5|updatePanel|p|Jansen|"

    for message in (
        answer(b"text/html", zipped, b"Content-Encoding: gzip"),
        answer(b"text/html", wide),
        answer(b"text/plain", delta),
        answer(b"application/pdf", b"%PDF Jansen"),
    ):
        hidden = redact_message(HIDE, message, is_request=False)
        body = message.index(b"\r\n\r\n") + 4
        assert hidden == message[:body] + bytes(len(message) - body)


def test_interim_responses_are_heads_before_the_answer() -> None:
    """Each keeps its line."""
    message = b"HTTP/1.1 100 Continue\r\nX-A: Jansen\r\n\r\n" + answer(
        b"text/plain", b"Jansen"
    )

    hidden = redact_message(HIDE, message, is_request=False)

    assert hidden.startswith(b"HTTP/1.1 100 Continue\r\nX-A: ")
    assert b"HTTP/1.1 200 OK" in hidden
    assert b"Jansen" not in hidden


def test_parts_of_a_form_keep_their_names() -> None:
    """A password among them keeps its length."""
    body = (
        b'--b1\r\nContent-Disposition: form-data; name="user"\r\n\r\njansen\r\n'
        b'--b1\r\nContent-Disposition: form-data; name="password"\r\n\r\n'
        b"zomer!1\r\n--b1--"
    )
    message = answer(b"multipart/form-data; boundary=b1", body)

    hidden = redact_message(HIDE, message, is_request=False)

    assert b'name="user"\r\n\r\n' + HIDE.text(b"jansen") + b"\r\n--b1" in hidden
    assert (
        b'name="password"\r\n\r\n' + HIDE.secret(b"zomer!1") + b"\r\n--b1--" in hidden
    )


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_keep_their_length(data: bytes, is_request: bool) -> None:
    """Messages that are none, too."""
    assert len(redact_message(HIDE, data, is_request=is_request)) == len(data)
