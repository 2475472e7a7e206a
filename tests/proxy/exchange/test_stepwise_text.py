"""Text is decoded while it passes, as it would be at once."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.charset import decode_text
from proxy.exchange.stepwise_text import StepwiseText

ENCODED = [
    (b"text/csv; charset=utf-8", "Zoë €\n".encode()),
    (b"text/csv; charset=iso-8859-1", "Zoë €\n".encode("cp1252")),
    (b"text/csv", "Zoë €\n".encode()),
    (b"text/csv", "Zoë €\n".encode("cp1252")),
    (b"text/csv", codecs.BOM_UTF8 + "Zoë\n".encode()),
    (b"text/csv", codecs.BOM_UTF16_LE + "Zoë €\n".encode("utf-16-le")),
    (b"text/csv; charset=utf-16be", "Zoë €\n".encode("utf-16-be")),
    (b"text/csv; charset=shift_jis", "山田;1\n".encode("cp932")),
    (b"text/csv", b"plain\n"),
    (b"application/x-ndjson", b'{"a": "\xff"}\n'),
]


def in_pieces(data: bytes, content_type: bytes, size: int) -> str:
    """The text of it."""
    reader = StepwiseText(content_type)
    text = "".join(
        reader.feed(data[at : at + size]) for at in range(0, len(data), size)
    )
    return text + reader.feed(b"", last=True)


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
@pytest.mark.parametrize(("content_type", "sample"), ENCODED)
def test_any_split_gives_the_text_that_decoding_at_once_does(
    content_type: bytes, sample: bytes, size: int
) -> None:
    """Longer than where a charset is looked for."""
    data = sample * 1000

    assert in_pieces(data, content_type, size) == decode_text(data, content_type)


@given(data=st.binary(max_size=200), size=st.integers(1, 50))
def test_whatever_comes_is_decoded_without_a_fault(data: bytes, size: int) -> None:
    """And the split makes no difference, also of what is no text."""
    for content_type in (b"text/csv", b"text/csv; charset=utf-16", b""):
        once = in_pieces(data, content_type, 1 << 20)

        assert in_pieces(data, content_type, size) == once


def test_text_that_stops_being_utf_8_goes_on_in_the_default() -> None:
    """From the first byte that is not: nobody can wait for the end of an export."""
    data = b"x" * 5000 + "é".encode() + b"\xe9!"

    assert in_pieces(data, b"text/csv", 100) == "x" * 5000 + "éé!"
