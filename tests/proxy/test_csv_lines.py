"""Lines of CSV however they were made, mistakes counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.csv_lines import MOST_MISTAKES, FileRefused, Mistakes, lines


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_cells_are_read_however_the_file_was_made(
    mark: str, separator: str, end: str
) -> None:
    """Trimmed, numbered as an editor numbers them, empty lines left out."""
    text = mark + end.join([separator.join(["a", " b "]), "", separator.join("cd")])

    assert list(lines(text.encode())) == [(1, ["a", "b"]), (3, ["c", "d"])]


def test_mistakes_are_told_first_ones_first_and_all_are_counted() -> None:
    """None is none; many are bounded."""
    mistakes = Mistakes()
    mistakes.refuse()
    for line in range(1_000):
        mistakes.add(line, "wrong")

    with pytest.raises(FileRefused) as refused:
        mistakes.refuse()

    assert refused.value.count == 1_000
    assert [each.line for each in refused.value.mistakes] == list(range(MOST_MISTAKES))


@given(st.binary(max_size=200))
def test_any_bytes_are_cells_or_words(data: bytes) -> None:
    """It never raises, and what it could not read is its last line."""
    found = list(lines(data))

    assert all(isinstance(cells, list) for _, cells in found[:-1])
