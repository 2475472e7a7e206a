"""The gate with real processes: what a client was shown was on disk when it was."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from typing_extensions import override

from proxy.events import ExchangeRecorded, GapKind, GapRecorded, ViewRecorded
from tests.support.sidecars import Front, Running, run, write_config
from tests.support.waiting import until

RULES = """\
application: {name}
session: none
assurance: gate
on_failure: {name}
records:
  client:
    request: "GET /client/{{number}}"
    action: view
    subject: {{type: client, id: {{css: h1}}}}
    context: {{number: {{path: number, keep: plain}}}}
"""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        page = b"<html><h1>" + self.path.rpartition("/")[2].encode() + b"</h1></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def application() -> Iterator[str]:
    """An application with a page for every client; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def shown(port: int, number: int) -> bool:
    """Whether the page of this client came; False: the connection was ended."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        try:
            connection.request("GET", f"/client/{number}")
            return b"<h1>" in connection.getresponse().read()
        except (ConnectionError, HTTPException):
            return False


def recorded(running: Running) -> set[str]:
    """Numbers of the clients whose exchange is on disk now."""
    return {
        term.value
        for event in running.events()
        if isinstance(event, ExchangeRecorded)
        for term in event.context
    }


def gaps(running: Running) -> set[tuple[str, GapKind]]:
    """Application and kind of every gap."""
    return {
        (event.application, event.kind)
        for event in running.events()
        if isinstance(event, GapRecorded)
    }


def test_page_is_on_disk_when_it_is_shown_whatever_becomes_of_the_recorder(
    tmp_path: Path,
) -> None:
    """Running, killed, and standing still; closed never shows what open shows late."""
    rules = {}
    for name in ("open", "closed"):
        rules[name] = tmp_path / f"{name}.yaml"
        rules[name].write_text(RULES.format(name=name))
    with application() as upstream:
        fronts = [
            Front(name=name, rules=path, upstream=upstream)
            for name, path in rules.items()
        ]
        config = write_config(tmp_path, fronts, more="gate: {deadline: 2s}")
        with run(config, ["recorder", "wire"], wait=False) as running:
            until(
                lambda: running.figure("wire-0", "recorder_connected"), "recording", 60
            )
            strict, lax = running.port("closed"), running.port("open")

            for number in range(10):
                assert shown(strict, number)
                assert str(number) in recorded(running)

            first = running.pid("recorder")
            os.kill(first, signal.SIGKILL)
            for number in range(100, 110):
                if shown(strict, number):
                    assert str(number) in recorded(running)
            until(lambda: shown(strict, 110), "pages come again", 30)
            assert "110" in recorded(running)

            second = running.pid("recorder")
            os.kill(second, signal.SIGSTOP)
            try:
                assert not shown(strict, 200)
                assert shown(lax, 201)
                assert not recorded(running) & {"200", "201"}
            finally:
                os.kill(second, signal.SIGCONT)
            until(
                lambda: (
                    gaps(running)
                    >= {
                        ("closed", GapKind.GATE_CLOSED),
                        ("open", GapKind.GATE_OPENED),
                    }
                ),
                "both gaps",
                30,
            )
            until(lambda: recorded(running) >= {"200", "201"}, "late, but recorded")
            views = sum(isinstance(each, ViewRecorded) for each in running.events())
            assert views >= 13
