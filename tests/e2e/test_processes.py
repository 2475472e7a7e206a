"""Processes of a whole sidecar killed in mid-traffic, and ended in order.

``shown`` of the application is the truth: every client is opened by one account
only, so a lost, a doubled and a wrongly named view each show.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from proxy.errors import ExitCode
from proxy.events import GapKind, GapRecorded
from proxy.store.tables import TABLES
from tests.support.sidecars import (
    Front,
    Running,
    run,
    sidecar,
    until_ready,
    write_config,
)
from tests.support.tickets import (
    RULES,
    Browser,
    Shown,
    Tickets,
    Traffic,
    tickets,
    working,
)
from tests.support.waiting import until

ACCOUNTS = ("joan", "rik", "femke", "wim")


@contextmanager
def office(
    directory: Path, *, wires: int = 1, more: str = ""
) -> Iterator[tuple[Tickets, Running]]:
    """The tickets application behind a sidecar that is ready."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(directory, [front], wires=wires, more=more) as running:
            yield application, running


def opens(traffic: Traffic, count: int) -> None:
    """Wait until so many more clients were opened."""
    begun = traffic.opened
    until(lambda: traffic.opened >= begun + count, f"{count} more clients are opened")


def views(running: Running, application: Tickets) -> Shown:
    """What the store says, of the clients that were shown."""
    return running.shown("client", {client for _, _, client in application.shown})


def gaps(running: Running) -> list[tuple[object, ...]]:
    """Kind and reason of each gap in the store."""
    return running.asked("SELECT kind, reason FROM gaps ORDER BY from_at, seq")


def busy_wire(running: Running) -> str:
    """A wire that has connections; the kernel may give one of them all."""
    found: list[str] = []

    def look() -> bool:
        found[:] = [
            role
            for role in ("wire-0", "wire-1")
            if running.figure(role, "connections_open")
        ]
        return bool(found)

    until(look, "a wire has connections")
    return found[0]


def all_exchanges(traffic: Traffic, logins: int = len(ACCOUNTS)) -> int:
    """How many there were when no connection was cut."""
    assert traffic.cut == 0
    return traffic.opened + logins


@pytest.mark.parametrize("role", ["store", "shipper"])
def test_a_killed_store_or_shipper_costs_nothing(tmp_path: Path, role: str) -> None:
    """Kill -9 twice in mid-traffic: every view is in the store, once, no gap."""
    with office(tmp_path) as (application, running):
        with working(running.port(), *ACCOUNTS) as traffic:
            for _ in range(2):
                opens(traffic, 50)
                running.kill(role)
            opens(traffic, 50)
        running.until_exchanges(all_exchanges(traffic))

        assert views(running, application) == application.shown
        assert gaps(running) == []


def test_a_killed_recorder_costs_nothing_but_a_gap_of_time(tmp_path: Path) -> None:
    """The wires send again what was not committed; nobody notices."""
    with office(tmp_path, wires=2) as (application, running):
        with working(running.port(), *ACCOUNTS) as traffic:
            for _ in range(2):
                opens(traffic, 50)
                running.kill("recorder")
            opens(traffic, 50)
        running.until_exchanges(all_exchanges(traffic))

        assert views(running, application) == application.shown
        assert gaps(running) == [("unclean_stop", "recorder")] * 2


def test_a_killed_wire_costs_its_connections_and_says_so(tmp_path: Path) -> None:
    """What it had not sent is lost: at most what was under way on each of its
    connections. The other wire goes on, another takes its place, and nobody is
    refused or named wrongly."""
    with office(tmp_path, wires=2) as (application, running):
        with working(running.port(), *ACCOUNTS) as traffic:
            opens(traffic, 50)
            running.kill(busy_wire(running))
            opens(traffic, 50)
        until(
            lambda: any(
                isinstance(event, GapRecorded) and event.kind is GapKind.WIRE_LOST
                for event in running.events()
            ),
            "the recorder has given the wire up",
            60,
        )
        running.until_stored(lambda: True)

        recorded, shown = views(running, application), application.shown
        assert not recorded - shown
        assert (shown - recorded).total() <= traffic.cut <= len(ACCOUNTS)
        assert {"wire_lost"} == {kind for kind, _ in gaps(running)}


def test_everything_killed_at_once_loses_nothing_that_was_committed(
    tmp_path: Path,
) -> None:
    """A power cut: what the journal had is in the store after the next start."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front])
        with run(config) as running, working(running.port(), *ACCOUNTS) as traffic:
            opens(traffic, 100)
            running.process.send_signal(signal.SIGSTOP)
            for role in ("store", "shipper", "recorder", "wire-0"):
                os.kill(running.pid(role), signal.SIGKILL)
            committed = len(running.events())
            running.process.kill()
            running.process.wait(20)
            until(lambda: traffic.cut >= len(ACCOUNTS), "connections are cut")
        with run(config) as running:
            running.until_stored(lambda: True)

            events = running.events()
            recorded = views(running, application)
            stored = running.asked(
                "SELECT "
                + " + ".join(f"(SELECT count() FROM {each.name})" for each in TABLES)
            )
            told = gaps(running)

    assert len(events) >= committed
    assert stored == [(len(events),)]
    assert not recorded - application.shown
    assert recorded.total() > 0
    assert ("unclean_stop", "recorder") in told


def test_sigterm_ends_every_process_in_order(tmp_path: Path) -> None:
    """Exit code 0 within the drain, all that passed is recorded, no process left."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front], wires=2, more="drain: 5s")
        with run(config) as running:
            pids = [report.pid for report in running.reports().values()]
            traffic = Traffic(running.port(), ACCOUNTS)
            traffic.start()
            # One that says nothing must not hold anybody up.
            with socket.create_connection(("127.0.0.1", running.port())):
                opens(traffic, 50)
                running.process.send_signal(signal.SIGTERM)
                traffic.stop()
                code = running.process.wait(60)

        assert code == ExitCode.OK
        assert not [pid for pid in pids if _exists(pid)]
        with run(config, ["store", "shipper"], wait=False) as later:
            later.until_exchanges(traffic.opened + len(ACCOUNTS))
            assert views(later, application) == application.shown
            assert gaps(later) == []


def test_a_killed_supervisor_leaves_no_orphans(tmp_path: Path) -> None:
    """Its processes end with it: their ports are free for the next one."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front])
        with run(config) as running:
            pids = [report.pid for report in running.reports().values()]
            running.process.kill()
            running.process.wait(20)

            until(
                lambda: not [pid for pid in pids if _exists(pid)],
                "no process is left",
                60,
            )
        with run(config) as running:
            until_ready(running)
            with closing(Browser(running.port())) as browser:
                assert browser.get("/client/1") == 200


def _exists(pid: int) -> bool:
    """Whether this process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
