"""A journal that is full, on real processes, and what happens once there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.events import ExchangeRecorded, GapKind, GapRecorded
from tests.support.sidecars import Front, run, whosaw, write_config
from tests.support.tickets import RULES, Browser, tickets, working
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(300)

MORE = """\
journal: {most: 1MiB, segment: 64KiB}
seals: {enabled: false}
"""


def test_a_full_journal_is_told_and_recovers_when_the_store_is_back(
    tmp_path: Path,
) -> None:
    """Employees work on; ``status`` says what is full and is 1. With the shipper
    back the same recorder records again, what passed meanwhile too, and the time
    without room is a gap."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front], more=MORE)
        with run(config, ["recorder", "wire"], wait=False) as running:
            first, _ = running.pid("recorder"), running.pid("wire-0")
            with working(running.port(), "joan", "rik"):
                until(
                    lambda: running.figure("recorder", "commit_error"),
                    "the journal is full",
                    120,
                )
            browser = Browser(running.port())
            browser.login("late")
            shown = browser.get("/client/4711")
            browser.close()
            full = whosaw("status", "--config", config)

            with run(config, ["store", "shipper"], wait=False):
                until(
                    lambda: running.figure("recorder", "gaps_by"),
                    "the gap is recorded",
                    120,
                )
                until(
                    lambda: not running.figure("recorder", "pending_events"),
                    "everything is committed",
                )
                again = running.pid("recorder")
            events = running.events()

    assert shown == 200
    assert full.returncode == 1
    assert "the journal cannot be written" in full.stdout
    assert "% full" in full.stdout
    assert again == first
    gaps = [each for each in events if isinstance(each, GapRecorded)]
    (gap,) = [each for each in gaps if each.kind is GapKind.DISK_FULL]
    assert not gap.intended
    assert gap.connections > 0
    assert gap.to_ns > gap.from_ns
    late = {
        each.path
        for each in events
        if isinstance(each, ExchangeRecorded) and each.actor.name == "late"
    }
    assert "/client/{id}" in late
