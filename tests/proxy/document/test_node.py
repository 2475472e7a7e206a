"""YAML becomes a tree that knows where everything stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.document import Bounds, Kind, Node, Problems, parse


def read(text: str, bounds: Bounds | None = None) -> tuple[Node | None, list[str]]:
    """The tree and the problems as they are shown."""
    problems = Problems("f.yaml")
    node = parse(text, problems, bounds)
    return node, [str(problem) for problem in problems]


def test_every_value_knows_its_line_column_and_path() -> None:
    """A mistake can be pointed at."""
    node, problems = read("a:\n  b: [x, {c: y}]\n")

    assert node is not None
    assert problems == []
    a = node.get("a")
    assert a is not None
    b = a.get("b")
    assert b is not None
    c = b.elements[1].get("c")
    assert c is not None
    assert (c.line, c.column, c.path, c.text) == (2, 14, "a.b[1].c", "y")


@pytest.mark.parametrize("text", ["on", "no", "012", "1:30", "1e3", "0x1f", "1_0"])
def test_a_scalar_is_kept_as_written(text: str) -> None:
    """YAML 1.1 would make booleans and numbers of these."""
    node, _ = read(f"a: {text}")

    assert node is not None
    a = node.get("a")
    assert a is not None
    assert a.text == text


def test_quotes_tell_text_from_nothing() -> None:
    """An empty string was meant; an empty value was not."""
    node, _ = read("a: ''\nb:\nc: 'null'\nd: ~")

    assert node is not None
    kinds = {name: child.kind for name, child in node.entries}
    expected = {"a": Kind.SCALAR, "b": Kind.NULL, "c": Kind.SCALAR, "d": Kind.NULL}
    assert kinds == expected


def test_all_doubled_keys_are_reported_and_the_first_counts() -> None:
    """YAML lets the last one win in silence."""
    node, problems = read("a: 1\na: 2\nb: {c: 1, c: 2}")

    assert node is not None
    assert [name for name, _ in node.entries] == ["a", "b"]
    a = node.get("a")
    assert a is not None
    assert a.text == "1"
    assert problems == [
        "f.yaml:2: a: the key was given before",
        "f.yaml:3: b.c: the key was given before",
    ]


def test_an_alias_is_the_node_of_its_anchor() -> None:
    """Repetition may be written once."""
    node, problems = read("a: &x [1]\nb: *x")

    assert node is not None
    assert problems == []
    assert node.get("b") is node.get("a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "f.yaml: the file is empty; expected a mapping"),
        ("# only a comment", "f.yaml: the file is empty; expected a mapping"),
        ("a: [", "f.yaml:2: not readable as YAML: while parsing a flow node"),
        ("a: b: c", "f.yaml:1: not readable as YAML: mapping values are not"),
        ("a: \x00", "f.yaml: not readable as YAML: a character"),
        ("a: \ud800", "f.yaml: not readable as YAML: a character"),
        ("a: *x", "f.yaml:1: *x has no value yet"),
        ("a: &x [*x]", "f.yaml:1: *x has no value yet"),
        ("--- a\n--- b", "f.yaml:2: a second document; expected one document"),
        ("? [a]\n: b", "f.yaml:1: a key that is no word; expected text"),
        ("a: {b: 1}\n<<: {c: 1}", "f.yaml:2: <<: merge keys are not read"),
        ('a: "\\d"', "f.yaml:1: not readable as YAML: while parsing a quoted scalar"),
    ],
)
def test_what_is_not_readable_says_why(text: str, expected: str) -> None:
    """One line, with the place where there is one."""
    _, problems = read(text)

    assert len(problems) == 1
    assert problems[0].startswith(expected)


def test_a_backslash_in_double_quotes_gets_the_hint_that_helps() -> None:
    """The most frequent mistake with regular expressions in YAML."""
    _, problems = read('a: "id=(\\d+)"')

    assert "expected single quotes around text with backslashes" in problems[0]


def test_aliases_of_aliases_meet_the_node_limit() -> None:
    """A billion laughs is refused before it is written out."""
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]

    node, problems = read("\n".join(lines))

    assert node is None
    assert "too many values; expected at most 50000" in problems[0]
    assert read("[a, b]", Bounds(nodes=3))[0] is not None
    assert read("[a, b, c]", Bounds(nodes=3))[0] is None


def test_depth_is_bounded() -> None:
    """Shrunk: three levels are read, four are not."""
    bounds = Bounds(depth=3)

    assert read("[[[a]]]", bounds)[0] is not None
    assert read("[[[[a]]]]", bounds)[0] is None
    assert "at most 3 levels" in read("[[[[a]]]]", bounds)[1][0]
    assert read("[" * 100_000)[0] is None


def test_size_is_bounded() -> None:
    """Shrunk: ten characters."""
    bounds = Bounds(characters=10)

    assert read("a: bcdefgh", bounds)[0] is not None
    assert read("a: bcdefghi", bounds)[0] is None


@given(st.text(alphabet="ab:-[]{}&*!?|>'\"# \n\t,\\0~<\x85\ufeff", max_size=60))
def test_any_text_gives_a_tree_or_a_problem(text: str) -> None:
    """Nothing raises, nothing is silent."""
    node, problems = read(text)

    assert node is not None or problems
