"""What the canary makes of what it finds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from proxy.app.canary import Outcome, Repeating, judge, run
from proxy.config import Canary, Config, load
from proxy.errors import UsageError
from proxy.events import Action, Strength
from proxy.store.seen import Seen
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CANARY = Canary(
    application="tickets",
    url=None,
    ca=None,
    login="/login",
    fields=(),
    password_field="password",
    password_file=Path("word"),
    page="/client/1",
    subject_type="client",
    client="1",
    account="canary",
    every=900.0,
    within=2.0,
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Without a canary."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return load(write_config(tmp_path, [front]))


def seen(actor: str, learned: str = "", application: str = "tickets") -> Seen:
    """A view of the test client."""
    return Seen(
        started_at=NOW,
        actor=actor,
        application=application,
        action=Action.VIEW,
        opened=True,
        categories=(),
        strength=Strength.NONE,
        scheme="",
        reason="",
        rule="client",
        position=0,
        client_address="",
        subject_type="client",
        subject="0" * 32,
        node="test",
        epoch=1,
        seq=1,
        learned_actor=learned,
    )


def test_a_view_under_the_name_is_what_is_looked_for() -> None:
    """Also when the name was learned later; others may look at the client, too."""
    assert judge([seen("canary")], CANARY) == Outcome()
    assert judge([seen("", "canary")], CANARY) == Outcome()
    assert judge([seen("joan"), seen("canary")], CANARY) == Outcome()


def test_no_view_and_another_name_are_told_apart() -> None:
    """One is a page nobody read, the other an employee who did not see it."""
    absent = judge([], CANARY)
    elsewhere = judge([seen("canary", application="archive")], CANARY)
    wrong = judge([seen("joan"), seen("")], CANARY)

    assert absent.failed == elsewhere.failed == "view absent"
    assert str(absent) == "view absent: not within 2 s"
    assert str(wrong) == "wrong name: it is said to be joan or nobody"


def test_the_figures_are_those_of_the_last_run(config: Config) -> None:
    """A failure is gone after a run that succeeds, and stays counted."""
    repeating = Repeating(config)
    before = repeating.figures()

    repeating.note(Outcome(failed="page", detail="answered 503"), NOW)
    failed = repeating.figures()
    repeating.note(Outcome(seconds=0.5), NOW)

    assert before == {"canary_runs": 0, "canary_failures": 0}
    assert failed["canary_error"] == "page: answered 503"
    assert repeating.figures() == {
        "canary_runs": 2,
        "canary_failures": 1,
        "canary_at": NOW.timestamp(),
        "canary_error": "",
        "canary_seconds": 0.5,
    }


def test_without_a_canary_in_the_config_there_is_none(config: Config) -> None:
    """Said with the file."""
    with pytest.raises(UsageError, match="canary is not configured"):
        run(config)
