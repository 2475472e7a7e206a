"""The trees of RFC 9162."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.evidence.merkle import EMPTY, SIZE, follow, path, root


def leaves(number: int) -> bytes:
    """So many leaves."""
    return b"".join(sha256(bytes([n % 256, n // 256])).digest() for n in range(number))


def by_definition(run: bytes) -> bytes:
    """RFC 9162 2.1.1, word for word."""
    number = len(run) // SIZE
    if number == 0:
        return sha256().digest()
    if number == 1:
        return run
    split = 1
    while split * 2 < number:
        split *= 2
    left, right = run[: split * SIZE], run[split * SIZE :]
    return sha256(b"\1" + by_definition(left) + by_definition(right)).digest()


@given(st.integers(0, 70))
def test_a_root_is_that_of_the_definition(number: int) -> None:
    """However the levels are built."""
    assert root(leaves(number)) == by_definition(leaves(number))


@given(st.integers(1, 70), st.data())
def test_a_path_leads_from_its_leaf_to_the_root(
    number: int, data: st.DataObject
) -> None:
    """And from no other leaf, place or number of leaves."""
    index = data.draw(st.integers(0, number - 1))
    run = leaves(number)
    leaf = run[index * SIZE : (index + 1) * SIZE]

    siblings = path(run, index)

    assert follow(leaf, index, number, siblings) == root(run)
    assert follow(sha256(leaf).digest(), index, number, siblings) != root(run)
    for other in range(number):
        if other != index:
            assert follow(leaf, other, number, siblings) != root(run)
    assert follow(leaf, index, number, [*siblings, leaf]) != root(run)
    if siblings:
        assert follow(leaf, index, number, siblings[:-1]) != root(run)


def test_a_tree_of_nothing_is_that_of_no_leaf() -> None:
    """Empty periods have a root, too."""
    assert root(b"") == EMPTY == sha256().digest()


@pytest.mark.parametrize("index", [-1, 3])
def test_a_leaf_that_is_not_there_has_no_path(index: int) -> None:
    """Nor does it lead anywhere."""
    with pytest.raises(IndexError):
        path(leaves(3), index)
    assert follow(leaves(1), index, 3, []) is None
