"""A whole sidecar under the tools of a service manager that we did not write."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from proxy.config import load
from tests.support import debian
from tests.support.sidecars import Front, Running, until_ready, write_config
from tests.support.tickets import RULES, Browser, tickets
from tests.support.waiting import until


def test_a_port_that_is_handed_over_serves_and_the_manager_hears_of_it(
    tmp_path: Path,
) -> None:
    """systemd-socket-activate opens the port; the first connection starts us, waits,
    and is answered. The manager hears that we are ready, record, and end."""
    debian.need("systemd")
    heard: list[str] = []
    with (
        tickets() as application,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        path = write_config(tmp_path, [front])
        config = load(path)
        port = config.applications[0].listen.port
        log = tmp_path / "sidecar.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [
                    "systemd-socket-activate",
                    f"--listen=127.0.0.1:{port}",
                    "--fdname=tickets",
                    "--setenv=PYTHONPATH",
                    "--setenv=NOTIFY_SOCKET",
                    "--setenv=PATH",
                    sys.executable,
                    *("-m", "proxy", "run", "--config", str(path)),
                ],
                stdout=output,
                stderr=output,
                env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")},
            )
        running = Running(config, process, log)

        def listens() -> bool:
            assert process.poll() is None, running.words()
            return f":{port}" in running.words()

        def said(text: str) -> bool:
            try:
                while True:
                    heard.append(manager.recv(65536).decode())
            except BlockingIOError:
                return any(text in each for each in heard)

        try:
            until(listens, "the manager listens")
            with closing(Browser(port)) as browser:
                assert browser.login("joan") == 302
                assert browser.get("/client/17") == 200
            until_ready(running)
            until(lambda: said("STATUS=recording everything"), "the status is told", 30)
            running.until_exchanges(2)
            shown = running.shown("client", {"17"})
        finally:
            code = running.end(signal.SIGTERM)
        assert said("STOPPING=1")

    assert code == 0
    assert shown == {("joan", "view", "17"): 1}
    assert heard[0] == "READY=1"
