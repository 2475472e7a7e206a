"""``whosaw question``."""

from __future__ import annotations

import csv
import io
import json

from proxy.store.questions import CATALOGUE
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import whosaw


def test_the_timeline_of_an_account_is_what_it_did(recorded: Recorded) -> None:
    """In every format the same rows."""
    asked = ("question", "timeline", "--employee", "joan", *recorded.reasoned)

    told = json.loads(whosaw(*asked, "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(whosaw(*asked, "--format", "csv").stdout)))
    text = whosaw(*asked).stdout

    assert told["complete"] is True
    assert len(told["rows"]) == len(rows) > 0
    assert {row["path"] for row in rows} == {row["path"] for row in told["rows"]}
    assert f"{len(rows)} rows" in text


def test_a_question_says_what_it_needs(recorded: Recorded) -> None:
    """And an unknown one which there are."""
    missing = whosaw("question", "timeline", *recorded.reasoned)
    unknown = whosaw("question", "timelines", *recorded.reasoned)

    assert (missing.returncode, unknown.returncode) == (2, 2)
    assert "--employee is missing" in missing.stderr
    assert "common-viewers" in unknown.stderr


def test_the_help_names_every_question() -> None:
    """What it asks, and what it needs."""
    shown = " ".join(whosaw("question", "--help", columns=400).stdout.split())

    assert [each.name for each in CATALOGUE if each.name not in shown] == []
