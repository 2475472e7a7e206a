"""A sidecar in front of the stand-in application, as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from proxy import status
from proxy.app.access import store_client
from proxy.config import Config, load
from proxy.store.client import ClickHouseStore
from proxy.store.port import StoreRejected, StoreUnavailable

RULES = Path(__file__).with_name("rules.yaml")
READY_SECONDS = 60.0

CONFIG = """\
node: demo
state: state
wires: {wires}
applications:
  vesta:
    rules: {rules}
    listen: 127.0.0.1:{listen}
    upstream: {upstream}
store:
  embedded: true
  url: http://127.0.0.1:{store}
"""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A running ``whosaw run``."""

    config: Config
    url: str
    """Where browsers find the application."""
    pid: int

    def store(self) -> ClickHouseStore:
        """A client of its store."""
        return store_client(self.config)

    def figure(self, role: str, name: str) -> int:
        """A figure of a process's status; 0 before it reported one."""
        report = status.read(self.config.status_directory).get(role)
        return int(report.figures.get(name, 0)) if report is not None else 0


def write_config(directory: Path, upstream: str, *, wires: int) -> Path:
    """A config on free loopback ports."""
    path = directory / "whosaw.yaml"
    listen, store = free_ports(2)
    path.write_text(
        CONFIG.format(
            wires=wires, rules=RULES, listen=listen, store=store, upstream=upstream
        )
    )
    return path


def free_ports(count: int) -> list[int]:
    """Loopback ports nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@contextlib.asynccontextmanager
async def sidecar(path: Path, log: Path) -> AsyncIterator[Sidecar]:
    """Run ``whosaw run`` until the block ends; ready when it begins.

    Raises:
        RuntimeError: it ended, or did not get ready in time; with its last words.
    """
    config = load(path)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "proxy",
            "run",
            "--config",
            str(path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    running = Sidecar(config, f"http://{config.applications[0].listen}", process.pid)
    try:
        await _until_ready(running, process, log)
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _until_ready(
    running: Sidecar, process: asyncio.subprocess.Process, log: Path
) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.returncode is None and time.monotonic() < deadline:
        if recording(running.config) and await asyncio.to_thread(_asks, running):
            return
        await asyncio.sleep(0.1)
    words = log.read_text(errors="replace").strip().splitlines()[-8:]
    raise RuntimeError("the sidecar did not get ready:\n" + "\n".join(words))


def recording(config: Config) -> bool:
    """Whether its verdict is that everything is recorded, with all wires there."""
    now = time.time()
    reports = status.read(config.status_directory)
    living = frozenset(role for role in reports if status.alive(reports[role], now))
    return status.verdict(
        reports, wires=config.wires, now=now, living=living
    ).recording and all(f"wire-{number}" in living for number in range(config.wires))


def _asks(running: Sidecar) -> bool:
    """Whether the store answers and has its schema."""
    try:
        store = running.store()
        ready = not store.missing_migrations()
    except (StoreUnavailable, StoreRejected):
        return False
    store.close()
    return ready
