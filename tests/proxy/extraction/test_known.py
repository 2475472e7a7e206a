"""Ids that rules recorded are recognised on pages that no rule reads, bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.known import MOST_OF_ONE, MOST_SHAPES, KnownIds, shape_of


def digest(kind: str, identifier: str) -> bytes:
    """Stands for the keyed one."""
    return f"{kind}\0{identifier}".encode()


def known(*identifiers: str, most: int = 100) -> KnownIds:
    """These clients were recorded, one page each."""
    found = KnownIds(digest, most)
    for each in identifiers:
        found.add([("client", each, digest("client", each))])
    return found


@pytest.mark.parametrize(
    "page", ["900123", "client=900123&x", "K900123", "<td>900123<"]
)
def test_a_known_id_is_found_where_it_stands_alone(page: str) -> None:
    """As part of a longer word or number it is another."""
    assert known("900123").occurs(page, 100) is (page[0] != "K")


@pytest.mark.parametrize("page", ["900124", "9001234", "", "K-90012"])
def test_another_id_of_the_same_shape_is_no_sign(page: str) -> None:
    """Only what was really recorded is."""
    assert not known("900123", "K-90013").occurs(page, 100)


@given(
    st.from_regex(r"[A-Z]{0,2}[-./]?[0-9]{5,9}", fullmatch=True),
    st.text(max_size=30),
    st.text(max_size=30),
)
def test_an_id_is_found_between_any_texts(one: str, before: str, after: str) -> None:
    """Characters of any alphabet beside it."""
    assert known(one).occurs(f"{before} {one} {after}", 1000)


@pytest.mark.parametrize("plain", ["42", "1234", "a1b2c", "jansen", "", "é12345"])
def test_ids_that_stand_on_every_page_are_not_kept(plain: str) -> None:
    """They would make a sign of every number."""
    found = known(plain)

    assert (len(found), found.refused) == (0, 1)
    assert not found.occurs(f"x {plain} y", 100)


def test_a_row_id_with_letters_is_kept() -> None:
    """Six letters and digits are told apart from words."""
    assert shape_of("1-2AB3C") == b"9-9aa9a"
    assert known("1-2AB3C").occurs("VRId 1-2AB3C", 100)


def test_the_ids_least_recently_seen_are_forgotten() -> None:
    """Shrunk to two; the shape of one that nobody has any more goes with it."""
    found = known("10001", "10002", "10001", "K-10003", most=2)

    assert len(found) == 2
    assert found.occurs("10001", 100)
    assert not found.occurs("10002", 100)
    assert found.occurs("K-10003", 100)


def test_there_are_only_so_many_shapes() -> None:
    """Each costs a search; what does not fit is counted."""
    found = known(*("9" * (5 + length) for length in range(MOST_SHAPES + 2)))

    assert (len(found), found.refused) == (MOST_SHAPES, 2)


def test_an_export_does_not_push_out_everything_else() -> None:
    """Of one exchange only the first ids are kept."""
    found = KnownIds(digest)
    found.add(("client", str(n), b"%d" % n) for n in range(10_000, 90_000))

    assert len(found) == MOST_OF_ONE


def test_the_number_of_candidates_is_bounded() -> None:
    """Shrunk to two: the third is not looked at."""
    found = known("10003")

    assert found.occurs("10001 10002 10003", 3)
    assert not found.occurs("10001 10002 10003", 2)
