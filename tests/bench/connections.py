"""Twenty thousand open connections at once, and what a wire costs that does nothing.

``python -m tests.bench.connections [NUMBER]``; ``make bench`` runs it as the part
``connections``. Clients come from several loopback addresses, because one address has
some 28,000 ports towards one other; the application has as many processes as
descriptors demand. Each connection is used when it is opened, and again when all are.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from typing_extensions import override

from addons.transparent import IP_BIND_ADDRESS_NO_PORT
from proxy.events import ExchangeRecorded, GapRecorded
from tests.bench import procfs
from tests.support.sidecars import Front, Running, run, write_config
from tests.support.tickets import RULES
from tests.support.waiting import until
from tests.support.wires import listening, port_of

NUMBER = 20_000
WIRES = 4
EACH = 4_000
"""Connections of one client process."""
QUIET_SECONDS = 10.0
REQUEST = b"GET /report HTTP/1.1\r\nHost: tickets\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


class _Answering(asyncio.Protocol):
    """Answers whatever it is asked."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER * data.count(b"\r\n\r\n"))


async def _serve(descriptor: int) -> None:
    sock = socket.socket(fileno=descriptor)
    server = await asyncio.get_running_loop().create_server(
        _Answering, sock=sock, backlog=4096
    )
    async with server:
        await server.serve_forever()


def _hold(address: str, port: int, number: int) -> None:
    """Open, use, wait for a line, use again, wait for the end."""
    lines = []
    for _ in range(number):
        lines.append(_from(address, port))
        lines[-1].sendall(REQUEST)
        assert lines[-1].recv(4096).startswith(b"HTTP/1.1 200"), "no answer"
    for _ in range(2):
        print(len(lines), flush=True)
        if not sys.stdin.readline():
            return
        lines = [line for line in lines if _again(line)]


def _from(address: str, port: int) -> socket.socket:
    line = socket.socket()
    line.settimeout(30)
    # A port that is chosen at bind is nobody else's, whatever their address.
    line.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    line.bind((address, 0))
    line.connect(("127.0.0.1", port))
    return line


def _again(line: socket.socket) -> bool:
    try:
        line.sendall(REQUEST)
        return line.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def measure(number: int) -> dict[str, float]:
    """The figures, of one sidecar."""
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        application = stack.enter_context(listening())
        application.set_inheritable(True)
        for _ in range(WIRES):
            words = ("serve", str(application.fileno()))
            stack.enter_context(_Process(*words, keeps=application.fileno()))
        front = Front(
            name="tickets",
            rules=RULES,
            upstream=f"http://127.0.0.1:{port_of(application)}",
            more=f"max_connections: {number * 5 // 4 // WIRES}",
        )
        config = write_config(Path(directory), [front], wires=WIRES)
        running = stack.enter_context(run(config, ("recorder", "wire"), wait=False))
        until(lambda: running.figure("sidecar", "ready"), "the sidecar is ready", 120)
        figures = _load(running, number)
        until(lambda: _seen(running) >= 2 * number, "all is recorded", 120)
        gaps = sum(isinstance(event, GapRecorded) for event in running.events())
        return {**figures, "exchanges recorded": _seen(running), "gaps": gaps}


def _load(running: Running, number: int) -> dict[str, float]:
    wires = [running.pid(f"wire-{index}") for index in range(WIRES)]
    nothing_us = _quiet(wires)
    before = sum(procfs.memory_mib(pid, "VmRSS") for pid in wires)
    begun = time.monotonic()
    with ExitStack() as stack:
        clients = []
        for start in range(0, number, EACH):
            address = f"127.0.1.{1 + start // EACH}"
            words = (
                "hold",
                address,
                str(running.port()),
                str(min(EACH, number - start)),
            )
            clients.append(stack.enter_context(_Process(*words)))
        held = sum(map(_said, clients))
        seconds = time.monotonic() - begun
        idle_us = _quiet(wires)
        after = sum(procfs.memory_mib(pid, "VmRSS") for pid in wires)
        for client in clients:
            assert client.stdin is not None
            client.stdin.write(b"again\n")
            client.stdin.flush()
        again = sum(map(_said, clients))
    return {
        "connections held": held,
        "of them answered again": again,
        "seconds to open them": seconds,
        "wires": WIRES,
        "MiB of a wire that has none": before / WIRES,
        "CPU of a wire that has none, %": nothing_us / QUIET_SECONDS / 1e4 / WIRES,
        "CPU of a wire that holds them idle, %": idle_us / QUIET_SECONDS / 1e4 / WIRES,
        "KiB of a wire for an idle connection": (after - before) * 1024 / number,
    }


def _quiet(pids: list[int]) -> int:
    """CPU time of these while nothing passes, microseconds."""
    before = sum(map(procfs.cpu_us, pids))
    time.sleep(QUIET_SECONDS)
    return sum(map(procfs.cpu_us, pids)) - before


def _seen(running: Running) -> int:
    return sum(isinstance(event, ExchangeRecorded) for event in running.events())


def _said(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline() or 0)


class _Process(subprocess.Popen[bytes]):
    """The module in another process, until the block ends."""

    def __init__(self, *words: str, keeps: int | None = None) -> None:
        super().__init__(
            [sys.executable, "-m", "tests.bench.connections", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=() if keeps is None else (keeps,),
        )

    @override
    def __exit__(self, *_: object) -> None:
        self.kill()
        self.communicate()


def main(console: Console, number: int = NUMBER) -> None:
    """Print the figures; build/bench-connections.json."""
    figures = measure(number)
    for name, value in figures.items():
        console.print(f"{name}: {value:,.1f}")
    load = os.getloadavg()[0]
    console.print(f"load of the host: {load:.1f}")
    build = Path(__file__).parents[2] / "build"
    build.mkdir(exist_ok=True)
    (build / "bench-connections.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    match sys.argv[1:]:
        case ["serve", descriptor]:
            asyncio.run(_serve(int(descriptor)))
        case ["hold", address, port, number]:
            _hold(address, int(port), int(number))
        case rest:
            main(Console(width=120), int(rest[0]) if rest else NUMBER)
