"""Stand-ins: same shape, one for one, and never the words themselves."""

from __future__ import annotations

import re
from itertools import product
from string import ascii_lowercase

from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.signs import passes_eleven_test
from proxy.redaction.standin import StandIns

HIDE = StandIns(b"k" * 32, [b"client", b"K", b"42"])


def _shape(data: bytes) -> bytes:
    data = re.sub(rb"[0-9]", b"9", data)
    return re.sub(rb"[a-z]", b"a", re.sub(rb"[A-Z]", b"A", data))


@given(st.binary(max_size=80) | st.text(max_size=40).map(str.encode))
def test_any_bytes_keep_their_shape_and_length(data: bytes) -> None:
    """Digits for digits, letters for letters, signs as they were."""
    hidden = HIDE.text(data)

    assert len(hidden) == len(data)
    ascii_only = bytes(byte if byte < 0x80 else 0x21 for byte in data)
    shown = bytes(
        0x21 if old >= 0x80 else new for old, new in zip(data, hidden, strict=True)
    )
    assert _shape(shown) == _shape(ascii_only)
    assert HIDE.text(data) == hidden


def test_text_stays_text_of_as_many_characters() -> None:
    """Accents are letters too, whatever the encoding."""
    hidden = HIDE.text("Müller Дмитрий \U00010428".encode())

    assert [len(word) for word in hidden.decode().split()] == [6, 7, 1]
    assert "Дм" not in hidden.decode()
    assert HIDE.text("Müller".encode())[:1] != b"M"
    assert len(HIDE.text("Müller".encode("latin-1"))) == 6


def test_no_two_words_of_one_shape_get_the_same_one() -> None:
    """Small numbers and short words are where chance would confuse them."""
    for length in (1, 2, 3):
        numbers = [b"%d" % n for n in range(10 ** (length - 1), 10**length)]
        assert len({HIDE.text(number) for number in numbers}) == len(numbers)
    words = [
        "".join(letters).encode() for letters in product(ascii_lowercase, repeat=2)
    ]
    assert len({HIDE.text(word) for word in words}) == len(words)


def test_one_id_has_one_stand_in_however_a_page_spells_it() -> None:
    """Leading zeros and case are carried over."""
    assert HIDE.text(b"000815").lstrip(b"0") == HIDE.text(b"815")
    assert HIDE.text(b"Jansen").lower() == HIDE.text(b"jansen")
    assert HIDE.text(b"JANSEN") == HIDE.text(b"jansen").upper()


def test_words_of_the_rules_stay_and_nothing_becomes_one() -> None:
    """Also where they are the first half of an id."""
    assert HIDE.text(b"Client 42, K12345")[:12] == b"Client 42, K"
    two_digits = [HIDE.text(b"%d" % n) for n in range(10, 100)]
    assert two_digits.count(b"42") == 1


def test_a_number_that_is_a_bsn_becomes_one() -> None:
    """So that what is found by the 11-test still is."""
    assert passes_eleven_test(b"123456782")
    assert passes_eleven_test(HIDE.text(b"123456782"))
    assert not passes_eleven_test(HIDE.text(b"123456789"))


def test_what_looks_random_is_replaced_as_a_whole() -> None:
    """Digit by digit it would be a riddle for children."""
    one, other = HIDE.text(b"9f8a3b7c2d1e"), HIDE.text(b"9f8a3b7c2d1f")

    assert sum(a == b for a, b in zip(one, other, strict=True)) < 8
    assert len(HIDE.text(b"a1" * 500)) == 1000


def test_a_secret_keeps_its_length_only() -> None:
    """And another key gives another."""
    assert len(HIDE.secret(b"p4ss w!rd")) == 9
    assert HIDE.secret(b"p4ss w!rd").isalnum()
    assert HIDE.secret(b"a") != b"a" or HIDE.secret(b"b") != b"b"
    assert StandIns(b"l" * 32).text(b"jansen") != HIDE.text(b"jansen")


def test_names_lose_their_numbers_only() -> None:
    """What names things is kept; a number may be somebody's."""
    assert HIDE.names(b"row-detail") == b"row-detail"
    assert HIDE.names(b"row-4711") != b"row-4711"
