"""``whosaw subject``: from an answer's pseudonym to the client, and forgetting one."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path

from proxy.cli import run
from proxy.errors import ExitCode
from proxy.keys import load
from proxy.pseudonym import PLAIN, pseudonym
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import Front, sidecar, whosaw
from tests.support.tickets import RULES, Browser, tickets
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


def test_with_plain_ids_questions_need_no_key(tmp_path: Path) -> None:
    """Their rows say so by key 0; search terms stay under a key."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(tmp_path, [front], more="pseudonyms: plain") as running:
            with closing(Browser(running.port())) as browser:
                browser.login("joan")
                browser.get("/client/4711")
            running.until_exchanges(2)
            keys = running.config.keys
            keys.rename(keys.with_name("elsewhere"))
            asked = ("--reason", "case 7", "--config", running.config.file)

            who = whosaw("who-saw", "4711", "--json", *asked)
            (view,) = json.loads(who.stdout)["views"]
            rows = running.asked("SELECT subject, subject_key FROM views")
            stored = running.asked("SELECT encrypted_id, recovery_key FROM subjects")
            subject = pseudonym(PLAIN, "client", "4711")
            told = whosaw("subject", "reveal", subject.hex(), *asked)
            term = ("question", "searches-for", "--term", "name=x")
            keyless = whosaw(*term, *asked)

    assert view["actor"] == "joan"
    assert rows == [(subject, 0)]
    assert stored == [("4711", 0)]
    assert told.stdout == f"{subject.hex()}  client 4711\n"
    assert keyless.returncode == ExitCode.USAGE
    assert "search terms are hashed with a key" in keyless.stderr
