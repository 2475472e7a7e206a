"""Codings are undone while the content passes, within bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.body import decode_content
from proxy.exchange.limits import MIB, Limits
from proxy.exchange.model import BodyState, Response
from proxy.exchange.stepwise import StepwiseContent

TEXT = b"".join(b"%d;Jansen %d;Utrecht\n" % (n, n * n) for n in range(3_000))


def raw_deflate(data: bytes) -> bytes:
    """Without the wrapper."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def members(data: bytes) -> bytes:
    """Two gzip members."""
    return gzip.compress(data[:1000]) + gzip.compress(data[1000:])


CODED: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "plain": (b"", bytes),
    "gzip": (b"gzip", gzip.compress),
    "two members": (b"gzip", members),
    "zlib": (b"deflate", zlib.compress),
    "raw deflate": (b"deflate", raw_deflate),
    "brotli": (b"br", brotli.compress),
    "zstd": (b"zstd", zstandard.ZstdCompressor().compress),
    "both": (b"gzip, br", lambda data: brotli.compress(gzip.compress(data))),
}


def content(coding: bytes, limits: Limits | None = None) -> StepwiseContent:
    """What undoes this coding."""
    response = Response(headers=[(b"content-encoding", coding)])
    return StepwiseContent(response, limits or Limits())


def fed(reader: StepwiseContent, data: bytes, size: int) -> bytes:
    """All that comes out, the data in pieces."""
    pieces = [
        piece
        for at in range(0, len(data), size)
        for piece in reader.feed(data[at : at + size])
    ]
    return b"".join([*pieces, *reader.finish()])


@pytest.mark.parametrize("name", CODED)
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
def test_any_split_of_any_coding_gives_the_content(name: str, size: int) -> None:
    """Byte by byte, and at once."""
    coding, encode = CODED[name]
    reader = content(coding)

    assert fed(reader, encode(TEXT), size) == TEXT
    assert reader.flaw == ""


@pytest.mark.parametrize("name", ["gzip", "zlib", "raw deflate", "brotli"])
def test_a_content_that_ends_too_early_gives_what_came_and_says_so(name: str) -> None:
    """As a browser would show it."""
    coding, encode = CODED[name]
    reader = content(coding)

    out = fed(reader, encode(TEXT)[:-50], 100)

    assert out
    assert TEXT.startswith(out)
    assert reader.flaw == "cut_coding"


@given(
    at=st.integers(20, 1_000),
    size=st.integers(1, 2_000),
    name=st.sampled_from(["gzip", "zlib", "brotli", "zstd"]),
)
def test_a_fault_gives_what_came_before_it_however_it_was_split(
    at: int, size: int, name: str
) -> None:
    """The same bytes; of gzip as many as when all is undone at once, or more."""
    coding, encode = CODED[name]
    data = bytearray(encode(TEXT[:10_000]))
    data[at : at + 8] = b"\xff" * 8
    response = Response(
        headers=[(b"content-encoding", coding)], body=bytes(data[: at + 8])
    )
    whole = content(coding)
    parts = content(coding)

    at_once = fed(whole, response.body, len(data))

    assert fed(parts, response.body, size) == at_once
    assert parts.flaw == whole.flaw
    if whole.flaw and coding in (b"gzip", b"deflate"):
        known = decode_content(response)
        assert known.state is BodyState.UNDECODABLE
        assert at_once.startswith(known.data)


@pytest.mark.parametrize(
    ("coding", "reason"),
    [(b"x-own", "unknown_coding"), (b"gzip," * 5, "too_many_codings")],
)
def test_what_cannot_be_undone_gives_nothing(coding: bytes, reason: str) -> None:
    """With the reason why."""
    reader = content(coding)

    assert fed(reader, b"data", 2) == b""
    assert reader.flaw == reason


@pytest.mark.parametrize("name", ["gzip", "brotli", "zstd"])
def test_a_bomb_is_read_as_far_as_the_bound(name: str) -> None:
    """64 MiB of nothing in a few kilobytes; the bound shrunk to one MiB."""
    coding, encode = CODED[name]
    reader = content(coding, Limits(decoded=MIB, expansion=10))
    bomb = encode(bytes(64 * MIB))

    seen = 0
    for at in range(0, len(bomb), 512):
        for piece in reader.feed(bomb[at : at + 512]):
            seen += len(piece)

    assert reader.flaw == "stream_cap"
    assert seen <= MIB + 10 * len(bomb)


def test_a_stream_has_an_end() -> None:
    """Shrunk to one MiB, of a content without codings."""
    reader = content(b"", Limits(streamed=MIB))

    assert len(fed(reader, bytes(2 * MIB), 1000)) <= MIB
    assert reader.flaw == "stream_cap"
