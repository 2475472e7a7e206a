"""The wire's memory: a 1 GiB download, and two thousand idle connections."""

from __future__ import annotations

import json
import socket
import tempfile
import time
from pathlib import Path

from rich.console import Console

from tests.bench import peers, procfs, whosaw

GIB = 1 << 30
IDLE = 2000


def main(console: Console) -> None:
    """Measure both in one sidecar and print them; build/bench-wire.json."""
    with tempfile.TemporaryDirectory(prefix="whosaw-bench-") as directory:
        place = Path(directory)
        with (
            peers.application(place / "application") as app,
            whosaw.sidecar(place / "sidecar", app, wires=1) as running,
        ):
            figures = download(running) | idle(running)
            recorded = running.settled(2 * IDLE + 1)
            figures |= {
                "exchanges_recorded": recorded.exchanges,
                "exchanges_made": 2 * IDLE + 1,
                "gaps": recorded.gaps,
            }
    (Path(__file__).parents[2] / "build" / "bench-wire.json").write_text(
        json.dumps(figures, indent=2) + "\n"
    )
    for name, value in figures.items():
        console.print(f"{name.replace('_', ' ')}: {value:,.1f}")


def download(running: whosaw.Sidecar) -> dict[str, float]:
    """Fetch 1 GiB; what the peaks of wire and recorder rose by."""
    wire, recorder = running.pid_of("wire-0"), running.pid_of("recorder")
    before = {pid: procfs.memory_mib(pid, "VmRSS") for pid in (wire, recorder)}
    for pid in before:
        procfs.reset_peak(pid)
    begun = time.perf_counter()
    got = _fetch(running.port, "/large.bin")
    seconds = time.perf_counter() - begun
    return {
        "download_mib": got / (1 << 20),
        "download_mib_per_s": got / (1 << 20) / seconds,
        "download_added_mib_wire": procfs.memory_mib(wire) - before[wire],
        "download_added_mib_recorder": procfs.memory_mib(recorder) - before[recorder],
    }


def idle(running: whosaw.Sidecar) -> dict[str, float]:
    """Open ``IDLE`` connections, each with one exchange done; memory a piece."""
    wire = running.pid_of("wire-0")
    before = procfs.memory_mib(wire, "VmRSS")
    connections = []
    for _ in range(IDLE):
        sock = socket.create_connection(("127.0.0.1", running.port))
        connections.append(sock)
    held = 0
    request = f"GET /count HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n\r\n".encode()
    for sock in connections:
        sock.sendall(request)
    for sock in connections:
        held += sock.recv(65536).startswith(b"HTTP/1.1 200")
    again = 0
    for sock in connections:
        sock.sendall(request)
        again += sock.recv(65536).startswith(b"HTTP/1.1 200")
    after = procfs.memory_mib(wire, "VmRSS")
    for sock in connections:
        sock.close()
    return {
        "idle_connections_held": held,
        "idle_connections_answering_again": again,
        "idle_kib_per_connection_wire": (after - before) * 1024 / IDLE,
    }


def _fetch(port: int, path: str) -> int:
    """Read a whole response and throw it away; bytes of its body."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        room = bytearray(1 << 20)
        got = sock.recv_into(room)
        head = room[:got].index(b"\r\n\r\n") + 4
        length = int(room[:head].lower().split(b"content-length: ")[1].split(b"\r")[0])
        got -= head
        while got < length:
            some = sock.recv_into(room)
            if not some:
                break
            got += some
        return got
