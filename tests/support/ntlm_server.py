"""An application that authenticates connections by NTLM, as IIS does.

The protocol is pyspnego's, which is not ours; around it stands an HTTP/1.1
server of the standard library. It runs as a process of its own:
``python -m tests.support.ntlm_server PORT LOG``, with pyspnego's user file in
``NTLM_USER_FILE``.

``/public/`` never looks at credentials, ``/cookie/`` sets a session cookie for
whom the connection is of, ``/negotiate/`` asks for ``Negotiate`` instead of
``NTLM``. All the rest is for authenticated connections.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import spnego
from typing_extensions import override

from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
DOMAIN = "OFFICE"
_OPTIONS = {
    "NTLM": spnego.NegotiateOptions.use_ntlm,
    "Negotiate": spnego.NegotiateOptions.use_negotiate,
}


@dataclass(frozen=True, slots=True)
class NtlmServer:
    """Where it listens, and what it saw."""

    port: int
    log: Path

    @property
    def users(self) -> list[tuple[str, str]]:
        """(path, user) of every request, as the server itself saw them."""
        found = []
        for line in self.log.read_text().splitlines():
            path, _, user = line.partition("\t")
            found.append((path, user))
        return found


@contextmanager
def ntlm_server(directory: Path, words: Mapping[str, str]) -> Iterator[NtlmServer]:
    """The server, running until the block ends; ``words`` are passwords by user."""
    directory.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    users, log = directory / "users", directory / "log"
    users.write_text("".join(f"{DOMAIN}:{u}:{w}\n" for u, w in words.items()))
    log.touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.ntlm_server", str(port), str(log)],
        cwd=ROOT,
        env={**os.environ, "NTLM_USER_FILE": str(users)},
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _listens(port, process), "the NTLM server listens")
        yield NtlmServer(port, log)
    finally:
        process.terminate()
        process.wait(10)


class Browser:
    """One TCP connection of somebody who speaks NTLM, step by step."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookie = ""

    def get(self, path: str, authorization: str = "") -> int:
        """One request on the connection, whatever it is authenticated as."""
        return self._ask(path, authorization)[0]

    def login(
        self, path: str, user: str, word: str, protocol: str = "NTLM"
    ) -> tuple[int, str]:
        """The handshake for one page; its status, and the last Authorization."""
        context = spnego.client(
            user,
            word,
            hostname="127.0.0.1",
            protocol=protocol.lower(),
            options=_OPTIONS[protocol] | spnego.NegotiateOptions.use_ntlm,
        )
        status, header, token = 401, "", None
        while status == 401 and not context.complete:
            out = context.step(token)
            if out is None:
                break
            header = f"{protocol} {base64.b64encode(out).decode()}"
            status, answered = self._ask(path, header)
            token = base64.b64decode(answered) if answered else None
            if token is None:
                break
        return status, header

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _ask(self, path: str, authorization: str) -> tuple[int, str]:
        headers = {"Authorization": authorization} if authorization else {}
        if self.cookie:
            headers["Cookie"] = self.cookie
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            self.cookie = line.partition(";")[0]
        challenge = answer.headers.get("WWW-Authenticate", "")
        return answer.status, challenge.partition(" ")[2]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_path = Path()
    context: Any = None
    user = ""

    def do_GET(self) -> None:
        """Serve one request of the connection this handler is of."""
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        offered = self.headers.get("Authorization")
        if self.path.startswith("/public/"):
            self._answer(200)
            return
        scheme = "Negotiate" if self.path.startswith("/negotiate/") else "NTLM"
        if offered is None:
            self._answer(200 if self.user else 401, scheme)
            return
        token = self._step(scheme, base64.b64decode(offered.partition(" ")[2]))
        if self.context is not None and self.context.complete:
            self.user = self.context.client_principal
            self.context = None
        self._answer(200 if self.user else 401, f"{scheme} {token}".strip())

    do_POST = do_GET  # noqa: N815  # the name the library looks for

    @override
    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _step(self, scheme: str, token: bytes) -> str:
        if self.user or self.context is None:
            self.user = ""
            self.context = spnego.server(
                protocol=scheme.lower(),
                options=_OPTIONS[scheme] | spnego.NegotiateOptions.use_ntlm,
            )
        try:
            answer = self.context.step(token)
        except spnego.exceptions.SpnegoError:
            self.context = None
            return ""
        return base64.b64encode(answer or b"").decode()

    def _answer(self, status: int, challenge: str = "") -> None:
        with self.log_path.open("a") as log:
            log.write(f"{self.path}\t{self.user if status == 200 else '-'}\n")
        body = b"<p id=client>4711</p>\n" if status == 200 else b"Unauthorized\n"
        self.send_response(status)
        if challenge and (status == 401 or " " in challenge):
            self.send_header("WWW-Authenticate", challenge)
        if status == 200 and self.path.startswith("/cookie/"):
            value = base64.urlsafe_b64encode(self.user.encode()).decode().rstrip("=")
            self.send_header("Set-Cookie", f"SID=session-of-{value}; Path=/")
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the NTLM server ended"
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def main() -> None:
    """Serve until SIGTERM."""
    _Handler.log_path = Path(sys.argv[2])
    ThreadingHTTPServer.request_queue_size = 64
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()


if __name__ == "__main__":
    main()
