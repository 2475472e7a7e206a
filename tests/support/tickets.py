"""The application that ``deploy/examples/minimal`` describes, small and honest.

Form login with a session cookie, ``/client/{id}``, ``/clients`` with a list of
three, and ``/report``, which the rule set does not know. It knows whom it showed
what: ``shown`` is the truth.
"""

from __future__ import annotations

import http.client
import itertools
import ssl
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from typing_extensions import override

RULES = Path(__file__).parents[2] / "deploy" / "examples" / "minimal" / "rules.yaml"
PASSWORD = "sesame"
LISTED = ("201", "202", "203")

Shown = Counter[tuple[str, str, str]]
"""(account, action, client), as often as it was answered."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """A client, the list, the logout, or the front page."""
        account = self.server.tickets.account(self._cookie())
        if self.path.startswith("/client/"):
            client = self.path.removeprefix("/client/")
            self.server.tickets.show(account, "view", client)
            self._answer(200, f"<h1>Client {client}</h1>")
        elif self.path.startswith("/clients"):
            for client in LISTED:
                self.server.tickets.show(account, "search", client)
            rows = "".join(f"<tr data-id='{c}'><td>{c}</td></tr>" for c in LISTED)
            name = "found" if self.server.tickets.redesigned else "results"
            self._answer(200, f"<table id='{name}'>{rows}</table>")
        elif self.path == "/report":
            self._answer(200, "<p>figures that no rule knows</p>")
        elif self.path == "/logout":
            self.server.tickets.end(self._cookie())
            self._answer(302, "", Location="/")
        else:
            self._answer(404, "nothing")

    def do_POST(self) -> None:
        """A login; a wrong password answers 200."""
        length = int(self.headers.get("Content-Length") or 0)
        form = parse_qs(self.rfile.read(length).decode())
        if self.path != "/login" or form.get("password") != [PASSWORD]:
            self._answer(200, "<form>again</form>")
            return
        cookie = self.server.tickets.begin(form["username"][0])
        self._answer(302, "", Location="/", Set_Cookie=f"SESSION={cookie}; Path=/")

    def _cookie(self) -> str:
        return self.headers.get("Cookie", "").removeprefix("SESSION=")

    def _answer(self, status: int, text: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, tickets: Tickets, context: ssl.SSLContext | None
    ) -> None:
        self.tickets = tickets
        super().__init__(("127.0.0.1", port), _Handler)
        if context is not None:
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that was cut is no error here."""


class Tickets:
    """The application's state, and the truth about it."""

    def __init__(self, port: int, context: ssl.SSLContext | None) -> None:
        self.shown: Shown = Counter()
        self.redesigned = False
        """The list of clients looks different from what the rule set describes."""
        self._sessions: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._server = _Server(port, self, context)
        self.port: int = self._server.server_address[1]
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def start(self) -> None:
        """Serve, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def account(self, cookie: str) -> str:
        """Who that is; empty for nobody."""
        return self._sessions.get(cookie, "")

    def begin(self, account: str) -> str:
        """A new session."""
        with self._lock:
            cookie = f"session-{next(self._numbers)}-of-{account}"
            self._sessions[cookie] = account
        return cookie

    def end(self, cookie: str) -> None:
        """No session any more."""
        self._sessions.pop(cookie, None)

    def show(self, account: str, action: str, client: str) -> None:
        """Remember who was shown what."""
        with self._lock:
            self.shown[account, action, client] += 1


@contextmanager
def tickets(port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[Tickets]:
    """The application, in threads of this process, until the block ends."""
    running = Tickets(port, context)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@dataclass(slots=True)
class Browser:
    """One connection at a time, kept open, and a cookie."""

    port: int
    cookie: str = field(default="", repr=False)
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def login(self, account: str, password: str = PASSWORD) -> int:
        """Fill in the form; the status."""
        body = f"username={account}&password={password}"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", "/login", body, kind)

    def get(self, path: str) -> int:
        """Fetch a page; the status."""
        return self._send("GET", path, None, {})

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> int:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=30
            )
        if self.cookie:
            headers["Cookie"] = f"SESSION={self.cookie}"
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        for line in answer.headers.get_all("Set-Cookie") or ():
            self.cookie = line.removeprefix("SESSION=").partition(";")[0]
        return answer.status


class Traffic:
    """Employees at work, each opening clients nobody else opens, until ``stop``.

    ``cut`` is how often a connection broke under a request; they go on on another.
    """

    def __init__(self, port: int, accounts: Iterable[str]) -> None:
        self.cut = 0
        self.opened = 0
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1000)
        self._threads = [
            threading.Thread(target=self._work, args=(port, account), daemon=True)
            for account in accounts
        ]
        self._ready = threading.Barrier(len(self._threads) + 1)

    def start(self) -> None:
        """Let everybody log in, then begin."""
        for thread in self._threads:
            thread.start()
        self._ready.wait(30)

    def stop(self) -> None:
        """Let everybody finish what is under way."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "an employee does not come to an end"

    def _work(self, port: int, account: str) -> None:
        browser = Browser(port)
        browser.login(account)
        self._ready.wait(30)
        while not self._stopping.is_set():
            try:
                browser.get(f"/client/{next(self._numbers)}")
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.cut += 1
            else:
                with self._lock:
                    self.opened += 1
        browser.close()


@contextmanager
def working(port: int, *accounts: str) -> Iterator[Traffic]:
    """``Traffic`` while the block lasts."""
    traffic = Traffic(port, accounts)
    traffic.start()
    try:
        yield traffic
    finally:
        traffic.stop()
