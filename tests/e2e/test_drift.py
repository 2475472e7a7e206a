"""A screen changes under a running sidecar: never "nothing viewed", always said."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from proxy.events import ExchangeRecorded
from tests.support.sidecars import Front, Running, sidecar, whosaw
from tests.support.tickets import RULES, Browser, Tickets, tickets
from tests.support.waiting import until


def test_a_list_that_changed_is_failed_and_told_after_a_restart_too(
    tmp_path: Path,
) -> None:
    """From the sixth page on that finds none, whatever process read those before."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(tmp_path, [front]) as running:
            for _ in range(4):
                look(running, pages=10)
            recorded(running, 44)
            running.kill("recorder")
            application.redesigned = True
            for _ in range(4):
                look(running, pages=2)
            outcomes = recorded(running, 56)
            until(lambda: "client_search of tickets" in running.verdict(), "it is told")
            drifting = running.verdict()
            status = whosaw("status", "--config", running.config.file)

            repaired(application, running)
            running.until_exchanges(59)
            unread = running.asked(
                "SELECT path, toString(extraction), extraction_reason, exchanges FROM "
                "unmapped_in(from = '2000-01-01', to = '2100-01-01')"
            )

    assert outcomes == [
        *[("recorded", "")] * 40,
        *[("recorded", "no_rows")] * 5,
        *[("failed", "drift")] * 3,
    ]
    assert drifting.startswith(
        "not recording everything: client_search of tickets used to find records and "
        "finds none any more"
    )
    assert status.returncode == 1
    assert ["tickets", "/clients", "failed", "drift", "3"] in [
        line.split() for line in status.stdout.splitlines()
    ]
    assert unread == [("/clients", "failed", "drift", 3)]


def look(running: Running, pages: int) -> None:
    """Somebody logs in and looks at the list so often."""
    with closing(Browser(running.port())) as browser:
        browser.login("joan")
        for _ in range(pages):
            browser.get("/clients")


def repaired(application: Tickets, running: Running) -> None:
    """The old screen is back: found again, and said no longer."""
    application.redesigned = False
    look(running, pages=2)
    until(lambda: running.verdict().startswith("recording everything"), "it is over")


def recorded(running: Running, count: int) -> list[tuple[str, str]]:
    """What became of the lists, in order, once there are so many exchanges."""

    def found() -> list[ExchangeRecorded]:
        return [one for one in running.events() if isinstance(one, ExchangeRecorded)]

    until(lambda: len(found()) >= count, f"{count} exchanges are recorded")
    events = sorted(found(), key=lambda one: one.monotonic_ns)
    return [
        (one.extraction.value, one.extraction_reason)
        for one in events
        if one.rule == "client_search"
    ]
