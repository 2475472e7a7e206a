"""The role of a wire, as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from addons.status import Counters, WireStatus
from proxy import status
from proxy.app.wire import wire_figures
from proxy.config import load
from proxy.errors import ExitCode
from tests.support.sidecars import Front, whosaw, write_config
from tests.support.tickets import RULES, Browser, tickets
from tests.support.waiting import until


def test_figures_are_summed_over_the_listeners() -> None:
    """One line for a wire, however many applications it serves."""
    listeners = tuple(
        Counters(connections_open=n, connections_total=2 * n, aborted=1).snapshot(
            application=f"a{n}", address="127.0.0.1:1", accepting=True, up=n, down=5
        )
        for n in (1, 2)
    )

    figures = wire_figures(WireStatus(listeners=listeners, draining=True))

    assert figures["connections_open"] == 3
    assert figures["connections_total"] == 6
    assert figures["aborted"] == 2
    assert (figures["bytes_up"], figures["bytes_down"]) == (3, 10)
    assert figures["draining"] is True


def test_a_wire_alone_binds_its_addresses_and_relays_without_a_recorder(
    tmp_path: Path,
) -> None:
    """``whosaw wire`` in a container of its own: users first, evidence when it can;
    at the end it says what it could not hand over."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        path = write_config(tmp_path, [front])
        config = load(path)
        process = subprocess.Popen(
            [sys.executable, "-m", "proxy", "wire", "--config", path],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            until(
                lambda: "wire-0" in status.read(config.status_directory), "it reports"
            )
            with closing(Browser(config.applications[0].listen.port)) as browser:
                assert browser.get("/client/1") == 200
            report = status.read(config.status_directory)["wire-0"]
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)

    assert report.figures["recorder_connected"] is False
    assert process.returncode == ExitCode.OK
    assert "the recorder did not commit the last frames" in said
    assert "wire-0" not in status.read(config.status_directory)


def test_a_wire_alone_refuses_a_taken_port(tmp_path: Path) -> None:
    """As the whole sidecar does."""
    with tickets() as application:
        front = Front(
            name="tickets", rules=RULES, upstream="http://x:1", port=application.port
        )

        done = whosaw("wire", "--config", write_config(tmp_path, [front]))

    assert done.returncode == ExitCode.UNAVAILABLE
    assert "another program listens there" in done.stderr
