"""Only patterns that cannot run away are told to be linear."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.linear import is_linear


@pytest.mark.parametrize(
    "pattern",
    [
        r"id=(\d+)",
        r'data-id="([0-9]+)"',
        r"client/(?P<id>\d{6})",
        r"nr:\s*(\d{1,9})",
        r"a\d*b[xyz]?c",
        r"\(\d+\)",
    ],
)
def test_plain_patterns_are_linear(pattern: str) -> None:
    """What nearly every rule is."""
    assert is_linear(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+b",
        r"(?:a|b)c",
        r"\d+x",
        r"a[^b]+b",
        r"id=\d+\d",
        r"id=\d*[0-5]+",
        r"x.*y",
        r"(x)\1",
        r"x(?=\d)",
        r"x\d+?y",
        r"x\d++y",
        r"x(\d)+y",
        r"^x\d+",
        r"a?b",
        r"x\d{1,99}\w{1,99}z",
        r"é\d+",
        r"x[\]]+y",
        r"x\bé",
        r"x\d+\x64",
        "(",
        "x)",
        "",
    ],
)
def test_other_patterns_are_not(pattern: str) -> None:
    """Some would be; only what is plain counts."""
    assert not is_linear(pattern)


ATOMS = st.sampled_from([r"\d", r"\w", r"\s", "[ab]", "[^ab]", "a", "b", "1", "."])
REPEATS = st.sampled_from(["", "+", "*", "?", "{2}", "{1,3}", "{2,}"])
PATTERNS = st.tuples(
    st.sampled_from("ax1="), st.lists(st.tuples(ATOMS, REPEATS), max_size=6)
).map(lambda parts: parts[0] + "".join(atom + repeat for atom, repeat in parts[1]))


@pytest.mark.timeout(60)
@given(PATTERNS, st.text(alphabet="ab1 =x", min_size=1, max_size=4))
def test_a_linear_pattern_takes_linear_time(pattern: str, unit: str) -> None:
    """On text made to run it away, long enough that quadratic time would not
    end before the test is stopped."""
    if not is_linear(pattern):
        return
    text = unit * (400_000 // len(unit)) + "\0"

    found = re.compile(pattern, re.ASCII).findall(text)

    assert len(found) <= len(text)
