"""A sidecar in shadow: what the rules read is known, and nothing of anybody."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.support.sidecars import Front, sidecar
from tests.support.tickets import RULES, Browser, tickets


def test_coverage_is_recorded_and_no_person_is_anywhere_on_disk(tmp_path: Path) -> None:
    """Every byte under the state directory is searched: journal, store, status."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(tmp_path, [front], more="recording: shadow") as running:
            with closing(Browser(running.port())) as browser:
                assert browser.login("canary-account") == 302
                assert browser.get("/client/canary-client") == 200
                assert browser.get("/report") == 200
            running.until_exchanges(3)
            read = running.asked(
                "SELECT rule, toString(extraction), toString(actor_strength), views "
                "FROM exchanges WHERE rule != '' OR path = '/report' ORDER BY path"
            )
            persons = running.asked(
                "SELECT (SELECT count() FROM views), (SELECT count() FROM sessions), "
                "(SELECT countIf(client_address != '' OR actor != '') FROM exchanges), "
                "(SELECT countIf(client_address != '') FROM connections)"
            )
            verdict = running.verdict()
        state = running.config.state
        left = [
            path
            for path in state.rglob("*")
            if path.is_file() and b"canary" in path.read_bytes()
        ]

    assert [row[2] for row in read] == ["confirmed", "confirmed"]
    assert [row[3] for row in read] == [1, 0]
    assert persons == [(0, 0, 0, 0)]
    assert "in shadow" in verdict
    assert left == []
