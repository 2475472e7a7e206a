"""The load of a long run: nginx behind, wrk in front, and connections that idle."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.bench import peers
from tests.bench.page import client_page

NEEDED = ("wrk", "nginx")

_SERVER = """
    server {{
      listen 127.0.0.1:{port} backlog=4096; root {www}; default_type text/html;
      client_header_timeout 24h;
      location = /count {{ stub_status; }}
      location = /login {{
        add_header Set-Cookie "JSESSIONID=$cookie_JSESSIONID"; return 302 /;
      }}
      location / {{
        try_files /page.html =404;
        sub_filter 900123 $arg_id; sub_filter_once off;
      }}
    }}"""
_SCRIPT = """
local n = {first}
local form = {{["Content-Type"] = "application/x-www-form-urlencoded"}}
delay = function() return {pause} end
request = function()
  n = n + 1
  local cookie = "JSESSIONID=S" .. math.floor(n / 50)
  if n % 50 == 0 then
    form["Cookie"] = cookie
    return wrk.format("POST", "/login", form, "username=u" .. math.floor(n / 50) % 700)
  end
  return wrk.format("GET", "/client/view.do?id=" .. (100000 + n % 900000),
                    {{["Cookie"] = cookie}})
end
"""


@contextlib.contextmanager
def application(directory: Path) -> Iterator[peers.Running]:
    """A client page that shows whose it was asked for, and a login."""
    port = peers.free_port()
    www = directory / "www"
    www.mkdir(parents=True)
    (www / "page.html").write_bytes(client_page())
    server = _SERVER.format(port=port, www=www)
    with peers.nginx(directory / "app", port, server) as pid:
        yield peers.Running(f"http://127.0.0.1:{port}/client/view.do?id=1", pid)


@contextlib.contextmanager
def requests(
    port: int, directory: Path, *, first: int, connections: int, rate: float
) -> Iterator[int]:
    """Requests until the block ends, so many a second at most; the pid."""
    script = directory / "load.lua"
    script.write_text(
        _SCRIPT.format(first=first, pause=round(connections * 1000 / rate))
    )
    argv = ["wrk", "-t1", f"-c{connections}", "-d10000000s", "--timeout", "30s"]
    with (directory / "wrk.log").open("wb") as log:
        child = subprocess.Popen(
            [*argv, "-s", str(script), f"http://127.0.0.1:{port}/"],
            stdout=log,
            stderr=log,
        )
        try:
            yield child.pid
        finally:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


class Idle:
    """Connections that are opened, and say nothing."""

    def __init__(self, port: int, number: int) -> None:
        self._sockets: list[socket.socket] = []
        for _ in range(number):
            one = socket.create_connection(("127.0.0.1", port), 30)
            self._sockets.append(one)

    def open(self) -> int:
        """How many nobody has closed."""
        looked = select.poll()
        for each in self._sockets:
            looked.register(each, select.POLLIN | select.POLLHUP)
        return len(self._sockets) - len(looked.poll(0))

    def close(self) -> None:
        """End all of them."""
        for each in self._sockets:
            each.close()
