"""``whosaw bypass``: relayed and not recorded, said by somebody, for a reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from proxy.events import GapKind, GapRecorded, ViewRecorded
from tests.support.sidecars import Front, run, whosaw, write_config
from tests.support.tickets import RULES, Browser, tickets
from tests.support.waiting import until


def test_a_bypass_relays_unrecorded_and_outlives_restarts(tmp_path: Path) -> None:
    """Open and new connections, of a wire that starts meanwhile too; the gaps say
    who, when and why; then views are recorded again."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front])
        words = ("--config", config)
        with run(config, ("recorder", "wire"), wait=False) as running:
            until(lambda: running.figure("wire-0", "recorder_connected"), seconds=60)
            kept = Browser(running.port())
            kept.login("joan")
            kept.get("/client/1")
            until(lambda: len(_views(running.events())) == 1, "the first view")

            assert whosaw("bypass", "on", "--reason", "  ", *words).returncode == 2
            done = whosaw("bypass", "on", "--reason", "it is slow", *words)
            assert done.returncode == 0, done.stderr
            assert whosaw("bypass", "on", "--reason", "again", *words).returncode == 2
            until(lambda: running.figure("wire-0", "bypass"), "the wire knows")
            kept.get("/client/2")
            running.kill("wire-0")
            assert "records nothing (bypass by" in running.verdict()
            fresh = Browser(running.port())
            fresh.login("rik")
            fresh.get("/client/3")
            assert whosaw("bypass", "status", *words).returncode == 1
            assert whosaw("bypass", "off", *words).returncode == 0
            until(lambda: not running.figure("wire-0", "bypass"), "the wire knows")
            again = Browser(running.port())
            again.login("femke")
            again.get("/client/4")
            for browser in (kept, fresh, again):
                browser.close()
            until(lambda: len(_views(running.events())) == 2, "the last view")

        assert _views(running.events()) == ["joan", "femke"]
        meant = [
            event
            for event in running.events()
            if isinstance(event, GapRecorded) and event.kind is GapKind.CAPTURE_OFF
        ]
        assert all(event.intended for event in meant)
        assert all(
            re.fullmatch(r"bypass by \w+: it is slow", event.reason) for event in meant
        )
        whole = [event for event in meant if not event.connection]
        assert [event.to_ns > event.from_ns for event in whole] == [False, True]
        assert sum(event.up_bytes for event in meant) > 0


def _views(events: Sequence[object]) -> list[str]:
    return [event.actor.name for event in events if isinstance(event, ViewRecorded)]
