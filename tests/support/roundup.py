"""A real Roundup issue tracker, served by waitress, with its own database.

Nothing of it is ours: the classic template, its SQLite backend, its login. The
database is the truth the tests compare with.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xmlrpc.client import ServerProxy

BIN = Path(sys.executable).parent
SERVE = """\
import sys
from roundup.cgi.wsgi_handler import RequestDispatcher
from waitress import serve
serve(RequestDispatcher(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]),
      threads=1)
"""

TOPICS = ("parking", "heating", "payroll")
"""What the issues are about, in turn: something to search for."""


@dataclass(frozen=True, slots=True)
class Tracker:
    """Where it listens, and what is in it."""

    home: Path
    port: int
    issues: tuple[str, ...]
    users: dict[str, str] = field(repr=False)
    """Password by user name."""

    def titles(self) -> dict[str, str]:
        """Issue number to title, read from the tracker's own database."""
        listed = _admin(self.home, "-S", "\t", "table", "issue", "id,title:90")
        found: dict[str, str] = {}
        for line in listed.splitlines()[1:]:
            number, _, title = line.strip().partition(" ")
            found[number] = title.strip()
        return found


@contextlib.contextmanager
def tracker(
    home: Path, public_port: int, users: tuple[str, ...], issues: int
) -> Iterator[Tracker]:
    """A running tracker that believes it is found at ``public_port``.

    Args:
        home: directory to make it in.
        public_port: port of the sidecar: the tracker checks Referer against it.
        users: names of the employees; each gets a password of its own.
        issues: how many issues to file.
    """
    _admin(home, "install", "classic", "sqlite")
    config = home / "config.ini"
    text = config.read_text()
    for key, value in {
        "web": f"http://127.0.0.1:{public_port}/",
        "domain": "example.org",
        "host": "localhost",
    }.items():
        text = text.replace(f"#{key} = NO DEFAULT", f"{key} = {value}")
    for key, value in {
        "debug": f"{home}/mail.mbox",
        "login_attempts_min": "0",  # or it refuses the third login in a minute
    }.items():
        text, found = re.subn(
            rf"^{key} =( \d+)?[ ]*$", f"{key} = {value}", text, flags=re.MULTILINE
        )
        assert found == 1, key
    config.write_text(text)
    _admin(home, "initialise", "admin-word")
    passwords = {user: f"word-of-{user}" for user in users}
    script = [
        f"create user username={user} password={word} roles=User "
        f"address={user}@example.org"
        for user, word in passwords.items()
    ]
    script += [
        f'create issue title="Request number {n} about {TOPICS[n % len(TOPICS)]}"'
        for n in range(issues)
    ]
    numbers = _admin_script(home, script)[len(users) :]
    with _served(home) as port:
        yield Tracker(home, port, tuple(numbers), passwords)


@contextlib.contextmanager
def _served(home: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = (home / "serve.log").open("wb")
    child = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(home), str(port)], stdout=log, stderr=log
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the tracker does not listen"
                time.sleep(0.05)
        yield port
    finally:
        child.terminate()
        child.wait(20)
        log.close()


def _admin(home: Path, *words: str) -> str:
    return subprocess.run(
        [str(BIN / "roundup-admin"), "-i", str(home), *words],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    ).stdout


def _admin_script(home: Path, lines: list[str]) -> list[str]:
    """Run many commands in one process; the numbers they print."""
    printed = subprocess.run(
        [str(BIN / "roundup-admin"), "-i", str(home)],
        input="\n".join([*lines, "commit", "quit"]) + "\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return re.findall(r"^(?:roundup> )*(\d+)\s*$", printed, re.MULTILINE)


@dataclass(slots=True)
class Browser:
    """One user's browser: a cookie jar and a connection kept open."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    connection: HTTPConnection | None = field(default=None, repr=False)

    def get(self, path: str) -> tuple[int, str]:
        """Fetch a page; status and text."""
        return self._send("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """Send a form; status and text of the answer (redirects not followed)."""
        return self._send("POST", path, urlencode(fields))

    def login(self, user: str, word: str) -> tuple[int, str]:
        """Fill in the login form of the front page."""
        _, page = self.get("/")
        token = re.search(r'name="@csrf"[^>]*?value="([^"]*)"', page, re.DOTALL)
        return self.post(
            "/",
            {
                "__login_name": user,
                "__login_password": word,
                "@action": "Login",
                "__came_from": f"http://127.0.0.1:{self.port}/issue",
                "@csrf": token[1] if token else "",
            },
        )

    def close(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()

    def _send(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        headers = {
            "Referer": f"http://127.0.0.1:{self.port}/",
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
        }
        if not self.cookies:
            del headers["Cookie"]
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        self._keep_cookies(answer)
        return answer.status, text

    def _keep_cookies(self, answer: HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            if "max-age=0" in line.lower() or not value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


@dataclass(slots=True)
class Program:
    """A program that uses the interfaces with a password in every request."""

    port: int
    user: str = ""
    """Empty: it sends no password."""
    word: str = field(default="", repr=False)

    def rest(
        self, method: str, path: str, fields: object = None, **headers: str
    ) -> tuple[int, Any]:
        """One request to the REST interface; status and the answer's JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers |= {name.title(): value for name, value in self._origin()}
        if self.user:
            word = b64encode(f"{self.user}:{self.word}".encode()).decode()
            headers["Authorization"] = f"Basic {word}"
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(fields)
        with contextlib.closing(connection):
            connection.request(method, f"/rest/data/{path}", body, headers)
            answer = connection.getresponse()
            text = answer.read()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(text) if is_json else None

    def rpc(self) -> ServerProxy:
        """The XML-RPC interface; a context manager, which closes its connection."""
        sign = f"{self.user}:{self.word}@" if self.user else ""
        url = f"http://{sign}127.0.0.1:{self.port}/xmlrpc"
        return ServerProxy(url, headers=self._origin(), allow_none=True)

    def _origin(self) -> list[tuple[str, str]]:
        here = f"http://127.0.0.1:{self.port}"
        return [
            ("Origin", here),
            ("Referer", f"{here}/"),
            ("X-Requested-With", "XMLHttpRequest"),
        ]


def port_of(url: str) -> int:
    """The port in a URL."""
    port = urlsplit(url).port
    assert port is not None
    return port
