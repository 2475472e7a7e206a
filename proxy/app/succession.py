"""A supervisor that becomes its successor: new code and config, same sockets and pid.

The old image says what it holds in the environment (listening sockets, children) and
executes the command line it was started with. The new one takes that over: nobody
who connects meanwhile is refused, because the sockets never close, and whoever
supervises this process sees none of it.

Failure modes: the config is checked by the *new* code in a process of its own, and
new addresses are bound, before anything is given up; what is refused changes
nothing. What stands in the environment and makes no sense is ignored: children of
that kind are then nobody's, and end with this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Final

import msgspec

from proxy.app.listening import bind
from proxy.config import Application
from proxy.errors import UsageError

NAME: Final = "WHOSAW_SUCCEEDS"
LOOK_SECONDS: Final = 0.05
CHECK_SECONDS: Final = 60.0
"""For reading config, rules and certificates."""


class Child(msgspec.Struct, frozen=True):
    """A process the old image had started."""

    role: str
    pid: int
    grace: float


class Estate(msgspec.Struct, frozen=True):
    """What the new image takes over."""

    generation: int
    """How many images this process has had."""
    sockets: dict[str, int]
    children: tuple[Child, ...]


def take(environment: MutableMapping[str, str]) -> Estate | None:
    """What an image before this one left; once."""
    text = environment.pop(NAME, "")
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=Estate)
    except msgspec.MsgspecError:
        return None


def become(estate: Estate) -> None:
    """Execute the successor; returns only by an exception.

    Raises:
        OSError: the interpreter is not there.
    """
    # They would end a process that has not yet said what they mean.
    for number in (signal.SIGHUP, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    environment = {**os.environ, NAME: msgspec.json.encode(estate).decode()}
    os.execve(sys.executable, sys.orig_argv, environment)  # noqa: S606


async def check(config: Path) -> None:
    """Have the code that is installed now read the config.

    Raises:
        UsageError: it is refused, in its own words.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "proxy", "run", "--check", "--config", str(config)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, words = await asyncio.wait_for(process.communicate(), CHECK_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise UsageError(f"{config} was not read in {CHECK_SECONDS:.0f} s") from None
    if process.returncode:
        raise UsageError(words.decode(errors="replace").strip() or "refused")


def sockets(
    before: Iterable[Application],
    held: Mapping[str, socket.socket],
    after: Iterable[Application],
) -> dict[str, socket.socket]:
    """Sockets of the new config: those held where nothing changed, others bound.

    Raises:
        UnavailableError: an address cannot be bound; none is held that was not.
    """
    known = {each.name: _place(each) for each in before}
    found: dict[str, socket.socket] = {}
    made: list[socket.socket] = []
    try:
        for each in after:
            if each.name in held and known.get(each.name) == _place(each):
                found[each.name] = held[each.name]
            else:
                made.append(bind(each))
                found[each.name] = made[-1]
    except Exception:
        for sock in made:
            sock.close()
        raise
    return found


def _place(application: Application) -> object:
    led = application.transparent
    return application.listen, None if led is None else led.method


async def end(
    child: Child,
    number: signal.Signals = signal.SIGTERM,
    grace: float | None = None,
) -> None:
    """Ask a child of the old image to end; kill it after its grace; reap it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, number)
    deadline = time.monotonic() + (child.grace if grace is None else grace)
    while not gone(child.pid):
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
        await asyncio.sleep(LOOK_SECONDS)


def gone(pid: int) -> bool:
    """Whether this child has ended; it is reaped then."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
