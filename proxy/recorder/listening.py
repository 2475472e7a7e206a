"""The unix socket: private, replaced atomically, removed only if it is ours."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Self

from proxy.errors import UnavailableError, UsageError

_ITERATIONS_TO_ACCEPT = 3
"""Loop iterations from a readable listener to ``connection_made``."""
_LONGEST_PATH = 107
"""Bytes ``sockaddr_un`` has room for, on Linux, the final NUL excluded."""


class Listening:
    """Async context manager: peers may connect while it is open.

    Raises:
        UsageError: the path is too long for a socket.
        UnavailableError: the directory or socket cannot be made.
    """

    def __init__(self, path: Path, peer: Callable[[], asyncio.Protocol]) -> None:
        self._path = path
        self._peer = peer
        self._inode = 0

    async def __aenter__(self) -> Self:
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        if len(os.fsencode(temporary)) > _LONGEST_PATH:
            raise UsageError(
                f"{self._path}: too long for a socket (at most {_LONGEST_PATH} bytes"
                " with the process id); choose a shorter state directory"
            )
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            listener.bind(os.fspath(temporary))
            temporary.chmod(0o600)
            listener.listen(64)
            listener.setblocking(False)
            # Renamed when it listens: a wire that finds it is never refused.
            temporary.replace(self._path)
            self._inode = self._path.stat().st_ino
        except OSError as error:
            listener.close()
            raise UnavailableError(
                f"the tap socket {self._path} cannot be made: {error}"
            ) from error
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._peer, sock=listener)
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # another recorder's, or gone already
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        # Nobody can connect any more; who already has must get a transport before
        # the server closes: asyncio would leave it open and unread for ever
        # (CPython 3.11: Server._attach fails after close, the socket leaks).
        for _turn in range(_ITERATIONS_TO_ACCEPT):
            await asyncio.sleep(0)
        self._server.close()
