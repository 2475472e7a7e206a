"""Header sections: what is remembered of them, and what never is."""

from __future__ import annotations

from proxy.exchange.fields import _REMEMBERED, Fields, _remembered, parse_fields


def test_lines_that_come_again_read_alike() -> None:
    """The memory of lines is a short way, not another reading."""
    block = [b"GET / HTTP/1.1", b"Accept:  text/html ", b"Connection: keep-alive"]
    block += [b"accept: */*", b"User-Agent: x\xff"]

    first, again = parse_fields(block), parse_fields(block)

    assert isinstance(first, Fields)
    assert isinstance(again, Fields)
    assert first.headers == again.headers
    assert again.headers == [
        (b"accept", b"text/html"),
        (b"connection", b"keep-alive"),
        (b"accept", b"*/*"),
        (b"user-agent", b"x\xff"),
    ]


def test_a_fold_does_not_change_what_is_remembered() -> None:
    """The value it continues belongs to that message alone."""
    folded = parse_fields([b"", b"Accept: a", b" b"])
    plain = parse_fields([b"", b"Accept: a"])

    assert isinstance(folded, Fields)
    assert isinstance(plain, Fields)
    assert folded.headers == [(b"accept", b"a b")]
    assert plain.headers == [(b"accept", b"a")]


def test_secrets_framing_and_long_lines_are_not_remembered() -> None:
    """Cookies and credentials stay with their message."""
    _remembered.clear()
    names = b"Cookie Set-Cookie Authorization Proxy-Authorization Referer Location"
    lines = [b"", *(name + b": s3cret" for name in names.split())]
    lines += [b"Accept: " + b"x" * 300, b"Content-Length: 7", b"X-Unknown: s3cret"]

    parse_fields(lines)

    assert _remembered == {}


def test_memory_of_lines_is_bounded() -> None:
    """A client that never repeats itself costs speed, not memory."""
    _remembered.clear()
    for number in range(2 * _REMEMBERED + 5):
        parse_fields([b"", b"Accept: %d" % number])

    assert len(_remembered) == 5
