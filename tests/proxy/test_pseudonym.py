"""Pseudonyms of subjects."""

from __future__ import annotations

from proxy.pseudonym import PSEUDONYM_BYTES, pseudonym

KEY = bytes(range(32))


def test_a_pseudonym_is_the_same_for_ever() -> None:
    """Pinned: another value would separate a client from his own history."""
    expected = "91c467d3bbdbb6abce296b9b6ccd48e4"

    assert pseudonym(KEY, "client", "900123").hex() == expected


def test_white_space_around_an_id_is_not_part_of_it() -> None:
    """Pages pad them, people paste them."""
    assert pseudonym(KEY, "client", " 9\n") == pseudonym(KEY, "client", "9")


def test_types_ids_and_keys_stay_apart() -> None:
    """No two of these may collide by concatenation."""
    made = {
        pseudonym(KEY, "client", "1"),
        pseudonym(KEY, "clien", "t1"),
        pseudonym(KEY, "client", "2"),
        pseudonym(KEY[::-1], "client", "1"),
        pseudonym(KEY, "client", "\ud800"),
    }

    assert len(made) == 5
    assert {len(one) for one in made} == {PSEUDONYM_BYTES}
