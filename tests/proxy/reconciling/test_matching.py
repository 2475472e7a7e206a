"""Another log against what was recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.reconciling.access_log import Logged, Unreadable
from proxy.reconciling.matching import Passed, match, template

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def passed(path: str = "/c/{id}", at: datetime = NOON, took: float = 0.1) -> Passed:
    """An exchange."""
    return Passed(at, at + took * SECOND, "GET", path, 200)


def logged(path: str = "/c/1", at: datetime = NOON, line: int = 1) -> Logged:
    """A line."""
    return Logged(line, at, "GET", path, 200)


def test_each_line_takes_one_exchange() -> None:
    """Two requests and one record: one was never seen."""
    found = match([logged(), logged(line=2)], [passed()])

    assert (found.matched, found.unseen_count, found.unmatched) == (1, 1, 0)
    assert [each.line for each in found.unseen] == [2]


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        (logged(), True),
        (logged(at=NOON - 2 * SECOND), True),
        (logged(at=NOON + 4 * SECOND), False),
        (logged("/c/1/2"), False),
        (logged("/d/1"), False),
    ],
)
def test_method_path_status_and_time_decide(line: Logged, seen: bool) -> None:
    """A template stands for one segment; two seconds between two clocks."""
    assert match([line], [passed()]).matched == seen


def test_a_log_may_write_the_end_of_a_long_download() -> None:
    """Apache writes the start, nginx the end."""
    slow = passed(took=300)

    assert match([logged(at=NOON + 300 * SECOND)], [slow]).matched == 1
    assert match([logged(at=NOON)], [slow]).matched == 1


def test_lines_that_cannot_be_read_are_counted() -> None:
    """They are no agreement."""
    found = match([Unreadable(7)], [passed()])

    assert (found.unreadable, found.unmatched) == ([7], 1)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), max_size=30))
def test_a_log_of_what_passed_is_always_matched(shown: list[tuple[int, int]]) -> None:
    """In any order, with equal times and pages of one template."""
    exchanges = [passed(f"/c{page}/{{}}", NOON + at * SECOND) for page, at in shown]
    ordered = sorted(shown, key=lambda each: each[1])
    lines = [logged(f"/c{page}/9", NOON + at * SECOND) for page, at in ordered]

    found = match(lines, exchanges)

    assert (found.unseen_count, found.unmatched) == (0, 0)


def test_templates_match_the_paths_they_stand_for() -> None:
    """Literal text is literal, whatever is in it."""
    assert template("/a.b/{}").match("/a.b/7")
    assert not template("/a.b/{}").match("/axb/7")
    assert template("/static/**").match("/static/a/b")
    assert not template("/a/*").match("/a/b/c")
