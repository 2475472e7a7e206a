"""Signs of personal data are found wherever they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.known import KnownIds
from proxy.extraction.signs import (
    Sign,
    passes_eleven_test,
    passes_mod_97,
    sign_of_personal_data,
)


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
    assert sign_of_personal_data(text) is Sign.BSN


@pytest.mark.parametrize("text", ["1111222333", "111-222-333", "1.1.1.2.2.2.3.3.3", ""])
def test_other_digits_are_no_sign(text: str) -> None:
    """A part of a longer number is another number."""
    assert sign_of_personal_data(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "jsessionid=A0F111222333BC00D1E2F3A4",
        "11122237-1234-4abc-8def-0123456789ab",
        "style.css?v=20000108",
    ],
)
def test_digits_in_a_token_or_a_date_are_no_number(text: str) -> None:
    """One in eleven would pass."""
    assert sign_of_personal_data(text) is None
    assert sign_of_personal_data(f"{text} 111222333") is Sign.BSN


def test_a_token_does_not_hide_the_number_it_holds() -> None:
    """Where the same digits stand alone they count."""
    text = "A0F111222333BC00D1E2F3A4 <b>111222333</b>"

    assert sign_of_personal_data(text) is Sign.BSN


@given(st.integers(0, 200_000), st.sampled_from(["é", "/", "x "]))
def test_a_number_is_found_at_any_place(before: int, filler: str) -> None:
    """Also across the pieces the text is read in."""
    text = f"{filler * before} 111222333{filler * 99}"

    assert sign_of_personal_data(text) is Sign.BSN


def test_the_number_of_tests_is_bounded() -> None:
    """Shrunk: after two that fail, the third is not looked at."""
    text = "111222334 111222334 111222333"

    assert sign_of_personal_data(text, most=3) is Sign.BSN
    assert sign_of_personal_data(text, most=2) is None


IBANS = (
    "NL91ABNA0417164300",
    "BE68539007547034",
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "MT84MALT011000012345MTLCAST001S",
    "NO9386011117947",
)
"""The examples of ISO 13616's registry."""


@pytest.mark.parametrize("iban", IBANS)
def test_an_iban_is_found_however_it_is_written(iban: str) -> None:
    """In one piece, in groups of four, between words and numbers."""
    groups = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))

    assert passes_mod_97(iban)
    for text in (
        iban,
        groups,
        groups.replace(" ", "\xa0"),
        f"Rekening {groups} EUR 12.50 ten name van A. Bos",
        f"NL12 en {groups}",
        f"<td>{iban}</td>",
    ):
        assert sign_of_personal_data(text) is Sign.IBAN, text


@given(st.sampled_from(IBANS), st.integers(2, 30), st.integers(1, 9))
def test_an_iban_with_another_digit_is_none(iban: str, at: int, more: int) -> None:
    """Every change of a single digit changes the remainder."""
    digit = iban[at % len(iban)]
    if not digit.isdigit():
        return
    place = at % len(iban)
    changed = str((int(digit) + more) % 10)

    assert not passes_mod_97(iban[:place] + changed + iban[place + 1 :])


@pytest.mark.parametrize(
    "text",
    ["XX91ABNA0417164300", "NL91ABNA041716430", "NL91 ABNA", "aNL91ABNA0417164300"],
)
def test_what_only_looks_like_an_iban_is_no_sign(text: str) -> None:
    """Another country, a piece, or the inside of a longer word."""
    assert sign_of_personal_data(text) is None


@pytest.mark.parametrize(
    "text",
    ["a.bos@example.org", "<A.Bos+x@mail.example.nl>", "mailto:b@x-y.example.eu"],
)
def test_an_address_is_a_sign(text: str) -> None:
    """As people write it."""
    assert sign_of_personal_data(text) is Sign.EMAIL


@pytest.mark.parametrize(
    "text", ["logo@2x.png", "@media print", "a@b", "package@1.2.3", " @example.org"]
)
def test_other_uses_of_the_character_are_no_addresses(text: str) -> None:
    """Pictures, style sheets, versions."""
    assert sign_of_personal_data(text) is None


def test_the_strongest_sign_is_told() -> None:
    """And signs that mean nothing on a page are not looked for."""
    known = KnownIds(lambda kind, identifier: f"{kind} {identifier}".encode())
    known.add([("client", "K-12345", b"client K-12345")])
    page = "111222333 NL91ABNA0417164300 K-12345 a@example.org"
    despite: set[Sign] = set()

    for sign in Sign:
        found = sign_of_personal_data(page, known, despite=frozenset(despite))
        assert found is sign
        despite.add(sign)
    assert sign_of_personal_data(page, known, despite=frozenset(despite)) is None


@given(st.text(max_size=400))
def test_no_text_breaks_the_search(text: str) -> None:
    """Whatever it holds."""
    sign_of_personal_data(text)
    passes_mod_97(text)
