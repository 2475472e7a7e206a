"""A better rule set takes over in a running sidecar; a wrong one does not."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

from proxy.events import ExchangeRecorded
from tests.support.sidecars import Front, Running, sidecar
from tests.support.tickets import RULES, Browser, tickets
from tests.support.waiting import until

MORE = """\
  report:
    request: "GET /report"
    action: list
    subject: {type: client, id: {css: p}}
"""


def test_rules_are_reloaded_while_traffic_goes_on(tmp_path: Path) -> None:
    """By a changed file and by SIGHUP; no event is without the hash that read it."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.read_text())
    text = RULES.read_text()
    better = text.replace("ignore:", MORE + "ignore:")
    with tickets() as application:
        front = Front(name="tickets", rules=rules, upstream=application.url)
        with sidecar(tmp_path, [front]) as running:
            with closing(Browser(running.port())) as browser:
                browser.get("/report")
                first = hash_of(running)

                rules.write_text(better)
                until(lambda: hash_of(running) != first, "the new version")
                browser.get("/report")
                second = hash_of(running)

                rules.write_text(better.replace("action: list", "action: lst"))
                os.kill(running.process.pid, signal.SIGHUP)
                until(lambda: "stays in force" in running.verdict(), "it is told")
                browser.get("/report")
                verdict = running.verdict()
                running.until_exchanges(3)
            seen = [
                (event.rule, event.ruleset)
                for event in running.events()
                if isinstance(event, ExchangeRecorded)
            ]

    assert [("", first), ("report", second), ("report", second)] == seen
    assert "did you mean list?" in verdict
    assert f"version {second} stays in force" in verdict
    assert verdict.startswith("recording everything")


def hash_of(running: Running) -> str:
    """Of the version in force, as the recorder reports it."""
    return str(dict(running.figure("recorder", "rulesets") or {}).get("tickets"))
