"""Property sets and star arrays are read to their end, or to the fault."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.extraction.dialects.swe_tree import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_TEXTS,
    SweNode,
    is_property_set,
    parse_property_set,
    star_array,
)
from tests.support.dialects import Node, node, property_set, star

TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="`"),
        st.sampled_from("*_0123456789abcdef"),
    ),
    max_size=12,
)
NODES: st.SearchStrategy[SweNode] = st.recursive(
    st.builds(SweNode, TEXTS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3)),
    lambda inner: st.builds(
        SweNode,
        TEXTS,
        TEXTS,
        st.dictionaries(TEXTS, TEXTS, max_size=2),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


def tokens(tree: SweNode) -> Node:
    """A tree written down."""
    return node(tree.name, tree.attributes, list(map(tokens, tree.children)), tree.id)


@given(st.lists(TEXTS, max_size=8))
@example(["Cliënt", "José 😀", "1*2", ""])
def test_a_star_array_gives_the_texts_that_made_it(texts: list[str]) -> None:
    """Lengths count UTF-16 units; texts may look like lengths."""
    assert star_array(star(*texts)) == (texts, True)


def test_the_older_form_counts_in_hexadecimal() -> None:
    """As high-interactivity clients of version 7 read it."""
    assert star_array("a_0123456789" + "2*ab" + "1_x") == (
        ["0123456789", "ab", "x"],
        True,
    )


@pytest.mark.parametrize(
    ("text", "texts"),
    [("5*ab", []), ("2*abx", ["ab"]), ("2*ab999999999*", ["ab"]), ("*", []), ("2", [])],
)
def test_a_wrong_star_array_gives_the_texts_before_the_fault(
    text: str, texts: list[str]
) -> None:
    """And says so."""
    assert star_array(text) == (texts, False)


@given(NODES, st.sampled_from("`^~[%|"))
def test_a_property_set_gives_the_tree_that_made_it(
    tree: SweNode, delimiter: str
) -> None:
    """With any delimiter that no value has."""
    text = property_set(tokens(tree), delimiter)
    if any(delimiter in token for token in tokens(tree)):
        return

    assert parse_property_set(text) == (tree, True)


@given(NODES, st.integers(min_value=0))
def test_a_property_set_that_is_cut_gives_the_nodes_before_the_cut(
    tree: SweNode, cut: int
) -> None:
    """At any place; never a fault."""
    text = property_set(tokens(tree))
    text = text[: cut % len(text)]

    found, whole = parse_property_set(text, cut=True)

    assert not whole
    if found is not None:
        assert found.name == tree.name
        assert found.attributes == tree.attributes


@given(st.lists(st.sampled_from(["0", "1", "3", "x", "", "99999999", "-1"])))
def test_anything_is_read_without_fault(tokens: list[Any]) -> None:
    """Counts that promise more than there is among it."""
    parse_property_set(property_set(tokens))


def test_depth_is_bounded_without_recursion() -> None:
    """A hundred thousand nodes within each other end, and quickly."""
    text = "@0`0" + "`0`1`a`0" * 100_000

    found, whole = parse_property_set(text)

    depth = 0
    while found is not None and found.children:
        depth, found = depth + 1, found.children[0]
    assert (depth, whole) == (MAX_DEPTH - 1, False)


def test_what_follows_the_root_makes_it_incomplete() -> None:
    """Line ends excepted."""
    text = property_set(node("a"))

    assert parse_property_set(text + "\r\n")[1]
    assert not parse_property_set(text + "`1")[1]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("@0`0", True), ("@0^0", True), ("@0a", False), ("<html>", False), ("", False)],
)
def test_a_property_set_is_told_by_its_first_characters(
    text: str, *, is_one: bool
) -> None:
    """Whatever the content type says: it is text/html."""
    assert is_property_set(text) is is_one


def test_the_nodes_of_one_answer_are_bounded() -> None:
    """A node takes memory, a token hardly any."""
    text = "@0`0`0`9999999`a`0" + "`0`0`b`0" * (MAX_NODES + 10)

    found, whole = parse_property_set(text)

    assert found is not None
    assert (len(found.children), whole) == (MAX_NODES - 1, False)


def test_the_texts_of_one_star_array_are_bounded() -> None:
    """Empty ones take two characters."""
    texts, whole = star_array("0*" * (MAX_TEXTS + 1))

    assert (len(texts), whole) == (MAX_TEXTS, False)
