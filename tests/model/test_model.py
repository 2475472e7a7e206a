"""A slice of the attribution model: an office day has no wrong name."""

from __future__ import annotations

from collections import Counter

from tests.model.office import Office
from tests.model.scoring import Verdict, run, score_one
from tests.model.styles import STYLES


def test_no_exchange_of_an_office_day_gets_a_wrong_name() -> None:
    """Six styles, shared desks, fixation, rotation, expiry, recorders that die."""
    verdict = run(seed=2026, exchanges=4000)

    assert verdict.clean, verdict.examples
    assert verdict.named > 3000
    assert verdict.unknowable > 200


def test_the_same_seed_gives_the_same_day() -> None:
    """A finding can be played again."""
    first, second = (Office(7).steps(500) for _ in range(2))

    assert [step.said.request for step in first] == [
        step.said.request for step in second
    ]


def test_the_day_has_in_it_what_it_is_for() -> None:
    """A model in which nothing happens would prove nothing."""
    steps = Office(3).steps(6000)

    styles = Counter(step.line.application for step in steps)
    assert set(styles) == {style.__name__ for style in STYLES}
    assert min(styles.values()) > 500
    assert any(step.line.shared for step in steps)
    assert any(b"wrong" in step.said.request for step in steps)
    users = {(step.line, step.said.truth) for step in steps if step.said.truth}
    assert len(users) > len({line for line, _ in users})


def test_a_wrong_name_and_a_missing_one_are_found() -> None:
    """The scoring can fail."""
    step = next(s for s in Office(3).steps(500) if s.said.knowable)
    verdict = Verdict()

    score_one(verdict, 3, step, "somebody-else", "")
    score_one(verdict, 3, step, "", "unknown_session")
    score_one(verdict, 3, step, step.said.truth, "")

    assert (verdict.wrong, verdict.missing, verdict.named) == (1, 1, 2)
    assert not verdict.clean
