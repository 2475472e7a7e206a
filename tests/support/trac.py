"""A real Trac issue tracker, served by its own tracd, with its own database.

Nothing of it is ours: its pages, its tickets, its login at /login with a cookie
afterwards. The database is the truth the tests compare with.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

BIN = Path(sys.executable).parent
TOPICS = ("parking", "heating", "payroll")
"""What the tickets are about, in turn: something to search for."""
FILE = """\
import sys
from trac.env import open_environment
from trac.ticket.model import Ticket
env = open_environment(sys.argv[1])
topics = sys.argv[3].split(",")
for number in range(int(sys.argv[2])):
    ticket = Ticket(env)
    ticket.populate({"summary": f"Request {number} about {topics[number % 3]}",
                     "reporter": f"client{number}@example.org", "status": "new",
                     "type": "defect", "component": "component1"})
    ticket.insert()
"""
READY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Tracker:
    """Where it listens, and what is in it."""

    home: Path
    port: int
    users: dict[str, str] = field(repr=False)
    """Password by user name."""

    def summaries(self) -> dict[str, str]:
        """Ticket number to summary, read from the tracker's own database."""
        with contextlib.closing(sqlite3.connect(self.home / "db" / "trac.db")) as db:
            rows = db.execute("SELECT id, summary FROM ticket").fetchall()
        return {str(number): str(summary) for number, summary in rows}


@contextlib.contextmanager
def tracker(home: Path, users: tuple[str, ...], tickets: int) -> Iterator[Tracker]:
    """A running tracker.

    Args:
        home: directory to make it in.
        users: names of the employees; each gets a password of its own.
        tickets: how many to file.
    """
    _run(BIN / "trac-admin", home, "initenv", "helpdesk", "sqlite:db/trac.db")
    _run(sys.executable, "-c", FILE, home, str(tickets), ",".join(TOPICS))
    words = {user: f"word-of-{user}" for user in users}
    passwords = home / "htpasswd"
    passwords.write_text(
        "".join(f"{user}:{{SHA}}{_digest(word)}\n" for user, word in words.items())
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = (home / "serve.log").open("wb")
    child = subprocess.Popen(
        [
            BIN / "tracd",
            "--single-env",
            "--hostname=127.0.0.1",
            f"--port={port}",
            f"--basic-auth=*,{passwords},helpdesk",
            home,
        ],
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the tracker does not listen"
                time.sleep(0.05)
        yield Tracker(home, port, words)
    finally:
        child.terminate()
        child.wait(20)
        log.close()


def _run(*words: str | Path) -> None:
    subprocess.run(
        words, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60
    )


def _digest(word: str) -> str:
    return base64.b64encode(hashlib.sha1(word.encode()).digest()).decode()


@dataclass(slots=True)
class Browser:
    """One user's browser: a cookie jar, a connection kept open."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    connection: HTTPConnection | None = field(default=None, repr=False)

    def get(self, path: str, word: str = "") -> tuple[int, str]:
        """Fetch a page; status and text. ``word``: user and password for Basic."""
        return self._send("GET", path, None, word)

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """Send a form (with Trac's token); redirects are not followed."""
        token = {"__FORM_TOKEN": self.cookies.get("trac_form_token", "")}
        return self._send("POST", path, urlencode(fields | token), "")

    def login(self, user: str, word: str) -> int:
        """Follow the link, get asked, give the password; the last status."""
        asked, _ = self.get("/login")
        assert asked == 401
        status, _ = self.get("/login", f"{user}:{word}")
        return status

    def close(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()

    def _send(
        self, method: str, path: str, body: str | None, word: str
    ) -> tuple[int, str]:
        headers = {"Connection": "keep-alive"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if word:
            encoded = base64.b64encode(word.encode()).decode()
            headers["Authorization"] = f"Basic {encoded}"
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or ():
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            # A date of the past, not digits that are in a value by chance.
            if not value or re.search(
                r"expires=[^;]*19\d\d", attributes, re.IGNORECASE
            ):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer.status, text
