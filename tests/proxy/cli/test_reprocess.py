"""``whosaw reprocess``: a page without a rule, kept, and read by a better one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from proxy.capture.keys import create
from proxy.cli import run
from proxy.errors import ExitCode
from proxy.events import ViewRecorded
from tests.support.sidecars import Front, journal, sidecar, whosaw, write_config
from tests.support.tickets import RULES, Browser, tickets
from tests.support.waiting import until


def test_a_better_rule_adds_what_it_finds_once_and_says_that_it_came_later(
    tmp_path: Path,
) -> None:
    """With the name of whoever was shown the page then; run twice, nothing is added."""
    key = tmp_path / "capture-key"
    create(key)
    without = tmp_path / "without.yaml"
    without.write_text(RULES.read_text().replace("/client/{id}", "/nothing/{id}"))
    with tickets() as application:
        front = Front(name="tickets", rules=without, upstream=application.url)
        more = f"quarantine: {{key: {key}.pub}}\n"
        with sidecar(tmp_path / "s", [front], more=more) as running:
            config = ("--config", str(running.config.file))
            with closing(Browser(running.port())) as browser:
                browser.login("joan")
                browser.get("/client/4711")
            running.until_exchanges(2)
            directory = running.config.quarantine_directory
            until(lambda: any(directory.glob("*.kept")), "it is kept")
            kept = b"".join(path.read_bytes() for path in directory.glob("*.kept"))
            asked = (*config, "--reason", "case 7")
            options = ("--key", key, "--rule", RULES, *config)

            tried = whosaw("reprocess", *options, "--dry-run")
            first = whosaw("reprocess", *options)
            again = whosaw("reprocess", *options)
            events = list(journal(running.config))
            until(
                lambda: "found later" in whosaw("who-saw", "4711", *asked).stdout,
                "it is in the store",
            )

    assert b"4711" not in kept
    assert "1 views found later in 1, nothing was recorded" in tried.stdout
    assert first.returncode == ExitCode.OK, first.stderr
    assert "1 views found later in 1" in first.stdout
    assert "0 views found later in 0" in again.stdout
    (view,) = [event for event in events if isinstance(event, ViewRecorded)]
    assert (view.actor.name, view.rule) == ("joan", "found later by rule client")


def test_without_a_quarantine_there_is_nothing_to_reprocess(tmp_path: Path) -> None:
    """A clear error."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    config = write_config(tmp_path, [front])
    create(tmp_path / "key")

    code = run(["reprocess", "--key", str(tmp_path / "key"), "--config", str(config)])

    assert code == ExitCode.USAGE
