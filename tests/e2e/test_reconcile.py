"""``whosaw reconcile`` on what really passed: by its own account, and against the
log of the application's server."""

from __future__ import annotations

import json
import urllib.request
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.apache import PACKAGES, apache
from tests.support.debian import need
from tests.support.sidecars import Front, Running, sidecar, whosaw
from tests.support.tickets import RULES, tickets, working
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(240)


OPEN = (
    "SELECT count() FROM (SELECT DISTINCT wire, connection FROM exchanges) "
    "WHERE (wire, connection) NOT IN (SELECT wire, connection FROM connections)"
)


def until_over(running: Running) -> None:
    """Wait until every connection has its end in the store."""
    until(lambda: running.asked(OPEN) == [(0,)], "every connection is over", 60)
    running.until_stored(lambda: True)


def test_what_passed_adds_up_though_the_recorder_was_killed(tmp_path: Path) -> None:
    """Bytes by connection and direction, and numbers; a row less is noticed."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(tmp_path, [front]) as running:
            with working(running.port(), "joan", "rik") as traffic:
                until(lambda: traffic.opened > 60, "some pages")
                running.kill("recorder")
                until(lambda: traffic.opened > 200, "more pages")
            until_over(running)
            right = whosaw("reconcile", "--json", "--config", running.config.file)
            with closing(running.store()) as store:
                store.command(
                    "ALTER TABLE exchanges DELETE "
                    "WHERE seq = (SELECT max(seq) FROM exchanges) "
                    "SETTINGS mutations_sync = 1"
                )
            wrong = whosaw("reconcile", "--json", "--config", running.config.file)

    told = json.loads(right.stdout)
    assert right.returncode == 0, right.stdout
    assert told["differences"] == []
    assert told["exchanges"] > 200
    assert told["connections"] >= 2
    assert wrong.returncode == 1
    kinds = {each["kind"] for each in json.loads(wrong.stdout)["differences"]}
    assert "bytes" in kinds


def test_a_request_that_went_around_the_sidecar_is_named(tmp_path: Path) -> None:
    """By its line in Apache's own log; those that passed all match."""
    need(*PACKAGES)
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "application: intranet\nrecords:\n  client:\n"
        "    request: GET /open/{id}/client.html\n    action: view\n"
        "    subject: {type: client, id: path.id}\n"
    )
    with apache({"jansen": "sesame"}) as server:
        upstream = f"http://127.0.0.1:{server.port}"
        front = Front(name="intranet", rules=rules, upstream=upstream)
        with sidecar(tmp_path / "sidecar", [front]) as running:
            with closing(HTTPConnection("127.0.0.1", running.port())) as client:
                for number in range(20):
                    client.request("GET", f"/open/{number}/client.html")
                    answer = client.getresponse()
                    assert (answer.status, bool(answer.read())) == (200, True)
            urllib.request.urlopen(f"{upstream}/open/around/client.html").close()
            running.until_exchanges(20)
            done = whosaw(
                "reconcile",
                *("--config", running.config.file),
                *("--against", server.directory / "combined.log"),
            )

    assert done.returncode == 1
    assert "20 were seen, 1 were not, 0 cannot be read" in done.stdout
    assert "combined.log:21" in done.stdout
    assert "around" not in done.stdout


def test_a_file_that_is_no_access_log_is_refused(tmp_path: Path) -> None:
    """It says what is understood; a comparison with nothing would agree."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(tmp_path, [front]) as running:
            (tmp_path / "a.log").write_text("hello\n")
            done = whosaw(
                "reconcile",
                *("--config", running.config.file),
                *("--against", tmp_path / "a.log"),
            )

    assert done.returncode == 2
    assert "common, combined or W3C" in done.stderr


def test_the_account_is_taken_on_a_schedule_and_told(tmp_path: Path) -> None:
    """In the shipper's report, from where status and metrics have it."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(tmp_path, [front], more="reconcile: {every: 1s}") as running:
            until(
                lambda: running.figure("shipper", "reconciled_at"),
                "an account was taken",
                30,
            )
            differences = running.figure("shipper", "reconcile_differences")

    assert differences == 0
