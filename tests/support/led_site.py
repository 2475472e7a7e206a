"""A client, a gateway with a sidecar, and an application, between real hosts.

``with site(directory, "redirect") as found`` runs them in network namespaces; nothing
is led until ``found.whosaw("up")``.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.application.clients import FIRST_ID
from deploy.demo.application.staff import ADVISORS
from deploy.demo.sidecar import RULES
from proxy.events import Action, GapRecorded, ViewRecorded
from tests.support.certificates import Authority
from tests.support.led_client import Told, asking
from tests.support.namespaces import (
    APPLICATION,
    CLIENT,
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

    def views(self, action: Action = Action.VIEW) -> Counter[tuple[str, str]]:
        """Account and address of the client of each view of this kind."""
        return Counter(
            (event.actor.name, event.client_address)
            for event in self.sidecar.events()
            if isinstance(event, ViewRecorded) and event.action is action
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
def guarded(found: Site) -> Iterator[None]:
    """Connections are led, and a guard watches."""
    with (found.directory / "guard.log").open("w") as log:
        guard = found.net.gateway.start(
            [
                *(sys.executable, "-m", "proxy", "transparent", "guard"),
                *("--config", str(found.directory / "whosaw.yaml")),
            ],
            stderr=log,
        )
        try:
            socket = found.directory / "state" / "guard.sock"
            until(socket.exists, "the guard listens", 60)
            assert found.whosaw("up").returncode == 0
            yield
        finally:
            guard.terminate()
            assert guard.wait(10) == 0


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


def led(
    client: Host, *more: str
) -> contextlib.AbstractContextManager[Callable[[], Told]]:
    """Somebody on that host who asks for the login page all the time."""
    return asking(APPLICATION[4], 80, "/login.do", *more, prefix=client.prefix)
