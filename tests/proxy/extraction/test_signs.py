"""Signs of personal data are found wherever they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.signs import passes_eleven_test, sign_of_personal_data


@pytest.mark.parametrize("digits", [b"111222333", b"123456782", b"12345672"])
def test_a_valid_number_passes(digits: bytes) -> None:
    """Eight digits had a leading zero."""
    assert passes_eleven_test(digits)


@pytest.mark.parametrize(
    "digits", [b"111222334", b"000000000", b"1112223330", b"1112223", b"11122233x"]
)
def test_an_invalid_number_does_not(digits: bytes) -> None:
    """Nor what has another length."""
    assert not passes_eleven_test(digits)


@pytest.mark.parametrize(
    "text", ["111222333", "x111222333y", "1112.22.333", "111.222.333.", "é111222333é"]
)
def test_a_number_is_found_as_people_write_it(text: str) -> None:
    """With dots, and next to anything."""
    assert sign_of_personal_data(text) == "bsn"


@pytest.mark.parametrize("text", ["1111222333", "111-222-333", "1.1.1.2.2.2.3.3.3", ""])
def test_other_digits_are_no_sign(text: str) -> None:
    """A part of a longer number is another number."""
    assert sign_of_personal_data(text) == ""


@given(st.integers(0, 200_000), st.sampled_from(["é", "x", " "]))
def test_a_number_is_found_at_any_place(before: int, filler: str) -> None:
    """Also across the pieces the text is read in."""
    assert sign_of_personal_data(filler * before + "111222333" + filler * 99) == "bsn"


def test_the_number_of_tests_is_bounded() -> None:
    """Shrunk: after two that fail, the third is not looked at."""
    text = "111222334 111222334 111222333"

    assert sign_of_personal_data(text, most=3) == "bsn"
    assert sign_of_personal_data(text, most=2) == ""
