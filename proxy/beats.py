"""The beat of a process whose silence somebody has to notice: an edge.

A datagram to ``STATE/guard.sock`` five times a second: ``ROLE PID``. Nothing waits
and no disk is touched: a wire must not depend on who listens. Nobody there, or a
socket that is full, is no failure.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

SECONDS: Final = 0.2


def path_of(state: Path) -> Path:
    """Where it is listened for."""
    return state / "guard.sock"


async def beat(state: Path, role: str) -> None:
    """Say that this process turns its loop, until cancelled."""
    path = os.fspath(path_of(state))
    said = f"{role} {os.getpid()}".encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        while True:
            with suppress(OSError):
                sock.sendto(said, path)
            await asyncio.sleep(SECONDS)


def listening(state: Path) -> socket.socket:
    """Where beats arrive.

    Raises:
        OSError: the state directory cannot be written.
    """
    path = path_of(state)
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(os.fspath(path))
    path.chmod(0o600)
    sock.setblocking(False)
    return sock


def heard(sock: socket.socket, most: int = 1000) -> list[tuple[str, int]]:
    """Role and process id of each beat that has arrived."""
    found = []
    for _ in range(most):
        try:
            data = sock.recv(256)
        except OSError:
            break
        role, _, pid = data.decode("ascii", "replace").partition(" ")
        if pid.isdigit():
            found.append((role, int(pid)))
    return found
