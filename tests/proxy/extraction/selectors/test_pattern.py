"""Regular expressions, bounded in time and in number of matches."""

from __future__ import annotations

import pytest

from proxy.extraction import Settings, Unreadable
from proxy.extraction.selectors.pattern import (
    Group,
    PatternRefused,
    compile_pattern,
    written,
)
from tests.support.pages import view


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"id=(\d+)", "id=1 id=2", ["1", "2"]),
        (r"a(?P<x>.)(?P<id>.)", "abc", ["c"]),
        (r"a=(\d)|b=(\d)", "a=1 b=2", ["1", "2"]),
        (r"(z)?(y)?x", "x", [""]),
        (r"\d+", "12 ١٢", ["12"]),
        (r"x.y", "x\ny xzy", ["xzy"]),
    ],
)
def test_the_value_is_the_group_that_was_meant(
    pattern: str, text: str, expected: list[str]
) -> None:
    """``id``, else the first that took part, else all."""
    assert compile_pattern(pattern).values(view(text), None) == expected


def test_both_engines_find_the_same() -> None:
    """The time limit changes nothing else."""
    text = 'x data-id="12" data-id="" data-id="a1"'
    fast = compile_pattern(r'data-id="(\d+)"')
    bounded = compile_pattern(r'(?:data-id)="(\d+)"|(?!)')

    assert (fast.linear, bounded.linear) == (True, False)
    assert fast.values(view(text), None) == bounded.values(view(text), None)


@pytest.mark.parametrize("pattern", ["(", "[", "a{99999999999}", "x*", "", "(?=a)|"])
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str) -> None:
    """Broken, or true of everything."""
    with pytest.raises(PatternRefused):
        compile_pattern(pattern)


def test_a_pattern_that_runs_away_is_cut_wherever_it_is_used() -> None:
    """As values, as rows, as a category."""
    pattern = compile_pattern("(a|a)+b")
    looked_at = view("a" * 5000, settings=Settings(regex_seconds=0.01))

    with pytest.raises(Unreadable, match="regex_timeout"):
        pattern.values(looked_at, None)
    with pytest.raises(Unreadable, match="regex_timeout"):
        pattern.rows(looked_at)
    with pytest.raises(Unreadable, match="regex_timeout"):
        pattern.present(looked_at)


def test_the_number_of_matches_is_bounded() -> None:
    """Shrunk to two, of rows; of values in a text too large for all at once."""
    settings = Settings(rows=2)

    assert len(compile_pattern("a").rows(view("aaaa", settings=settings))) == 3
    large = view("a" * (2 << 20), settings=settings)
    assert len(compile_pattern("a").values(large, None)) == 3


def test_a_group_that_took_no_part_is_no_value() -> None:
    """Rather than an empty one."""
    looked_at = view("b")
    row = compile_pattern("(a)?b").rows(looked_at)[0]

    assert Group("1").values(looked_at, row) == []


def test_a_row_is_searched_as_it_was_written() -> None:
    """Whatever kind of row it is."""
    deep: object = 1
    for _ in range(5000):
        deep = [deep]

    assert written("text") == "text"
    assert written({"a": 1}) == '{"a": 1}'
    with pytest.raises(Unreadable, match="too_deep"):
        written(deep)
