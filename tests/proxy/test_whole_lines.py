"""Pieces of whole lines, however the bytes come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.whole_lines import blocks


@given(
    st.lists(st.binary(max_size=5).map(lambda b: b.replace(b"\n", b"")), min_size=1),
    st.integers(1, 20),
)
def test_blocks_are_whole_lines_and_lose_nothing(
    pieces: list[bytes], size: int
) -> None:
    """However the chunks fall, byte by byte included."""
    data = b"\n".join(pieces) + b"\n"

    for chunk in (1, 3, len(data)):
        chunks = (data[at : at + chunk] for at in range(0, len(data), chunk))
        found = list(blocks(chunks, size))

        assert b"".join(found) == data
        assert all(each.endswith(b"\n") for each in found)


@given(st.lists(st.binary(max_size=20)), st.integers(1, 30))
def test_pieces_end_with_a_line(chunks: list[bytes], size: int) -> None:
    """And are the same bytes, however they came."""
    found = list(blocks(iter(chunks), size))

    assert b"".join(found) == b"".join(chunks)
    assert all(piece.endswith(b"\n") for piece in found[:-1])
