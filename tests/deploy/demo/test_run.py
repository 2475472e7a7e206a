"""The demonstration's own figures; ``tests/proxy/cli/test_demo.py`` runs all of it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy.demo.added import Added
from deploy.demo.advisors import WorkReport
from deploy.demo.application.truth import TruthRecord
from deploy.demo.run import Outcome, example, settled
from deploy.demo.scoring import Score, score
from deploy.demo.snooping import Snooping


def outcome() -> Outcome:
    """A clean one."""
    return Outcome(
        score=score(
            [],
            [],
            pseudonym=str.encode,
            exchanges_seen=5,
            exchanges_recorded=5,
            exchanges_stored=5,
        ),
        gaps=0,
        lag_ms_p50=12.34,
        lag_ms_p99=56.78,
        added=Added(1.0, 1.5),
        work=WorkReport(
            exchanges=5,
            seconds=1.0,
            records=0,
            logins=1,
            wrong_passwords=0,
            logouts=0,
            handovers=0,
            failed=0,
            failures=(),
            request_ns=array("q"),
        ),
        example="900001",
    )


def test_an_outcome_without_a_fault_is_clean() -> None:
    """The exit code of the demonstration rests on it."""
    assert outcome().clean


@pytest.mark.parametrize(
    "spoil",
    [
        lambda o: replace(o, gaps=1),
        lambda o: replace(o, snooping=Snooping((), planted=3, found=2)),
        lambda o: replace(o, work=replace(o.work, failed=1)),
        lambda o: replace(o, score=_with(o.score, missed=1)),
        lambda o: replace(o, score=_with(o.score, extra=1)),
        lambda o: replace(o, score=_with(o.score, wrong_employee=1)),
        lambda o: replace(o, score=_with(o.score, unattributed=1)),
        lambda o: replace(o, score=_with(o.score, exchanges_recorded=4)),
    ],
)
def test_any_mismatch_is_not_clean(spoil: Callable[[Outcome], Outcome]) -> None:
    """One is enough."""
    assert not spoil(outcome()).clean


def _with(found: Score, **fields: int) -> Score:
    for name, value in fields.items():
        found = replace(found, **{name: value})  # type: ignore[arg-type]
    return found


def test_the_machine_readable_figures_are_plain_numbers() -> None:
    """No example, no name: figures only."""
    plain = outcome().plain()

    assert all(isinstance(value, int | float) for value in plain.values())
    assert plain["lag_ms_p50"] == 12.3
    assert plain["added_ms_p50"] == 0.5
    assert plain["missed"] == plain["extra"] == plain["wrong_employee"] == 0


def shown(advisor: str, action: str, *clients: str) -> TruthRecord:
    """A page of the application's truth."""
    return TruthRecord(
        advisor=advisor,
        at_ns=0,
        page="/",
        action=action,
        clients=list(clients),
        categories=[],
    )


def test_the_example_is_a_client_that_several_advisors_opened() -> None:
    """Worth asking about, and short enough for a screen."""
    truth = [
        shown("a", "view", "1"),
        shown("a", "view", "2"),
        shown("b", "print", "2"),
        *[shown(f"x{n}", "view", "3") for n in range(13)],
        *[shown(f"y{n}", "list", "4") for n in range(5)],
    ]

    assert example(truth) == "2"


def test_without_an_opened_client_there_is_no_example() -> None:
    """Lists alone are no story."""
    assert example([shown("a", "list", "1")]) == ""


def test_a_figure_is_read_until_it_has_caught_up() -> None:
    """It is written once a second; what is more than wanted is told at once."""
    values = iter([1, 2, 3, 4])

    assert settled(lambda: next(values), 3) == 3
    assert next(values) == 4
