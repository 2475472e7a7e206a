"""``whosaw subject``: from an answer's pseudonym to the client, and forgetting one."""

from __future__ import annotations

import json
import re

from proxy.cli import run
from proxy.errors import ExitCode
from proxy.keys import load
from proxy.pseudonym import pseudonym
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import whosaw
from tests.support.waiting import until


def test_what_an_answer_names_is_turned_back_and_forgotten(recorded: Recorded) -> None:
    """By the command that has the key file; afterwards by none."""
    asked = whosaw("seen-by", "joan", "--json", *recorded.asked)
    subjects = {each["subject"] for each in json.loads(asked.stdout)["views"]}

    def reveal() -> list[str]:
        told = whosaw("subject", "reveal", *subjects, "--json", *recorded.reasoned)
        return [each["id"] for each in json.loads(told.stdout)]

    until(lambda: len(reveal()) == len(subjects), "the ids are in the store")
    before = set(reveal())
    key = load(recorded.running.config.keys).subject_key
    forgotten = pseudonym(key, "client", "203").hex()

    done = whosaw(
        "subject", "forget", "203", "--by", "officer",
        *recorded.reasoned,
    )  # fmt: skip
    told = whosaw("subject", "reveal", forgotten, *recorded.reasoned)

    assert before == {"101", "201", "202", "203"}
    assert done.returncode == ExitCode.OK, done.stderr
    assert re.fullmatch(r"forgotten; [1-9] rows held the id\n", done.stdout)
    assert set(reveal()) == {"101", "201", "202"}
    assert told.returncode == ExitCode.FAILED
    assert "or it was forgotten" in told.stdout


def test_what_is_no_pseudonym_is_refused(recorded: Recorded) -> None:
    """Before the store is asked."""
    assert run(["subject", "reveal", "4711", *recorded.reasoned]) == ExitCode.USAGE
