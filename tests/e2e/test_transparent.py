"""Promises of transparent mode, between real hosts: client, gateway, application."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from deploy.demo.application.clients import FIRST_ID
from deploy.demo.application.staff import ADVISORS
from deploy.demo.sidecar import RULES
from proxy.events import Action, GapKind, GapRecorded, ViewRecorded
from tests.support.certificates import Authority
from tests.support.namespaces import (
    APPLICATION,
    CLIENT,
    GATEWAY,
    Host,
    Network,
    network,
)
from tests.support.sidecars import Running, start
from tests.support.waiting import until

ADVISOR = ADVISORS[3]
CONFIG = """\
state: state
wires: 1
drain: 2s
applications:
  plain:
    rules: {rules}
    listen: ":9080"
    upstream: http://{v4}:80
    transparent: {{method: {method}, destinations: ["{v4}:80", "[{v6}]:80"]}}
  secure:
    rules: {rules}
    listen: ":9443"
    upstream: https://vesta.test:443
    tls: {{certificate: vesta.test.pem, key: vesta.test.key}}
    upstream_tls: {{ca: authority.pem}}
    transparent: {{method: {method}, destinations: ["{v4}:443", "[{v6}]:443"]}}
"""


@dataclass(slots=True)
class Site:
    """Everything that runs."""

    net: Network
    directory: Path
    sidecar: Running

    def whosaw(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``whosaw transparent …`` on the gateway."""
        return self.net.gateway.run(
            *(sys.executable, "-m", "proxy", "transparent", *words),
            *("--config", str(self.directory / "whosaw.yaml")),
            check=False,
        )

    def peers(self) -> set[str]:
        """Clients whose addresses the application saw, since the last look."""
        file = self.directory / "peers"
        found = file.read_text().split()
        file.write_text("")
        return set(found) & set(CLIENT.values())

    def views(self) -> Counter[tuple[str, str]]:
        """Pages about one client: account and address of the client."""
        return Counter(
            (event.actor.name, event.client_address)
            for event in self.sidecar.events()
            if isinstance(event, ViewRecorded) and event.action is Action.VIEW
        )

    def gaps(self) -> list[GapRecorded]:
        """In the order of the journal."""
        return [e for e in self.sidecar.events() if isinstance(e, GapRecorded)]


@contextmanager
def site(
    directory: Path, method: str, at: dict[int, str] = APPLICATION
) -> Iterator[Site]:
    """An application, and a sidecar on the gateway that leads nothing yet."""
    v4, v6 = at[4], at[6]
    authority = Authority(directory)
    issued = authority.issue("vesta.test", v4, v6)
    path = directory / "whosaw.yaml"
    path.write_text(CONFIG.format(rules=RULES, method=method, v4=v4, v6=v6))
    with network() as net:
        host = net.application if at is APPLICATION else net.gateway
        application = host.start(
            [
                *(sys.executable, "-m", "tests.support.led_application"),
                *(str(directory), str(issued.certificate), str(issued.key)),
            ],
            stdout=subprocess.PIPE,
        )
        assert application.stdout is not None
        sidecar = start(path, ("recorder", "wire"), prefix=net.gateway.prefix)
        try:
            assert application.stdout.readline() == b"ready\n"
            until(lambda: sidecar.figure("wire-0", "recorder_connected"), seconds=60)
            yield Site(net, directory, sidecar)
        finally:
            sidecar.end()
            application.kill()
            application.stdout.close()
            application.wait()


@contextmanager
def asking(client: Host, *more: str) -> Iterator[Callable[[], Told]]:
    """Somebody who asks all the time; the block calls what it is given to stop."""
    words = (APPLICATION[4], "80", "/login.do", *more)
    process = client.start(
        [sys.executable, "-m", "tests.support.led_client", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None

    def stop() -> Told:
        told, _ = process.communicate(timeout=20)
        return msgspec.json.decode(told, type=Told)

    try:
        assert process.stdout.readline() == b"begun\n"
        yield stop
    finally:
        process.kill()
        process.communicate()


class Told(msgspec.Struct, frozen=True):
    """What somebody who asked all the time says."""

    answers: int
    wrong: list[str]
    longest: float


def browse(client: Host, directory: Path, url: str, *, number: int) -> None:
    """Log in with curl and open one client."""
    jar = directory / f"jar-{number}"
    curl = (
        *("curl", "--silent", "--show-error", "--fail", "--max-time", "10"),
        *("--cookie", str(jar), "--cookie-jar", str(jar)),
        *("--cacert", str(directory / "authority.pem")),
    )
    client.run(*curl, f"{url}/start.do")
    client.run(
        *curl,
        *("--data", f"j_username={ADVISOR.account}&j_password={ADVISOR.password}"),
        f"{url}/login.do",
    )
    page = client.run(*curl, f"{url}/client/view.do?id={FIRST_ID + number}").stdout
    assert "clientnr" in page, page


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
        gateway = found.net.client
        with asking(gateway, "kept") as kept, asking(gateway) as fresh:
            assert found.whosaw("up").returncode == 0
            until(
                lambda: (found.sidecar.figure("wire-0", "connections_total") or 0) > 20,
                "connections are led",
            )
            status = json.loads(found.whosaw("status", "--json").stdout)
            down = found.whosaw("down", "--drain", "5")
            assert down.returncode == 0
            assert "reset" not in down.stdout
            led = found.sidecar.figure("wire-0", "connections_total")
            kept_told, fresh_told = kept(), fresh()

        assert kept_told.wrong == []
        assert fresh_told.wrong == []
        assert fresh_told.answers > led > 20
        assert status["led"]
        # The last packet of one that just ended lists it once more.
        assert status["beside"] in {1, 2}
