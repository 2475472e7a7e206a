"""Reload: new processes on the same sockets, and nobody notices."""

from __future__ import annotations

import http.client
import signal
import socket
import ssl
import subprocess
import warnings
from pathlib import Path

import pytest

from proxy.events import GapRecorded
from proxy.status import Report
from tests.support.certificates import Authority
from tests.support.debian import need
from tests.support.led_client import asking
from tests.support.sidecars import (
    Front,
    Running,
    run,
    whosaw,
    write_config,
)
from tests.support.tickets import RULES, Traffic, tickets, working
from tests.support.waiting import until

ACCOUNTS = ("joan", "rik", "femke", "wim")


def opens(traffic: Traffic, count: int) -> None:
    """Wait until so many more clients were opened."""
    begun = traffic.opened
    until(lambda: traffic.opened >= begun + count, f"{count} more clients are opened")


@pytest.mark.timeout(240)
def test_a_reload_under_load_fails_no_request_and_leaves_no_gap(tmp_path: Path) -> None:
    """On connections that are kept, which stay with the wires they have, and on new
    ones; each exchange is recorded once; the supervisor's id is the same, everything
    else is another process."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front])
        with run(config) as running:
            before = _pids(running.reports())
            with (
                working(running.port(), *ACCOUNTS) as traffic,
                asking("127.0.0.1", running.port(), "/report") as fresh,
            ):
                opens(traffic, 10)
                done = _reload(config)
                assert done.returncode == 0, done.stderr + running.words()
                opens(traffic, 10)
                after = _pids(running.reports())
                told = fresh()
            running.until_exchanges(traffic.opened + len(ACCOUNTS) + told.answers)
            until(
                lambda: running.figure("sidecar", "old_wires_draining") == 0,
                "old wires have ended",
                60,
            )

            assert traffic.cut == 0
            assert told.wrong == []
            shown = {client for _, _, client in application.shown}
            assert running.shown("client", shown) == application.shown
            assert [e for e in running.events() if isinstance(e, GapRecorded)] == []
            assert after.pop("sidecar") == before["sidecar"] == running.process.pid
            assert before["wire-0"] in after.values()
            assert "wire-1" in after
            for role in ("recorder", "shipper", "sealer", "store"):
                assert after[role] != before[role]


def test_a_config_that_is_wrong_changes_nothing(tmp_path: Path) -> None:
    """Refused in its own words, whether it is the text or an address that is taken;
    then a right one takes another address, and the first is given up."""
    with tickets() as application, tickets() as other:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front])
        text = config.read_text()
        with run(config, ("recorder", "wire"), wait=False) as running:
            until(lambda: running.figure("sidecar", "ready"), "it has started", 60)
            pid = running.pid("wire-0")
            taken = f"127.0.0.1:{other.url.rpartition(':')[2]}"
            for wrong, said in (
                (text + "nonsense: 1\n", "nonsense"),
                (text.replace(f"127.0.0.1:{running.port()}", taken), "listens there"),
            ):
                config.write_text(wrong)
                done = _reload(config)
                assert done.returncode == 2
                assert said in done.stderr
                assert running.pid("wire-0") == pid

            config.write_text(text.replace("wires: 1", "wires: 2"))
            assert _reload(config).returncode == 0
            until(lambda: len(_wires(running)) >= 2, "two wires")


def test_a_certificate_is_swapped_under_load(tmp_path: Path) -> None:
    """New connections are shown the new one, and none fails; one that was open stays.
    An application that knows nothing but TLS 1.0 and weak ciphers is reached, too."""
    authority = Authority(tmp_path)
    shown, renewed = authority.issue("localhost"), authority.issue("localhost.test")
    trust = ssl.create_default_context(cafile=str(authority.path))
    trust.check_hostname = False
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    issued = authority.issue("127.0.0.1")
    old.load_cert_chain(issued.certificate, issued.key)
    with tickets(context=old) as application:
        front = Front(
            name="tickets",
            rules=RULES,
            upstream=application.url,
            more=f"tls: {{certificate: {shown.certificate}, key: {shown.key}}}\n"
            f"upstream_tls: {{ca: {authority.path}, minimum: '1.0',"
            " ciphers: 'ALL:@SECLEVEL=0'}\n",
        )
        config = write_config(tmp_path / "s", [front])
        with run(config, ("recorder", "wire"), wait=False) as running:
            until(lambda: running.figure("sidecar", "ready"), "it has started", 60)

            def ask() -> bytes:
                with _connected(running.port(), trust) as line:
                    _report(line)
                    return line.getpeercert(binary_form=True) or b""

            with _connected(running.port(), trust) as kept:
                _report(kept)
                first = ask()
                shown.certificate.write_bytes(renewed.certificate.read_bytes())
                shown.key.write_bytes(renewed.key.read_bytes())
                until(lambda: ask() != first, "the new one is shown")
                _report(kept)
            assert running.figure("wire-0", "handshake_failures") == 0


def _connected(port: int, trust: ssl.SSLContext) -> ssl.SSLSocket:
    return trust.wrap_socket(socket.create_connection(("127.0.0.1", port), 20))


def _report(line: ssl.SSLSocket) -> None:
    """One request on this connection, answered whole."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = line
    connection.request("GET", "/report")
    answer = connection.getresponse()
    assert answer.status == 200
    answer.read()


def _reload(config: Path) -> subprocess.CompletedProcess[str]:
    return whosaw("reload", "--config", config, timeout=120)


def _pids(reports: dict[str, Report]) -> dict[str, int]:
    return {role: report.pid for role, report in reports.items()}


def _wires(running: Running) -> list[str]:
    return [role for role in running.reports() if role.startswith("wire-")]


@pytest.mark.timeout(240)
def test_wrk_sees_no_error_across_a_reload(tmp_path: Path) -> None:
    """Connections that are never idle stay with their wire; nobody ends them."""
    need("wrk")
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front])
        with run(config, ("recorder", "wire"), wait=False) as running:
            until(lambda: running.figure("sidecar", "ready"), "it has started", 60)
            url = f"http://127.0.0.1:{running.port()}/report"
            wrk = subprocess.Popen(
                ["wrk", "-t1", "-c8", "-d200s", "--timeout", "20s", url],
                stdout=subprocess.PIPE,
                text=True,
            )
            try:
                until(
                    lambda: running.figure("wire-0", "connections_open") == 8, "begun"
                )
                done = _reload(config)
                assert done.returncode == 0, done.stderr + running.words()
                assert running.figure("wire-0", "connections_open") == 8
            finally:
                wrk.send_signal(signal.SIGINT)
                told, _ = wrk.communicate(timeout=30)
            assert "requests in" in told
            assert "Socket errors" not in told
            assert "Non-2xx" not in told
