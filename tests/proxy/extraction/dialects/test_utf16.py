"""Lengths in UTF-16 units."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.dialects.utf16 import after_units
from tests.support.dialects import units

TEXTS = st.text(st.sampled_from("aë😀|"), max_size=20)


@given(TEXTS, TEXTS, TEXTS)
def test_as_many_units_as_a_text_has_end_behind_it(
    before: str, text: str, after: str
) -> None:
    """Wherever it stands, whatever follows."""
    found = after_units(before + text + after, len(before), units(text))

    assert found == len(before) + len(text)


@given(TEXTS, st.integers(1, 10**8))
def test_more_units_than_there_are_end_beyond_the_text(text: str, more: int) -> None:
    """So that a cut is seen."""
    assert after_units(text, 0, units(text) + more) > len(text)


def test_half_a_character_counts_whole() -> None:
    """Lengths that cut one are wrong anyway, and do no harm."""
    assert after_units("😀😀", 0, 3) == 2
