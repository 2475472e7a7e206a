"""A mapping is read strictly, and all its mistakes are found in one go."""

from __future__ import annotations

from enum import Enum
from pathlib import PurePath
from typing import Any

import pytest

from proxy.document import Address, Fields, Kind, Problems, parse
from proxy.document.fields import REQUIRED


class Colour(Enum):
    """Two words to choose from."""

    RED = "red"
    BLUE = "blue"


def open_fields(text: str) -> tuple[Fields, Problems]:
    """A reader of this text, and its collector."""
    problems = Problems("f.yaml")
    node = parse(text, problems)
    assert node is not None
    return Fields(node, problems), problems


def read(
    kind: str, text: str, *arguments: Any, **options: Any
) -> tuple[Any, list[str]]:
    """Read key ``a`` of ``a: text``."""
    fields, problems = open_fields(f"a: {text}")
    value = getattr(fields, kind)("a", *arguments, **options)
    fields.done()
    return value, [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "on", "on"),
        ("text", "012", "012"),
        ("flag", "true", True),
        ("flag", "No", False),
        ("integer", "1_000", 1000),
        ("duration", "250ms", 0.25),
        ("size", "8MiB", 8 << 20),
        ("address", "localhost:80", Address("localhost", 80)),
        ("url", "https://a.example/b", "https://a.example/b"),
        ("path", "a/b.yaml", PurePath("a/b.yaml")),
        ("texts", "[a, b]", ("a", "b")),
        ("texts", "a", ("a",)),
    ],
)
def test_a_value_of_each_kind_is_read(kind: str, text: str, value: object) -> None:
    """What is right gives a value and no problem."""
    assert read(kind, text) == (value, [])


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("text", "[x]", "a list stands here; expected text"),
        ("flag", "maybe", "not a yes or no; expected true or false"),
        ("flag", "'true'", "not a yes or no; expected true or false"),
        ("integer", "010", "'010' is not right; expected a whole number from 0"),
        ("integer", "-1", "'-1' is not right; expected a whole number from 0"),
        ("integer", "1.5", "'1.5' is not right; expected a whole number from 0"),
        ("duration", "10", "'10' is not right; expected a duration such as 250ms"),
        ("size", "8 miles", "'8 miles' is not right; expected a size such as 4096"),
        ("address", "80", "'80' is not right; expected host:port"),
        ("address", "a:70000", "'a:70000' is not right; expected host:port"),
        ("url", "a.example", "not a complete URL; expected http://… or https://…"),
        ("url", "http://u:p@", "not a complete URL; expected http://… or https://…"),
        ("path", "{x: y}", "a mapping stands here; expected a path"),
        ("texts", "[a, [b]]", "a list stands here; expected text"),
    ],
)
def test_a_wrong_value_says_what_is_expected(kind: str, text: str, said: str) -> None:
    """With file, line and key."""
    _, problems = read(kind, text)

    assert len(problems) == 1
    assert problems[0].startswith(("f.yaml:1: a: " + said, "f.yaml:1: a[1]: " + said))


def test_a_url_is_never_echoed() -> None:
    """It may hold a password."""
    _, problems = read("url", "http//user:secret@host")

    assert "secret" not in problems[0]


def test_an_enum_gives_the_near_miss() -> None:
    """A typing mistake is told as one."""
    assert read("choice", "blue", Colour) == (Colour.BLUE, [])
    _, problems = read("choice", "Bleu", Colour)
    assert problems == [
        "f.yaml:1: a: 'Bleu' is not right; expected red or blue; did you mean blue?"
    ]


def test_bounds_of_numbers_hold() -> None:
    """Least and most are allowed, beyond is not."""
    assert read("integer", "3", least=3, most=5)[1] == []
    assert read("integer", "6", least=3, most=5)[1] != []
    assert "from 1 to 2 seconds" in read("duration", "3s", least=1, most=2)[1][0]
    assert "from 1 to 2 bytes" in read("size", "3", least=1, most=2)[1][0]


def test_all_mistakes_are_found_at_once() -> None:
    """Unknown, missing and wrong in one pass, in the order of the file."""
    fields, problems = open_fields("lisen: a:1\nsize: x\nextra: 1")
    fields.address("listen")
    fields.size("size")
    fields.duration("idle")
    fields.text("name", "default")
    fields.done()

    assert [str(problem) for problem in problems] == [
        "f.yaml:1: listen: missing; expected host:port",
        "f.yaml:1: idle: missing; expected a duration such as 10s or 250ms",
        "f.yaml:1: lisen: unknown key; did you mean listen?",
        "f.yaml:2: size: 'x' is not right; expected a size such as 4096, 64KiB or 8MiB",
        "f.yaml:3: extra: unknown key; expected one of idle, listen, name, size",
    ]


def test_a_default_stands_in_for_an_absent_and_an_empty_key() -> None:
    """``key:`` with nothing behind it is as good as no key."""
    fields, problems = open_fields("a:\nb: 1")

    assert fields.text("a", "x") == "x"
    assert fields.integer("c", None) is None
    assert fields.integer("b") == 1
    assert not problems


def test_what_is_no_mapping_is_told_once() -> None:
    """And not again for each key that cannot be there."""
    problems = Problems("f.yaml")
    node = parse("[a]", problems)
    assert node is not None

    with Fields(node, problems) as fields:
        fields.text("a")
        fields.entries("b", required=True)

    assert [str(problem) for problem in problems] == [
        "f.yaml:1: a list stands here; expected a mapping"
    ]


def test_free_names_come_as_entries() -> None:
    """For mappings whose keys the user chooses."""
    fields, problems = open_fields("a: {x: 1, y: 2}\nb: 1")

    assert [name for name, _ in fields.entries("a")] == ["x", "y"]
    assert fields.entries("b") == ()
    assert fields.entries("c") == ()
    assert [p.message for p in problems] == ["a value stands here"]


def test_one_value_counts_as_a_list_of_one() -> None:
    """As people write it."""
    fields, _ = open_fields("a: x\nb: [y, z]")

    assert [node.text for node in fields.elements("a")] == ["x"]
    assert [node.text for node in fields.elements("b")] == ["y", "z"]
    assert fields.elements("c") == ()
    assert fields.texts("c", ("d",)) == ("d",)


def test_known_keys_can_be_named_without_reading_them() -> None:
    """For keys that another reader takes."""
    fields, problems = open_fields("a: x")
    fields.allow("a")
    fields.done()

    assert not problems
    assert fields.node.kind is Kind.MAPPING


def test_required_lists_are_missed() -> None:
    """Absence is told with what was expected."""
    fields, problems = open_fields("a: 1")
    fields.allow("a")
    fields.texts("b", REQUIRED)
    fields.done()

    assert [problem.key for problem in problems] == ["b"]


def test_nothing_is_reported_when_reading_was_broken_off() -> None:
    """An error that passes through is not covered by unknown keys."""
    fields, problems = open_fields("a: x")

    with pytest.raises(KeyError), fields:
        raise KeyError

    assert not problems


def test_a_mapping_of_free_names_may_be_required() -> None:
    """Its absence is a problem, and gives no entries."""
    fields, problems = open_fields("a: x")

    assert fields.entries("b", required=True) == ()
    assert [str(problem) for problem in problems] == [
        "f.yaml:1: b: missing; expected a mapping"
    ]


def test_an_empty_path_is_no_path() -> None:
    """It would mean the working directory."""
    _, problems = read("path", "''")

    assert problems == ["f.yaml:1: a: not a path; expected a path"]
