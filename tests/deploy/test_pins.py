"""Pins: versions of several Pythons, merged into one constraints file."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.pins import HEADER, merge, parse

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
PYTHONS = ("3.11", "3.12", "3.13")


def test_versions_that_agree_are_one_line() -> None:
    """Sorted, whatever the case."""
    frozen = {python: {"b": "2", "A": "1"} for python in PYTHONS}

    assert merge(frozen) == ["A==1", "b==2"]


def test_versions_that_differ_carry_the_pythons_they_are_for() -> None:
    """As pip reads them."""
    frozen = {"3.11": {"a": "1"}, "3.12": {"a": "2"}, "3.13": {"a": "2"}}

    assert merge(frozen) == [
        "a==1; python_version == '3.11'",
        "a==2; python_version == '3.12' or python_version == '3.13'",
    ]


def test_a_package_of_one_python_only_is_marked() -> None:
    """It is not asked for on the others."""
    frozen = {"3.11": {"a": "1"}, "3.12": {}}

    assert merge(frozen) == ["a==1; python_version == '3.11'"]


@given(
    st.dictionaries(
        st.sampled_from(PYTHONS),
        st.dictionaries(st.sampled_from("abc"), st.sampled_from("123")),
    )
)
def test_every_version_is_pinned_for_its_python(
    frozen: dict[str, dict[str, str]],
) -> None:
    """Nothing is lost in the merge, and nothing is invented."""
    lines = [line.partition("; ") for line in merge(frozen)]

    pinned = {
        (python, *pin.split("=="))
        for pin, _, marker in lines
        for python in frozen
        if not marker or f"'{python}'" in marker
    }
    wanted = {(p, name, v) for p, each in frozen.items() for name, v in each.items()}
    assert wanted == pinned


def test_what_is_no_pin_is_left_out() -> None:
    """Editable installs and direct references."""
    assert parse("a==1\n-e git+here\nb @ file:there\n") == {"a": "1"}


def test_the_constraints_file_was_written_by_it() -> None:
    """One package a line and Python, sorted, none twice."""
    text = CONSTRAINTS.read_text()

    lines = text.removeprefix(HEADER).splitlines()
    names = [line.split("==")[0].lower() for line in lines]
    assert text.startswith(HEADER)
    assert names == sorted(names)
    assert len(set(lines)) == len(lines)
