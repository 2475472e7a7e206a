"""The peers, each started as a process of its own on a free loopback port.

The application is nginx serving one page. In front of it stand, in turn: nginx
with an access log; nginx whose Lua filter finds the ids by the same expression
and writes one JSON line a request (what a good engineer would build in a day);
and a stock mitmproxy with an addon that does the same through mitmproxy's own
HTTP layer. All of them write to a file, none syncs it.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.page import CLIENT_PATH, ID, client_page, list_page

MODULE = "/usr/lib/nginx/modules"


@dataclass(frozen=True, slots=True)
class Running:
    """A started path: where to send requests, and the process to account."""

    url: str
    """Of the client page."""
    pid: int
    log: Path | None = None

    @property
    def port(self) -> int:
        """The port of the URL."""
        return int(self.url.split(":")[2].split("/")[0])


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def listening(port: int, seconds: float = 20.0) -> None:
    """Wait until something accepts on the port."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@contextlib.contextmanager
def process(argv: list[str], port: int, **more: object) -> Iterator[int]:
    """Run a program until the block ends; its pid once the port accepts."""
    with Path("/dev/null").open("wb") as null:
        child = subprocess.Popen(argv, stdout=null, stderr=null, **more)  # type: ignore[call-overload]
        try:
            listening(port)
            yield child.pid
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


NGINX = """\
daemon off; master_process {master}; worker_processes 1; pid {dir}/pid;
error_log {dir}/error.log; {modules}
events {{ worker_connections 20000; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 3600;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
  uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  {http}
}}
"""


@contextlib.contextmanager
def nginx(directory: Path, port: int, http: str, modules: str = "") -> Iterator[int]:
    """One nginx with this http block."""
    directory.mkdir(parents=True)
    config = directory / "nginx.conf"
    config.write_text(
        NGINX.format(dir=directory, http=http, modules=modules, master="off")
    )
    argv = ["nginx", "-p", str(directory), "-c", str(config)]
    with process(argv, port) as pid:
        yield pid


@contextlib.contextmanager
def application(directory: Path) -> Iterator[Running]:
    """The application: a client page, a list, and a count of what it served."""
    port = free_port()
    www = directory / "app-www"
    www.mkdir(parents=True)
    (www / "page.html").write_bytes(client_page())
    (www / "list.html").write_bytes(list_page())
    with (www / "large.bin").open("wb") as large:
        large.truncate(1 << 30)
    http = f"""
    server {{
      listen 127.0.0.1:{port} backlog=4096; root {www}; default_type text/html;
      location = /count {{ stub_status; }}
      location = /large.bin {{ }}
      location = /clients {{ try_files /list.html =404; }}
      location / {{ try_files /page.html =404; }}
    }}"""
    with nginx(directory / "app", port, http) as pid:
        yield Running(f"http://127.0.0.1:{port}{CLIENT_PATH}", pid)


_asked: dict[int, int] = {}
"""Questions put to each application so far, by process id: it counts them as well."""


def served(app: Running) -> int:
    """How many requests the application has answered, these questions left out."""
    _asked[app.pid] = _asked.get(app.pid, 0) + 1
    with urllib.request.urlopen(f"http://127.0.0.1:{app.port}/count") as answer:
        numbers = answer.read().split(b"requests\n")[1].split()
    return int(numbers[2]) - _asked[app.pid]


@contextlib.contextmanager
def nginx_proxy(
    directory: Path,
    app: Running,
    *,
    lua: bool = False,
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[Running]:
    """Nginx in front of the application, with or without the Lua filter."""
    port = free_port()
    log = directory / "proxy.log"
    tls = ""
    if certificate is not None:
        tls = f"ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};"
    job = LUA.replace("@EXPRESSION@", ID) if lua else f"access_log {log};"
    lines = LUA_INIT.replace("@LOG@", str(log)) if lua else ""
    http = f"""
    {lines}
    upstream app {{ server 127.0.0.1:{app.port}; keepalive 64;
                    keepalive_requests 100000000; }}
    server {{
      listen 127.0.0.1:{port} {"ssl" if tls else ""} backlog=4096; {tls}
      location / {{
        proxy_pass http://app; proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_buffers 16 16k;
        {job}
      }}
    }}"""
    modules = ""
    if lua:
        modules = "".join(
            f"load_module {MODULE}/{name}.so;\n"
            for name in ("ndk_http_module", "ngx_http_lua_module")
        )
    with nginx(directory / "proxy", port, http, modules) as pid:
        scheme = "https" if tls else "http"
        yield Running(f"{scheme}://127.0.0.1:{port}{CLIENT_PATH}", pid, log)


LUA_INIT = """
init_worker_by_lua_block {
  evidence = io.open("@LOG@", "a"); evidence:setvbuf("full", 65536)
}
"""
LUA = """
body_filter_by_lua_block {
  local chunks = ngx.ctx.chunks or {}
  chunks[#chunks + 1] = ngx.arg[1]
  ngx.ctx.chunks = chunks
}
log_by_lua_block {
  local body = table.concat(ngx.ctx.chunks or {})
  local ids = {}
  for found in ngx.re.gmatch(body, [[@EXPRESSION@]], "jo") do
    ids[#ids + 1] = '"' .. found[1] .. '"'
  end
  evidence:write('{"at":', ngx.now(), ',"path":"', ngx.var.uri,
    '","status":', ngx.status,
    ',"session":"', ngx.md5(ngx.var.cookie_JSESSIONID or ""),
    '","ids":[', table.concat(ids, ","), ']}\\n')
}
"""

ADDON = """\
import hashlib, json, re
IDS = re.compile(rb'{id}')
class Record:
    def __init__(self): self.out = open({log!r}, "a", buffering=65536)
    def response(self, flow):
        ids = IDS.findall(flow.response.content or b"")
        session = flow.request.cookies.get("JSESSIONID", "")
        self.out.write(json.dumps({{
            "at": flow.request.timestamp_start, "path": flow.request.path,
            "status": flow.response.status_code,
            "session": hashlib.md5(session.encode()).hexdigest(),
            "ids": [i.decode() for i in ids]}}) + "\\n")
    def done(self): self.out.close()
addons = [Record()]
"""


@contextlib.contextmanager
def mitmproxy_addon(directory: Path, app: Running) -> Iterator[Running]:
    """A stock mitmproxy whose addon does the job through its HTTP layer."""
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    log = directory / "addon.log"
    script = directory / "record.py"
    script.write_text(ADDON.format(id=ID, log=str(log)))
    argv = [
        str(Path(sys.executable).with_name("mitmdump")),
        "--quiet",
        "--mode",
        f"reverse:http://127.0.0.1:{app.port}",
        "--listen-host",
        "127.0.0.1",
        "--listen-port",
        str(port),
        "--set",
        f"confdir={directory}",
        "--set",
        "flow_detail=0",
        "-s",
        str(script),
    ]
    with process(argv, port) as pid:
        yield Running(f"http://127.0.0.1:{port}{CLIENT_PATH}", pid, log)


def lines(log: Path | None) -> int:
    """Lines a peer wrote: its records, one a request."""
    if log is None or not log.exists():
        return 0
    with log.open("rb") as file:
        return sum(
            chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")
        )
