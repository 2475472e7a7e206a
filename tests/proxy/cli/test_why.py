"""``why``: the chain behind a name, from a real store."""

from __future__ import annotations

import json
import re

import pytest

from proxy.cli import run
from proxy.errors import ExitCode
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import whosaw


def _view(recorded: Recorded, client: str, account: str) -> str:
    answer = json.loads(whosaw("who-saw", client, "--json", *recorded.reasoned).stdout)
    row = next(row for row in answer["views"] if row["actor"] == account)
    return f"{row['node']}:{row['epoch']}:{row['seq']}"


def test_why_tells_login_confirmation_binding_strength_rule_and_node(
    recorded: Recorded,
) -> None:
    """All that a name rests on, from the evidence alone."""
    done = whosaw("why", _view(recorded, "101", "joan"), *recorded.reasoned)

    assert done.returncode == ExitCode.OK, done.stderr
    assert re.search(r"view by account joan, \d{4}-", done.stdout)
    assert "confirmed: the application accepted the credentials" in done.stdout
    assert re.search(r"rests on +POST /login, answered 302", done.stdout)
    assert re.search(r"binding +[0-9a-f]+-[0-9a-f]+-[0-9a-f]+", done.stdout)
    assert re.search(r"rule +client\w* \(rule set [0-9a-f]{16}\)", done.stdout)
    assert re.search(r"logged in +joan", done.stdout)
    assert re.search(r"recorded by +test", done.stdout)


def test_why_of_a_view_without_a_name_says_the_reason(recorded: Recorded) -> None:
    """Nobody logged in there."""
    done = whosaw("why", _view(recorded, "103", ""), *recorded.reasoned)

    assert done.returncode == ExitCode.OK, done.stderr
    assert "nobody known (no_session)" in done.stdout


def test_why_for_machines_is_one_object(recorded: Recorded) -> None:
    """The same chain, as JSON."""
    view = _view(recorded, "101", "rik")
    found = json.loads(whosaw("why", view, "--json", *recorded.reasoned).stdout)

    assert found["view"]["actor"] == "rik"
    assert found["confirmed"]["path"] == "/login"
    assert [event["kind"] for event in found["events"]] == ["logged_in"]
    assert found["learned"] is None


def test_a_view_that_is_not_there_is_answered_with_1(recorded: Recorded) -> None:
    """The question was understood, and the answer is no."""
    done = whosaw("why", "test:1:999999", *recorded.reasoned)

    assert done.returncode == ExitCode.FAILED
    assert "no view test:1:999999" in done.stderr


@pytest.mark.parametrize(
    "text", ["", "test:1", "test:x:1", f"test:1:{2**64}", "a b:1:1"]
)
def test_what_names_no_view_is_wrong_usage(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is asked of a store."""
    assert run(["why", text]) == ExitCode.USAGE
    assert "NODE:EPOCH:SEQ" in capsys.readouterr().err
