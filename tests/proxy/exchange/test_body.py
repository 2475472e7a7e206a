"""Content codings are undone as far as possible and never beyond the bound."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.exchange.body import decode_content
from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Response

PAGE = b"<html>Cli\xc3\xabnt 123</html>" * 50


def raw_deflate(data: bytes) -> bytes:
    """Deflate without the zlib wrapper, as IIS sends it."""
    encoder = zlib.compressobj(wbits=-15)
    return encoder.compress(data) + encoder.flush()


ENCODERS = {
    b"gzip": gzip.compress,
    b"x-gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": brotli.compress,
    b"zstd": zstandard.ZstdCompressor().compress,
}


def response(
    body: bytes, *codings: bytes, state: BodyState = BodyState.COMPLETE
) -> Response:
    """A response with one Content-Encoding header per coding."""
    headers = [(b"content-encoding", coding) for coding in codings]
    return Response(headers, body, state)


@pytest.mark.parametrize("coding", ENCODERS)
def test_every_coding_is_undone(coding: bytes) -> None:
    """What was encoded comes back."""
    decoded = decode_content(response(ENCODERS[coding](PAGE), coding.upper()))

    assert decoded == (PAGE, BodyState.COMPLETE, "")


def test_raw_deflate_is_undone_as_well() -> None:
    """Servers send either under the same name."""
    assert decode_content(response(raw_deflate(PAGE), b"deflate")).data == PAGE


def test_members_of_gzip_are_joined_and_padding_is_ignored() -> None:
    """A stream of several members, with zeros behind the last."""
    body = gzip.compress(PAGE) + gzip.compress(b"more") + bytes(8)

    decoded = decode_content(response(body, b"gzip"))

    assert decoded == (PAGE + b"more", BodyState.COMPLETE, "")


def test_members_of_zstd_are_joined() -> None:
    """Frames one after the other."""
    encode = zstandard.ZstdCompressor().compress

    assert decode_content(response(encode(b"a") + encode(b"b"), b"zstd")).data == b"ab"


def test_codings_are_undone_in_reverse_order() -> None:
    """In one header or in two, with one that means nothing between them."""
    body = zlib.compress(gzip.compress(PAGE))

    assert decode_content(response(body, b"gzip, identity, deflate")).data == PAGE
    assert decode_content(response(body, b"gzip", b"deflate")).data == PAGE


@pytest.mark.parametrize("coding", [b"", b"identity", b"none", b"utf-8"])
def test_what_is_no_coding_is_left_alone(coding: bytes) -> None:
    """Applications write their charset here; browsers do not mind."""
    assert decode_content(response(PAGE, coding)) == (PAGE, BodyState.COMPLETE, "")


def test_without_coding_or_content_nothing_is_done() -> None:
    """The body itself; the empty answer to HEAD says gzip."""
    assert decode_content(response(PAGE)).data is PAGE
    assert decode_content(response(b"", b"gzip")) == (b"", BodyState.COMPLETE, "")
    empty = response(gzip.compress(b""), b"deflate, gzip")
    assert decode_content(empty) == (b"", BodyState.COMPLETE, "")


def test_an_unknown_coding_leaves_the_bytes() -> None:
    """Said, and shown as browsers show it."""
    decoded = decode_content(response(PAGE, b"sdch"))

    assert decoded == (PAGE, BodyState.UNDECODABLE, "unknown_coding")


def test_too_many_codings_are_not_undone() -> None:
    """A bound on work, not on what is sensible."""
    body = gzip.compress(gzip.compress(PAGE))

    decoded = decode_content(response(body, b"gzip, gzip"), Limits(codings=1))

    assert decoded == (body, BodyState.UNDECODABLE, "too_many_codings")


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_bomb_is_stopped_at_the_bound(coding: bytes) -> None:
    """Fifty mebibytes in a few kilobytes: the first 1000 bytes are kept."""
    bomb = ENCODERS[coding](bytes(50 << 20))

    decoded = decode_content(response(bomb, coding), Limits(decoded=1000))

    assert decoded == (bytes(1000), BodyState.TRUNCATED, "")


@pytest.mark.parametrize("coding", ENCODERS)
def test_exactly_the_bound_is_complete(coding: bytes) -> None:
    """The bound is what is allowed."""
    decoded = decode_content(
        response(ENCODERS[coding](PAGE), coding), Limits(decoded=len(PAGE))
    )

    assert decoded == (PAGE, BodyState.COMPLETE, "")


def test_members_share_the_bound() -> None:
    """Many small bombs are one."""
    members = gzip.compress(b"abcd") * 3

    decoded = decode_content(response(members, b"gzip"), Limits(decoded=8))

    assert decoded == (b"abcdabcd", BodyState.TRUNCATED, "")


def test_members_without_end_are_bounded() -> None:
    """Empty members cost time, not output."""
    decoded = decode_content(response(gzip.compress(b"a") * 1000, b"gzip"))

    assert decoded == (b"a" * 64, BodyState.TRUNCATED, "")


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br"])
def test_a_cut_stream_gives_its_beginning(coding: bytes) -> None:
    """Undecodable when the message was whole; cut when the message was."""
    # Bytes that do not compress, so that half of them come out of half of it.
    noise = bytes(i * i * 7919 >> 5 & 255 for i in range(20000))
    body = ENCODERS[coding](noise)
    half = body[: len(body) // 2]

    whole = decode_content(response(half, coding))
    cut = decode_content(response(half, coding, state=BodyState.CUT))

    assert whole.state is BodyState.UNDECODABLE
    assert whole.reason == "cut_coding"
    assert noise.startswith(whole.data)
    assert cut == (whole.data, BodyState.CUT, "")
    if coding != b"br":
        assert len(whole.data) > 1000


def test_a_broken_stream_gives_what_came_before_the_fault() -> None:
    """A wrong byte in the middle of a page."""
    body = bytearray(
        zlib.compress(bytes(i * i * 7919 >> 5 & 255 for i in range(20000)))
    )
    body[-4:] = b"\0\0\0\0"

    decoded = decode_content(response(bytes(body), b"deflate"))

    assert decoded.state is BodyState.UNDECODABLE
    assert decoded.reason == "broken_coding"
    assert len(decoded.data) > 1000


def test_a_broken_stream_is_bounded_as_well() -> None:
    """The slow way around a fault stops at the bound too."""
    body = zlib.compress(bytes(100_000))[:-4] + b"\0\0\0\0"

    decoded = decode_content(response(body, b"deflate"), Limits(decoded=200_000))
    bounded = decode_content(response(body, b"deflate"), Limits(decoded=100))

    assert decoded.state is BodyState.UNDECODABLE
    assert bounded == (bytes(100), BodyState.TRUNCATED, "")


@pytest.mark.parametrize("coding", ENCODERS)
def test_what_is_not_encoded_at_all_is_undecodable(coding: bytes) -> None:
    """A header that lies."""
    decoded = decode_content(response(b"\xff<html>plain</html>", coding))

    assert decoded.state is BodyState.UNDECODABLE
    assert decoded.reason == "broken_coding"


def test_a_broken_stream_behind_a_bound_output_is_truncated() -> None:
    """The slow way meets the bound before the fault."""
    noise = bytes(i * i * 7919 >> 5 & 255 for i in range(20000))
    body = zlib.compress(noise)[:-4] + b"\0\0\0\0"

    decoded = decode_content(response(body, b"deflate"), Limits(decoded=len(noise)))

    assert decoded.state is BodyState.UNDECODABLE


@pytest.mark.parametrize("state", [BodyState.TRUNCATED, BodyState.CUT])
def test_the_state_of_the_message_stays(state: BodyState) -> None:
    """Half a gzip stream of a truncated message is truncated, not broken."""
    body = gzip.compress(PAGE)

    assert decode_content(response(body[:-9], b"gzip", state=state)).state is state
    bounded = decode_content(response(body, b"gzip", state=state), Limits(decoded=9))
    assert bounded.state is state


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(sorted(ENCODERS)), st.data())
def test_damaged_content_never_raises(
    body: bytes, coding: bytes, data: st.DataObject
) -> None:
    """Any bytes, and any damage to encoded ones."""
    encoded = bytearray(ENCODERS[coding](body))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] = data.draw(st.integers(0, 255))

    for content in (body, bytes(encoded)):
        decoded = decode_content(response(content, coding), Limits(decoded=100))
        assert len(decoded.data) <= 200
