"""Leaves: salted, told apart from nodes and from absent entries."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from proxy.evidence.leaves import TAG, absent, leaf, leaves, salt, salted_leaf, tags

SEED = bytes(range(32))


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.binary(max_size=40))))
def test_many_leaves_are_each_of_them(rows: list[tuple[int, bytes]]) -> None:
    """In the order they came in."""
    made = leaves(SEED, [seq for seq, _ in rows], [row for _, row in rows])

    assert made == [leaf(SEED, seq, row) for seq, row in rows]


def test_a_leaf_can_be_made_with_its_salt_alone() -> None:
    """A proof tells the salt, never the seed."""
    assert leaf(SEED, 5, b"row") == salted_leaf(salt(SEED, 5), b"row")
    assert salt(SEED, 5) != salt(SEED, 6)


def test_equal_rows_of_two_numbers_or_seals_have_different_leaves() -> None:
    """Nobody learns that two people saw the same."""
    assert leaf(SEED, 5, b"row") != leaf(SEED, 6, b"row")
    assert leaf(SEED, 5, b"row") != leaf(bytes(32), 5, b"row")


def test_an_absent_entry_is_no_row_and_no_node() -> None:
    """Each kind of hash begins with a byte of its own."""
    number = (5).to_bytes(8, "little")

    assert absent(5) == sha256(b"\2" + number).digest()
    assert len({absent(5), absent(6), leaf(SEED, 5, b""), sha256(number).digest()}) == 4


def test_tags_are_the_beginnings_of_the_leaves() -> None:
    """One after the other."""
    made = leaves(SEED, [1, 2, 3], [b"a", b"b", b"c"])

    assert tags(b"".join(made)) == b"".join(each[:TAG] for each in made)
    assert tags(b"") == b""
