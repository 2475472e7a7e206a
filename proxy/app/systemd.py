"""The service manager: sockets it hands over, and what it is told.

Sockets come as descriptors 3, 4, … with names (sd_listen_fds(3)): a port below
1024 needs no right in this process, and is held while the sidecar is upgraded.
States go as datagrams to the socket it names (sd_notify(3)). Without a service
manager both do nothing.

Failure modes: ``UsageError`` for sockets that do not fit the config; a manager
that does not listen is never waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Mapping, MutableMapping

from proxy.config import Application
from proxy.errors import UsageError

FIRST_DESCRIPTOR = 3
MOST_BYTES = 4096
"""Of one datagram; a status line is cut there."""


def handed_over(
    environment: MutableMapping[str, str],
    applications: tuple[Application, ...],
    first: int = FIRST_DESCRIPTOR,
) -> dict[str, socket.socket]:
    """The listening sockets the service manager opened, by application.

    The variables are taken away: they are meant for this process alone.

    Args:
        environment: of this process.
        applications: ``FileDescriptorName=`` of a socket is the name of one.
        first: descriptor of the first socket.

    Raises:
        UsageError: a socket is of no application, does not listen, or not where
            the config says.
    """
    pid = environment.pop("LISTEN_PID", "")
    count = environment.pop("LISTEN_FDS", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not count.isdecimal():
        return {}
    known = {each.name: each for each in applications}
    given = [names[at] if at < len(names) else "" for at in range(int(count))]
    for at, name in enumerate(given):
        if name not in known or name in given[:at]:
            raise UsageError(
                f"socket {name or 'without a name'} of the service manager: "
                "FileDescriptorName= must be an application, once each: "
                f"{', '.join(known)}"
            )
    found: dict[str, socket.socket] = {}
    try:
        for at, name in enumerate(given, first):
            found[name] = _taken(at, known[name])
    except UsageError:
        for sock in found.values():
            sock.close()
        raise
    return found


def _taken(descriptor: int, application: Application) -> socket.socket:
    where = f"socket {application.name} of the service manager"
    try:
        sock = socket.socket(fileno=descriptor)
    except OSError as error:
        raise UsageError(f"{where}: it is no socket") from error
    wrong = _wrong(sock, application)
    if wrong is not None:
        sock.close()
        raise UsageError(f"{where}: {wrong}")
    sock.setblocking(False)
    sock.set_inheritable(True)
    return sock


def _wrong(sock: socket.socket, application: Application) -> str | None:
    if sock.type != socket.SOCK_STREAM or sock.family not in (
        socket.AF_INET,
        socket.AF_INET6,
    ):
        return "it is no TCP socket"
    if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return "it does not listen"
    port = sock.getsockname()[1]
    if port != application.listen.port:
        return (
            f"it listens at port {port}, the config says {application.listen}; "
            "ListenStream= must be the same"
        )
    return None


def notify(environment: Mapping[str, str], **state: str) -> None:
    """Tell the service manager, e.g. ``READY="1", STATUS="recording everything"``."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # Linux's abstract namespace
        address = "\0" + address[1:]
    lines = (f"{name}={' '.join(value.split())}" for name, value in state.items())
    said = "\n".join(lines).encode()[:MOST_BYTES]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        # Its queue is full, or it is gone: the sidecar goes on.
        with contextlib.suppress(OSError):
            sock.sendto(said, address)


def watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    """How often to say that this process is alive: half of what is asked for."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    asked = environment.get("WATCHDOG_USEC", "")
    return int(asked) / 2e6 if asked.isdecimal() and int(asked) else None


async def keep_told(environment: Mapping[str, str], line: Callable[[], str]) -> None:
    """Say that the loop turns, and the status line, until cancelled."""
    pause = watchdog_seconds(environment)
    while True:
        notify(environment, WATCHDOG="1", STATUS=line())
        await asyncio.sleep(min(pause or 5.0, 5.0))
