"""``whosaw detect``, ``review`` and ``reviewed`` on a sidecar, and on its schedule."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from proxy.errors import ExitCode
from tests.support.sidecars import Front, sidecar, whosaw
from tests.support.tickets import RULES, Browser, tickets
from tests.support.waiting import until


def test_a_watched_record_is_found_explained_and_reviewed(tmp_path: Path) -> None:
    """With its sentence, its rows, its state and the reason."""
    watched = tmp_path / "watched.csv"
    watched.write_text("subject,reason,valid_from\n101,well_known,2020-01-01\n")
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(tmp_path, [front], more="detections: {every: 1h}\n") as running:
            config = ("--config", str(running.config.file))
            why = (*config, "--reason", "case 7")
            # Its next run is in an hour: what is found below, the command finds.
            until(
                lambda: running.figure("detections", "runs"),
                "the schedule runs",
                60,
            )
            loaded = whosaw("load", "watchlist", watched, *why)
            assert loaded.returncode == ExitCode.OK, loaded.stderr
            with closing(Browser(running.port())) as browser:
                browser.login("joan")
                browser.get("/client/101")
                browser.get("/client/102")
            running.until_exchanges(3)

            asked = whosaw("detect", "--json", *why)
            (finding,) = json.loads(asked.stdout)["findings"]
            name = finding["id"][:8]
            said = whosaw("detect", *why)
            behind = whosaw("detect", "--explain", name, *why)
            review = ("review", name, *config)
            bare = whosaw(*review, "--state", "seen")
            done = whosaw(*review, "--state", "explained", "--reason", "asked her")
            kept = json.loads(whosaw("reviewed", "--json", *config).stdout)

    assert json.loads(asked.stdout)["new"] == 1
    assert (finding["detection"], finding["actor"]) == ("watched-subject", "joan")
    assert "joan opened a watched record (well_known), 1 page" in said.stdout
    assert "own-record was not asked: it needs whosaw load staff" in said.stdout
    assert "1 rows" in behind.stdout
    assert bare.returncode == ExitCode.USAGE
    assert "--reason is missing" in bare.stderr
    assert "explained by" in done.stdout
    assert "asked her" in done.stdout
    assert [(each["findings"], each["in_time"]) for each in kept] == [(1, 1)]


def test_a_finding_that_is_not_there_says_so(tmp_path: Path) -> None:
    """Before anything is asked, when the name is too short."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(tmp_path, [front]) as running:
            done = whosaw(
                *("detect", "--explain", "abc", "--reason", "x"),
                *("--config", running.config.file),
            )

    assert done.returncode == ExitCode.USAGE
    assert "6 digits at least" in done.stderr
