"""TLS towards browsers and towards the application, with curl as the browser."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import debian
from tests.support.certificates import Authority, Issued
from tests.support.sidecars import Front, Running, sidecar
from tests.support.tickets import PASSWORD, RULES, Tickets, tickets
from tests.support.waiting import until

pytestmark = pytest.mark.debian


@dataclass(frozen=True, slots=True)
class Secured:
    """An application behind TLS, behind a sidecar with TLS."""

    application: Tickets
    running: Running
    authority: Path
    jar: Path

    def curl(self, path: str, *more: str, of: str = "right") -> tuple[int, str]:
        """Exit code and status; curl verifies, as browsers do."""
        done = subprocess.run(
            [
                *("curl", "--silent", "--show-error", "--max-time", "20"),
                *("--cacert", str(self.authority), "--output", "/dev/null"),
                *("--cookie", str(self.jar), "--cookie-jar", str(self.jar)),
                *("--write-out", "%{http_code} %{ssl_verify_result}"),
                *more,
                f"https://localhost:{self.running.port(of)}{path}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Three ways to the same application: the third trusts nobody it should."""
    debian.need("curl")
    directory = tmp_path_factory.mktemp("tls")
    browsers = Authority(directory, "browsers")
    inside = Authority(directory, "inside")
    shown = browsers.issue("localhost")
    with tickets(context=_context(inside.issue("application.test"))) as application:
        fronts = [
            _front(name, application, shown, ca, server_name)
            for name, ca, server_name in (
                ("right", inside.path, "application.test"),
                ("name", inside.path, "localhost"),
                ("authority", browsers.path, "application.test"),
            )
        ]
        with sidecar(directory / "sidecar", fronts) as running:
            yield Secured(application, running, browsers.path, directory / "jar")


def _context(issued: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    return context


def _front(
    name: str, application: Tickets, shown: Issued, ca: Path, server_name: str
) -> Front:
    return Front(
        name=name,
        rules=RULES,
        upstream=application.url,
        more=f"tls: {{certificate: {shown.certificate}, key: {shown.key}}}\n"
        f"upstream_tls: {{ca: {ca}, server_name: {server_name}}}\n"
        "max_connections: 100",
    )


def test_what_passes_under_tls_on_both_sides_is_recorded(secured: Secured) -> None:
    """Login, list and client, each over a connection of its own."""
    form = f"username=joan&password={PASSWORD}"

    answers = [
        secured.curl("/login", "--data", form),
        secured.curl("/client/7"),
        secured.curl("/clients"),
    ]

    assert answers == [(0, "302 0"), (0, "200 0"), (0, "200 0")]
    # Where the application could not prove itself a request may stand alone.
    answered = "SELECT count() FROM exchanges WHERE status > 0"
    secured.running.until_stored(lambda: secured.running.asked(answered) == [(3,)])
    shown = secured.application.shown
    assert shown.total() == 4
    assert secured.running.shown("client", {c for _, _, c in shown}) == shown
    assert secured.running.asked("SELECT * FROM gaps") == []


@pytest.mark.parametrize("of", ["name", "authority"])
def test_an_application_that_cannot_prove_its_name_gets_nothing(
    secured: Secured, of: str
) -> None:
    """No request reaches it, the browser sees the connection end, status says so."""
    before = secured.application.shown.total()

    code, answer = secured.curl("/client/8", of=of)

    assert code != 0
    assert answer.startswith("000")
    assert secured.application.shown.total() == before
    until(
        lambda: f"application {of} is not reachable" in secured.running.verdict(),
        "status says that it is not reachable",
    )


def test_a_browser_that_asks_for_another_name_goes_no_further(
    secured: Secured,
) -> None:
    """The given certificate is shown, and it is not for that name."""
    port = secured.running.port("right")
    here = ("--connect-to", f"other.test:{port}:localhost:{port}")
    done = subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--max-time", "20", *here),
            *("--cacert", str(secured.authority)),
            f"https://other.test:{port}/client/9",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 60
    assert "other.test" in done.stderr
