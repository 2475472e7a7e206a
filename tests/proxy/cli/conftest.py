"""A sidecar in front of the tickets application, shared by the tests of commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.support.sidecars import Front, Running, sidecar
from tests.support.tickets import RULES, Browser, Tickets, tickets


@dataclass(frozen=True, slots=True)
class Recorded:
    """A sidecar that has recorded a little of everything."""

    application: Tickets
    running: Running
    until: datetime
    """When all that is promised had been recorded."""

    @property
    def config(self) -> tuple[str, str]:
        """The option that names its config."""
        return "--config", str(self.running.config.file)

    @property
    def reasoned(self) -> tuple[str, ...]:
        """The same, and why somebody asks."""
        return (*self.config, "--reason", "case 7")

    @property
    def asked(self) -> tuple[str, ...]:
        """Options of a question about just what is promised."""
        return (*self.reasoned, "--to", self.until.isoformat())


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """Joan and Rik were shown clients, somebody without a name too, and a page that
    no rule knows was answered.

    A test may add to it, and questions end before that.
    """
    directory = tmp_path_factory.mktemp("commands")
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(directory, [front]) as running:
            with closing(Browser(running.port())) as browser:
                browser.get("/client/103")
                browser.login("joan")
                browser.get("/client/101")
                browser.get("/clients")
                browser.get("/report")
            with closing(Browser(running.port())) as browser:
                browser.login("rik", "wrong")
                browser.login("rik")
                browser.get("/client/101")
            running.until_exchanges(8)
            yield Recorded(application, running, datetime.now(UTC))
