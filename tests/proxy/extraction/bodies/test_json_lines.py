"""JSON lines: every line a document."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.bodies import json_lines
from proxy.extraction.bodies.json_lines import LineReader


def rows(
    text: str, size: int = 1 << 20, most: int = 100
) -> tuple[list[Any], list[str]]:
    """Rows and flaws of a text in pieces."""
    reader = LineReader(lambda document: [document], most)
    found: list[Any] = []
    for at in range(0, len(text), size):
        found += reader.feed(text[at : at + size])
    return found + reader.finish(), reader.flaws


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1}\n{"id": 2}\n',
        '\ufeff{"id": 1}\r\n\r\n{"id": 2}',
        '\x1e{"id": 1}\n\x1e{"id": 2}\n',
    ],
)
def test_lines_are_read_however_they_end(text: str, size: int) -> None:
    """Also with byte order mark, blank lines and record separators."""
    assert rows(text, size) == ([{"id": 1}, {"id": 2}], [])


def test_a_line_that_cannot_be_read_is_a_row_without_an_id() -> None:
    """So that its exchange is partial."""
    assert rows('{"id": 1}\n{"id": \n{"id": 3}\n')[0] == [{"id": 1}, {}, {"id": 3}]


def test_of_a_text_that_is_not_whole_half_a_line_does_not_count() -> None:
    """12 of 12345 is another client."""
    reader = LineReader(lambda document: [document], 100)

    found = reader.feed('{"id": 1}\n12')

    assert found + reader.finish(whole=False) == [{"id": 1}]


def test_rows_stop_one_above_the_limit() -> None:
    """Shrunk to two."""
    assert len(rows("1\n2\n3\n4\n", most=2)[0]) == 3


def test_a_line_beyond_all_measure_ends_the_reading() -> None:
    """50 MB without a line end cost a few."""
    found, flaws = rows('{"id": 1}\n"' + "x" * (json_lines.MOST_HELD + 100_000))

    assert (found, flaws) == ([{"id": 1}], ["long_line"])


def test_blank_lines_have_an_end() -> None:
    """The limit on rows shrunk to one: ten lines for each."""
    assert rows("\n" * 1000, most=1) == ([], ["too_many_lines"])


@given(text=st.text('{}":,12\n ', max_size=60), size=st.integers(1, 10))
def test_any_split_gives_the_same_rows(text: str, size: int) -> None:
    """Also of what is no JSON."""
    assert rows(text, size) == rows(text)
