"""Promises of transparent mode, between real hosts: client, gateway, application."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from proxy.events import Action, GapKind, GapRecorded
from tests.support.debian import need
from tests.support.led_site import ADVISOR, Site, browse, guarded, led, site
from tests.support.namespaces import (
    APPLICATION,
    CLIENT,
    GATEWAY,
)
from tests.support.sidecars import start
from tests.support.waiting import until


@pytest.mark.parametrize(
    ("method", "tool", "at"),
    [
        ("redirect", "nft", APPLICATION),
        ("tproxy", "nft", APPLICATION),
        ("redirect", "iptables", GATEWAY),
        ("tproxy", "nft", GATEWAY),
        ("tproxy", "iptables", GATEWAY),
    ],
)
def test_curl_browses_unmodified_and_is_recorded(
    tmp_path: Path, method: str, tool: str, at: dict[int, str]
) -> None:
    """Plain and TLS, IPv4 and IPv6, on the application's own host and before it:
    views under the client's own address; TPROXY shows that address to the
    application too; ``down`` leaves the host as it was."""
    urls = [
        f"{scheme}://{host}"
        for scheme in ("http", "https")
        for host in (at[4], f"[{at[6]}]")
    ]
    with site(tmp_path, method, at) as found:
        before = found.net.gateway.kernel()
        browse(found.net.client, tmp_path, urls[0], number=1)
        assert found.views() == Counter()
        assert found.peers() == {CLIENT[4]}

        for _ in range(2):
            done = found.whosaw("up", "--tool", tool)
            assert done.returncode == 0, done.stderr
        assert found.whosaw("status").returncode == 0
        for number, url in enumerate(urls):
            browse(found.net.client, tmp_path, url, number=2 + number)
        seen = found.peers()
        for _ in range(2):
            done = found.whosaw("down", "--drain", "0")
            assert done.returncode == 0, done.stderr
        browse(found.net.client, tmp_path, urls[0], number=9)

        until(lambda: found.views().total() >= len(urls), "views are recorded")
        assert found.views() == Counter(
            {(ADVISOR.account, address): 2 for address in CLIENT.values()}
        )
        assert seen == (set(CLIENT.values()) if method == "tproxy" else set())
        assert found.peers() == {CLIENT[4]}
        assert [(g.kind, g.reason, g.intended) for g in found.gaps()] == [
            (GapKind.CAPTURE_OFF, "open_before_up", True)
        ] * 2
        assert found.net.gateway.kernel() == before
        assert found.whosaw("status").returncode == 1


@pytest.mark.parametrize("method", ["redirect", "tproxy"])
def test_nobody_notices_up_and_down_in_mid_traffic(tmp_path: Path, method: str) -> None:
    """Each request is answered, on new connections and on one that was open before,
    which passes beside the sidecar and is listed."""
    with site(tmp_path, method) as found:
        with led(found.net.client, "kept") as kept, led(found.net.client) as fresh:
            assert found.whosaw("up").returncode == 0
            until(
                lambda: (found.sidecar.figure("wire-0", "connections_total") or 0) > 20,
                "connections are led",
            )
            status = json.loads(found.whosaw("status", "--json").stdout)
            down = found.whosaw("down", "--drain", "5")
            assert down.returncode == 0
            assert "reset" not in down.stdout
            through = found.sidecar.figure("wire-0", "connections_total")
            kept_told, fresh_told = kept(), fresh()

        assert kept_told.wrong == []
        assert fresh_told.wrong == []
        assert fresh_told.answers > through > 20
        assert status["led"]
        # The last packet of one that just ended lists it once more.
        assert status["beside"] in {1, 2}


@pytest.mark.parametrize("method", ["redirect", "tproxy"])
def test_frozen_wires_are_passed_by_and_taken_up_again(
    tmp_path: Path, method: str
) -> None:
    """Nobody does anything: the direct path is back, what hangs is reset, the time is
    a gap nobody meant, and once wires beat connections are led again."""
    with site(tmp_path, method) as found, guarded(found):
        first = found.sidecar.pid("wire-0")
        with led(found.net.client) as fresh:
            os.kill(first, signal.SIGSTOP)
            until(lambda: _gap_of_silence(found), "the time is a gap", 60)
            until(lambda: found.sidecar.pid("wire-0") != first, "another wire", 60)
            until(
                lambda: (found.sidecar.figure("wire-0", "connections_total") or 0) > 5,
                "connections are led again",
                60,
            )
            told = fresh()
        assert found.whosaw("down", "--drain", "0").returncode == 0

        assert len(told.wrong) <= 2, told.wrong
        gap = next(filter(_silence, found.gaps()))
        assert not gap.intended
        assert gap.to_ns > gap.from_ns


def test_a_sidecar_that_is_killed_whole_is_passed_by(tmp_path: Path) -> None:
    """Wires, recorder and supervisor at once, in mid-traffic: the application stays
    reachable; the gap waits for the next recorder."""
    with site(tmp_path, "redirect") as found, guarded(found):
        with led(found.net.client) as fresh:
            pids = [report.pid for report in found.sidecar.reports().values()]
            for pid in {*pids, found.sidecar.process.pid}:
                os.kill(pid, signal.SIGKILL)
            found.sidecar.process.wait()
            until(lambda: found.whosaw("status").returncode == 1, "nothing is led", 60)
            browse(found.net.client, tmp_path, f"http://{APPLICATION[4]}", number=1)
            told = fresh()

        assert told.answers
        path = found.directory / "whosaw.yaml"
        again = start(path, ("recorder", "wire"), prefix=found.net.gateway.prefix)
        try:
            until(lambda: _gap_of_silence(found), "the time is a gap", 60)
        finally:
            again.end()


def _gap_of_silence(found: Site) -> bool:
    return any(_silence(gap) for gap in found.gaps())


def _silence(gap: GapRecorded) -> bool:
    return gap.reason == "wires_silent"


def test_chromium_browses_unmodified_and_is_recorded(tmp_path: Path) -> None:
    """A form that is sent, a redirect, frames: what the frames show is recorded."""
    need("chromium")
    page = tmp_path / "login.html"
    fields = {"j_username": ADVISOR.account, "j_password": ADVISOR.password}
    inputs = "".join(f"<input name={k} value='{v}'>" for k, v in fields.items())
    action = f"http://{APPLICATION[4]}/login.do"
    page.write_text(
        f"<form method=post action='{action}'>{inputs}</form>"
        "<script>document.forms[0].submit()</script>"
    )
    with site(tmp_path, "tproxy") as found:
        assert found.whosaw("up").returncode == 0
        shown = found.net.client.run(
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu"),
            *("--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}"),
            *("--virtual-time-budget=10000", "--dump-dom", page.as_uri()),
            check=False,
        )
        until(lambda: found.views(Action.LIST), "the agenda is recorded", 60)
        assert found.whosaw("down", "--drain", "0").returncode == 0

        assert "frame" in shown.stdout
        assert found.views(Action.LIST).keys() == {(ADVISOR.account, CLIENT[4])}
