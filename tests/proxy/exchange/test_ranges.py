"""Which bytes of a document a message carries."""

from __future__ import annotations

import pytest

from proxy.exchange.ranges import ContentRange, content_range


@pytest.mark.parametrize(
    ("value", "expected", "whole", "to_end"),
    [
        (b"bytes 0-99/100", ContentRange(0, 99, 100), True, True),
        (b"bytes 0-98/100", ContentRange(0, 98, 100), False, False),
        (b" bytes 50-99/100 ", ContentRange(50, 99, 100), False, True),
        (b"bytes 0-99/*", ContentRange(0, 99, None), False, False),
    ],
)
def test_a_range_says_what_is_missing(
    value: bytes, expected: ContentRange, *, whole: bool, to_end: bool
) -> None:
    """Before it and behind it."""
    found = content_range(value)

    assert found == expected
    assert (found.whole, found.to_end) == (whole, to_end)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"bytes */100",
        b"bytes 5-4/9",
        b"bytes 0-9/9",
        b"items 0-1/2",
        b"bytes 0-" + b"9" * 30 + b"/*",
    ],
)
def test_what_is_no_range_counts_for_none(value: bytes | None) -> None:
    """Of units nobody knows, or against itself."""
    assert content_range(value) is None
