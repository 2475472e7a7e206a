"""Content codings, both ways, within bounds."""

from __future__ import annotations

import gzip
import zlib
from importlib import import_module
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from proxy.store.embedded.codec import ENCODERS, choose, decode
from proxy.store.embedded.errors import QueryFailed

lz4_frame: Any = import_module("lz4.frame")

FOREIGN = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.compress,
    "lz4": lz4_frame.compress,
    "br": brotli.compress,
}


@pytest.mark.parametrize("coding", sorted(FOREIGN))
def test_what_others_encoded_is_decoded(coding: str) -> None:
    """Each coding a client may send an insert in."""
    body = b"INSERT " + bytes(range(256)) * 1000

    assert decode(FOREIGN[coding](body), coding, len(body)) == body


@pytest.mark.parametrize("coding", sorted(ENCODERS))
@given(pieces=st.lists(st.binary(max_size=300), max_size=5))
def test_pieces_encoded_here_decode_to_their_sum(
    coding: str, pieces: list[bytes]
) -> None:
    """However a result was cut."""
    encoder = ENCODERS[coding]()

    coded = b"".join(encoder.compress(piece) for piece in pieces) + encoder.flush()

    assert decode(coded, coding, 10_000) == b"".join(pieces)


@pytest.mark.parametrize("coding", sorted(FOREIGN))
def test_a_body_that_grows_beyond_the_limit_is_refused(coding: str) -> None:
    """A few kilobytes must not become gigabytes."""
    bomb = FOREIGN[coding](bytes(3_000_000))

    with pytest.raises(QueryFailed) as failed:
        decode(bomb, coding, 1_000_000)

    assert failed.value.code == 229


@pytest.mark.parametrize("coding", sorted(FOREIGN))
def test_a_cut_or_foreign_body_is_an_error_not_half_an_insert(coding: str) -> None:
    """Half a batch would be a batch."""
    whole = FOREIGN[coding](bytes(range(256)) * 100)

    for broken in (whole[:-5], whole[: len(whole) // 2], b"INSERT INTO t VALUES (1)"):
        with pytest.raises(QueryFailed) as failed:
            decode(broken, coding, 1_000_000)
        assert failed.value.code == 271


@pytest.mark.parametrize("coding", ["zstd", "lz4", "gzip"])
def test_frames_that_follow_one_another_are_one_body(coding: str) -> None:
    """Clients flush a frame per block."""
    parts = [FOREIGN[coding](bytes([n]) * 1000) for n in range(5)]

    decoded = decode(b"".join(parts), coding, 1_000_000)

    assert decoded == b"".join(bytes([n]) * 1000 for n in range(5))


def test_an_unknown_coding_is_named_and_refused() -> None:
    """It cannot be guessed."""
    with pytest.raises(QueryFailed) as failed:
        decode(b"x", "snappy", 10)

    assert "snappy" in failed.value.message


def test_the_first_known_coding_of_the_client_is_chosen() -> None:
    """In his order; one he refused is not taken."""
    assert choose("br, zstd;q=0, gzip") == "gzip"
    assert choose("lz4,zstd") == "lz4"
    assert choose("") is None
    assert choose("identity") is None
