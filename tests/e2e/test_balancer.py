"""The balancer recipe of docs/bypass.md, run by HAProxy; a frozen sidecar."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from deploy.demo.sidecar import free_ports
from tests.support.debian import need
from tests.support.led_client import asking
from tests.support.sidecars import Front, run, write_config
from tests.support.tickets import RULES, tickets
from tests.support.waiting import until

PAGE = Path(__file__).parents[2] / "docs" / "bypass.md"
FRAME = """\
defaults
    mode tcp
    timeout connect 500ms
    timeout check 500ms
    timeout client 1m
    timeout server 1m
frontend users
    bind 127.0.0.1:{port}
    default_backend application
"""


def recipe(sidecar: int, direct: str) -> str:
    """The page's backend, with the addresses of this test and without TLS."""
    (block,) = re.findall(
        r"```\n(backend application\n.*?)```", PAGE.read_text(), re.DOTALL
    )
    text = block.replace("/login.do", "/report").replace(" check-ssl verify none", "")
    text = text.replace("192.0.2.20:443", f"127.0.0.1:{sidecar}")
    return str(text.replace("192.0.2.10:443", direct))


@pytest.mark.timeout(120)
def test_a_balancer_takes_a_frozen_sidecar_off(tmp_path: Path) -> None:
    """By the recipe as it is printed: the kernel still accepts for the wire; clients
    are answered by the application itself."""
    need("haproxy")
    (port,) = free_ports(1)
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        path = write_config(tmp_path, [front])
        with run(path, ("recorder", "wire"), wait=False) as running:
            until(lambda: running.figure("wire-0", "recorder_connected"), seconds=60)
            direct = application.url.removeprefix("http://")
            config = tmp_path / "haproxy.cfg"
            config.write_text(FRAME.format(port=port) + recipe(running.port(), direct))
            balancer = subprocess.Popen(
                ["/usr/sbin/haproxy", "-db", "-f", str(config)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            supervisor, wire = running.process.pid, running.pid("wire-0")
            try:
                with asking("127.0.0.1", port, "/report") as fresh:
                    seen = running.figure("wire-0", "connections_total") or 0
                    until(
                        lambda: (
                            (running.figure("wire-0", "connections_total") or 0)
                            > seen + 10
                        ),
                        "clients come through the sidecar",
                    )
                    os.kill(supervisor, signal.SIGSTOP)
                    os.kill(wire, signal.SIGSTOP)
                    assert balancer.stderr is not None
                    for line in balancer.stderr:
                        if b"application/sidecar is DOWN" in line:
                            break
                    told = fresh()
            finally:
                for pid in (wire, supervisor):
                    os.kill(pid, signal.SIGCONT)
                balancer.kill()
                balancer.communicate()

    print(f"{told.longest:.2f} s without an answer, {len(told.wrong)} requests cut")
    assert told.answers > 10
    assert len(told.wrong) <= 2
