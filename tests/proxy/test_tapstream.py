"""The framing of the tap stream."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.tapstream import (
    HEADER,
    MAX_PAYLOAD,
    Frame,
    FrameDecoder,
    Kind,
    StreamBroken,
    pack,
    pack_committed,
    pack_forget,
)

_u64 = st.integers(0, 2**64 - 1)
_frames = st.lists(
    st.builds(
        Frame,
        st.integers(0, 255),
        _u64,
        _u64,
        _u64,
        st.binary(max_size=200),
    ),
    max_size=8,
)


def _encode(frame: Frame) -> bytes:
    header = HEADER.pack(
        len(frame.payload), frame.kind, frame.connection, frame.offset, frame.time_ns
    )
    return header + frame.payload


@given(_frames, st.lists(st.integers(0, 2000), max_size=12))
def test_any_split_of_the_bytes_gives_the_same_frames(
    frames: list[Frame], cuts: list[int]
) -> None:
    """A socket cuts where it likes; the decoder must not care."""
    stream = b"".join(map(_encode, frames))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    decoder = FrameDecoder()

    decoded = [
        frame
        for start, end in itertools.pairwise(edges)
        for frame in decoder.feed(stream[start:end])
    ]

    assert frames == decoded
    assert decoder.pending == 0


@given(_frames)
def test_byte_by_byte_gives_the_same_frames(frames: list[Frame]) -> None:
    """The smallest pieces there are."""
    stream = b"".join(map(_encode, frames))
    decoder = FrameDecoder()

    decoded = [f for byte in stream for f in decoder.feed(bytes([byte]))]

    assert frames == decoded


@given(_frames, st.integers(1, 40))
def test_torn_tail_waits_and_is_counted(frames: list[Frame], tail: int) -> None:
    """An incomplete frame is neither dropped nor invented."""
    torn = pack(Kind.DATA_UP, 1, 0, 0, b"12345678")[:tail]
    decoder = FrameDecoder()

    decoded = decoder.feed(b"".join(map(_encode, frames)) + torn)

    assert [*frames, *FrameDecoder().feed(torn)] == decoded
    assert (0 if tail >= 40 else tail) == decoder.pending


def test_impossible_length_ends_the_stream_after_the_good_frames() -> None:
    """A stream that lost its framing is noticed at the first header."""
    good = pack(Kind.DATA_UP, 7, 3, 9, b"abc")
    bad = HEADER.pack(MAX_PAYLOAD + 1, Kind.DATA_UP, 7, 6, 9)

    with pytest.raises(StreamBroken) as caught:
        FrameDecoder().feed(good + bad)

    assert [Frame(Kind.DATA_UP, 7, 3, 9, b"abc")] == caught.value.frames


def test_largest_payload_passes() -> None:
    """The bound itself is allowed."""
    payload = bytes(MAX_PAYLOAD)

    (frame,) = FrameDecoder().feed(pack(Kind.DATA_DOWN, 1, 0, 0, payload))

    assert payload == frame.payload


def test_committed_and_forget_carry_both_offsets() -> None:
    """Up in the header, down in the first 8 bytes of the payload."""
    committed, forget = FrameDecoder().feed(
        pack_committed(5, 10, 20) + pack_forget(6, 30, 40, "opaque:upgrade")
    )

    assert (
        committed.connection,
        committed.offset,
        int.from_bytes(committed.payload, "little"),
    ) == (5, 10, 20)
    assert (
        forget.connection,
        forget.offset,
        int.from_bytes(forget.payload[:8], "little"),
        forget.payload[8:],
    ) == (6, 30, 40, b"opaque:upgrade")
