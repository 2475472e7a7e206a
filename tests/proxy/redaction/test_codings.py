"""What stands under a content coding is redacted, and as long as it was."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from random import Random

import brotli
import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proxy.exchange.body import decode_content
from proxy.exchange.limits import Limits
from proxy.exchange.model import Message
from proxy.exchange.stepwise import StepwiseContent
from proxy.redaction.codings import recoded

_RANDOM = Random(1)
NAMES = [bytes(_RANDOM.choices(b"aeinrstlkmdv", k=7)) for _ in range(60)]
PAGE = b"<table>" + b"".join(
    b'<tr data-id="%d"><td class="name">%s, Jansen</td>\n<td>%s'
    % (
        _RANDOM.randrange(900_000, 950_000),
        _RANDOM.choice(NAMES),
        _RANDOM.choice(NAMES),
    )
    for n in range(200)
)
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 6),
    "x-gzip": lambda data: gzip.compress(data, 1),
    "deflate": lambda data: zlib.compress(data, 6),
    "br": lambda data: brotli.compress(data, quality=4),
    "zstd": lambda data: zstandard.ZstdCompressor(level=3).compress(data),
}


def head(coding: str) -> bytes:
    """Of a response."""
    return f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nX: y\r\n\r\n".encode()


def read(said: bytes, data: bytes) -> bytes:
    """The content as the recorder reads it: at once, and while it passes."""
    value = said.split(b"Content-Encoding: ")[1].split(b"\r\n")[0]
    message = Message(headers=[(b"content-encoding", value)], body=data)
    plain = decode_content(message, Limits())
    assert not plain.reason
    stepwise = StepwiseContent(message, Limits())
    pieces = [p for n in range(len(data)) for p in stepwise.feed(data[n : n + 1])]
    pieces += stepwise.finish()
    assert b"".join(pieces) == plain.data
    assert not stepwise.flaw
    return plain.data


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("shorter", [0, 1, 2, 3, 4, 200, 300, 5000])
def test_content_is_redacted_and_keeps_its_length(coding: str, shorter: int) -> None:
    """Whatever is left over is filled up; the head says what it is now."""
    data = CODINGS[coding](PAGE)
    hidden = PAGE[: len(PAGE) - shorter].replace(b"Jansen", b"Qwerty")

    found = recoded(head(coding), data, lambda _: hidden)

    assert found is not None
    assert (len(found.head), len(found.data)) == (len(head(coding)), len(data))
    assert read(found.head, found.data) == hidden


@settings(deadline=None)
@given(st.integers(0, 70_000))
@example(65_520)
@example(240)
def test_any_length_is_filled_up(size: int) -> None:
    """To the byte."""
    big = zstandard.ZstdCompressor(write_content_size=False).compress(b"x")
    data = big + _empty_frames(size)

    filled = recoded(head("zstd"), data, lambda text: text)

    assert filled is not None
    assert len(filled.data) == len(data)
    message = Message(headers=[(b"content-encoding", b"br")], body=filled.data)
    assert decode_content(message).data == b"x"


def _empty_frames(size: int) -> bytes:
    """A skippable frame of zstd: it says nothing, in so many bytes."""
    return b"\x50\x2a\x4d\x18" + size.to_bytes(4, "little") + bytes(size)


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gzip.compress(PAGE)[:-20]),
        ("gzip", b"no gzip at all"),
        ("compress", b"whatever"),
        ("gzip, br", brotli.compress(PAGE)),
        ("gzip\r\nContent-Encoding: gzip", gzip.compress(gzip.compress(PAGE))),
    ],
)
def test_what_cannot_be_undone_is_not_kept(coding: str, data: bytes) -> None:
    """It would be kept as it was."""
    assert recoded(head(coding), data, lambda text: text) is None


def test_what_does_not_fit_is_not_kept() -> None:
    """Random words take more room than those of a language."""
    data = brotli.compress(b"a" * 5000)
    random = zlib.compress(PAGE, 9) * 3

    assert recoded(head("br"), data, lambda _: random) is None
