"""Mistakes are collected, ordered and bounded."""

from __future__ import annotations

from proxy.document import Problem, Problems, near_miss


def test_a_problem_is_one_line_with_everything() -> None:
    """``file:line: key: what is wrong; expected …; did you mean …``."""
    problem = Problem(
        file="a.yaml", line=3, key="x.y", message="wrong", expected="right", hint="z"
    )

    assert str(problem) == "a.yaml:3: x.y: wrong; expected right; did you mean z?"


def test_problems_come_in_the_order_of_the_file() -> None:
    """Whatever the order they were found in."""
    problems = Problems("a.yaml")
    problems.add(5, "b", "second")
    problems.add(1, "a", "first")

    assert [problem.message for problem in problems] == ["first", "second"]
    assert str(problems) == "a.yaml:1: a: first\na.yaml:5: b: second"
    assert len(problems) == 2


def test_too_many_problems_are_counted_not_kept() -> None:
    """Shrunk: one is kept."""
    problems = Problems("a.yaml", most=1)
    problems.add(1, "a", "first")
    problems.add(2, "b", "second")

    assert problems.dropped == 1
    assert str(problems).endswith("a.yaml: 1 more problems not shown")


def test_a_near_miss_is_found_and_a_far_one_is_not() -> None:
    """A guess is only made when it is likely."""
    assert near_miss("requst", ["request", "action"]) == "request"
    assert near_miss("zzz", ["request", "action"]) == ""
