"""A slice of the fuzzing: ``make fuzz`` runs a million."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.mutating import MOST, Mutator
from tests.fuzz.run import TARGETS, Verdict, _pieces, piece

INPUTS = 300
SEED = 2026


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_nothing_raises_or_takes_long(name: str) -> None:
    """Framing, bodies, streams and every dialect."""
    _, _, verdict = piece(name, SEED, 0, INPUTS)

    assert verdict.failures == []
    assert verdict.slow == 0
    assert verdict.inputs == {name: INPUTS}


def test_an_input_can_be_played_again() -> None:
    """It depends on its seed and number alone."""
    made = [Mutator(Random("1-body-7")).mutated(b"<p>5</p>", [b"{}"]) for _ in "ab"]

    assert made[0] == made[1]


def test_inputs_differ_and_are_bounded() -> None:
    """A mutator that changes nothing would find nothing."""
    mutator = Mutator(Random(1))
    made = {mutator.mutated(b"<table><tr><td>5</table>", [b"x"]) for _ in range(500)}

    assert len(made) > 350
    assert max(map(len, made)) <= MOST


def test_every_input_is_in_one_piece() -> None:
    """Numbers of a target do not repeat."""
    pieces = list(_pieces(10_500, ["a", "b", "c"]))

    assert sum(count for *_, count in pieces) == 10_500
    assert len({(name, first) for name, first, _ in pieces}) == len(pieces)


def test_what_is_found_is_a_failure() -> None:
    """Also growth, and time."""
    assert Verdict().clean
    assert not Verdict(failures=["x"]).clean
    assert not Verdict(slow=1).clean
    assert not Verdict(growth=100).clean
