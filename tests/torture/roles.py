"""The processes of a sidecar, forked from one that has imported them already.

A start by ``python -m proxy`` takes seconds of importing on a busy machine; a
run that kills four processes would be nothing but that. What runs after the fork
is the very function the command calls.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import socket
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from proxy.config import Config, load

GRACE_SECONDS = 0.5
"""How long a recorder waits for a wire to come back, instead of five seconds:
reconnecting takes milliseconds here, and a run has four seconds."""
COUNT_SECONDS = 0.3
"""How often the shipper counts, instead of every ten seconds."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "tests.torture.roles",
        "proxy.cli",
        "proxy.app.recorder",
        "proxy.app.rulesets",
        "proxy.app.shipper",
        "proxy.app.store",
        "proxy.app.wire",
    ]
)


class Roles:
    """Processes of one config by role; ``listening`` is shared by its wires."""

    def __init__(self, config: Path, log: Path) -> None:
        self.config: Config = load(config)
        self._path = config
        self._log = log
        self._running: dict[str, ForkServerProcess] = {}
        self.listening: dict[str, socket.socket] = {}

    def start(self, role: str) -> None:
        """Start it; returns at once."""
        process = _context.Process(
            target=_main, args=(role, self._path, self._log, self.listening)
        )
        process.start()
        self._running[role] = process

    def signal(self, role: str, number: int) -> None:
        """Send it a signal; one that is gone already gets none."""
        process = self._running[role]
        if process.pid is not None and process.exitcode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)

    def kill(self, role: str) -> None:
        """SIGKILL; it is gone when this returns."""
        self.signal(role, signal.SIGKILL)
        self._running[role].join()

    def fill_disk(self, role: str, *, full: bool) -> None:
        """Let no file of it grow, or let them again."""
        process = self._running[role]
        if process.pid is None or process.exitcode is not None:
            return
        hard = resource.RLIM_INFINITY
        with suppress(ProcessLookupError):
            resource.prlimit(
                process.pid, resource.RLIMIT_FSIZE, (0 if full else hard, hard)
            )

    def alive(self, role: str) -> bool:
        """Whether it runs."""
        process = self._running.get(role)
        return process is not None and process.exitcode is None

    def end(self, role: str, seconds: float) -> None:
        """SIGTERM and wait.

        Raises:
            AssertionError: it did not end in time, or not with 0.
        """
        process = self._running[role]
        self.signal(role, signal.SIGTERM)
        process.join(seconds)
        assert process.exitcode == 0, f"{role} ended with {process.exitcode}"

    def close(self) -> None:
        """Kill what is left."""
        for role in self._running:
            self.signal(role, signal.SIGCONT)
            self.kill(role)
        for each in self.listening.values():
            each.close()


def _main(
    role: str, path: Path, log: Path, listening: dict[str, socket.socket]
) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    from proxy.cli.options import log_to_stderr

    log_to_stderr(role)
    raise SystemExit(_role(role, load(path), listening))


def _role(role: str, config: Config, listening: dict[str, socket.socket]) -> int:
    if role == "recorder":
        from proxy.app import recorder
        from proxy.recorder.limits import Limits

        limits = Limits(wire_grace=GRACE_SECONDS, start_grace=GRACE_SECONDS)
        return recorder.run(config, limits)
    if role == "shipper":
        from proxy.app import shipper

        return shipper.run(config, count_s=COUNT_SECONDS)
    if role == "store":
        from proxy.app import store

        return store.run(config)
    from proxy.app import wire

    descriptors = {name: each.fileno() for name, each in listening.items()}
    return wire.run(config, int(role.removeprefix("wire-")), descriptors)
