"""Keeps child processes alive, and ends them in a given order.

A child that ends by itself is started again, after a pause that doubles from
0.1 to 5 seconds and is forgotten once the child has lived for 10 seconds: a
crash is repaired at once, a crash loop does not burn the host. Ending goes in
the reverse order of starting, each child by SIGTERM and a grace, then SIGKILL,
so that a recorder is still there while the wires drain.

Children die with the supervisor (Linux: PR_SET_PDEATHSIG sends them SIGTERM):
an orphaned wire would hold the port its successor needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

PAUSE_FIRST = 0.1
PAUSE_MOST = 5.0
SETTLED_SECONDS = 10.0
"""A child that lived this long has started well; the next pause is short again."""

PR_SET_PDEATHSIG = 1
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 47, 2, 4
CAP_NET_RAW = 13
"""linux/prctl.h and linux/capability.h."""
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """One process to keep running."""

    role: str
    argv: Sequence[str]
    descriptors: Sequence[int] = ()
    """Inherited by the child under the same numbers."""
    grace: float = 10.0
    """Seconds between SIGTERM and SIGKILL."""
    ready: Callable[[], bool] | None = None
    """Polled after the first start; the next child waits until it holds."""
    ready_seconds: float = 30.0
    capabilities: Sequence[int] = ()
    """What the child keeps of the rights this process was granted (ambient)."""


@dataclass(slots=True)
class Child:
    """A spec with its process."""

    spec: ChildSpec
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Supervisor:
    """Starts children in order, restarts them, ends them in reverse order."""

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        before_start: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self.children = [Child(spec) for spec in specs]
        self._before_start = before_start
        """Told each role before its process is started for the first time."""

    async def start(self) -> None:
        """Start every child; one with ``ready`` is waited for (bounded)."""
        for child in self.children:
            if self._before_start is not None:
                await self._before_start(child.spec.role)
            started = asyncio.Event()
            child.task = asyncio.create_task(
                self._keep(child, started), name=f"keep {child.spec.role}"
            )
            await started.wait()
            await self._until_ready(child.spec)

    async def stop(self) -> None:
        """End every child, the last started first."""
        for child in reversed(self.children):
            child.stopping.set()
            await self._end(child)
            if child.task is not None:
                child.task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await child.task

    def forward(self, role: str, number: signal.Signals) -> None:
        """Pass a signal on to a child, when it runs."""
        for child in self.children:
            process = child.process
            if child.spec.role != role or process is None or process.returncode:
                continue
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)

    def running(self) -> list[tuple[ChildSpec, int]]:
        """Each child that runs now, with its process id."""
        return [
            (child.spec, child.process.pid)
            for child in self.children
            if child.process is not None and child.process.returncode is None
        ]

    def figures(self) -> dict[str, object]:
        """How often each child was started again, for the supervisor's report."""
        return {"restarts": {each.spec.role: each.restarts for each in self.children}}

    async def _until_ready(self, spec: ChildSpec) -> None:
        if spec.ready is None:
            return
        deadline = asyncio.get_running_loop().time() + spec.ready_seconds
        while not spec.ready():
            if asyncio.get_running_loop().time() > deadline:
                logger.warning("%s is not ready yet, going on without", spec.role)
                return
            await asyncio.sleep(0.02)

    async def _keep(self, child: Child, started: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        pause = PAUSE_FIRST
        spec = child.spec
        while not child.stopping.is_set():
            begun = loop.time()
            try:
                child.process = await asyncio.create_subprocess_exec(
                    *spec.argv,
                    pass_fds=spec.descriptors,
                    stdin=asyncio.subprocess.DEVNULL,
                    preexec_fn=_as_child(os.getpid(), spec.capabilities),
                    start_new_session=True,
                )
            except OSError as error:
                logger.error("%s cannot be started: %s", spec.role, error)  # noqa: TRY400
                code = -1
            else:
                logger.info("%s started, pid %d", spec.role, child.process.pid)
                started.set()
                code = await child.process.wait()
            started.set()
            if child.stopping.is_set():
                return
            if loop.time() - begun > SETTLED_SECONDS:
                pause = PAUSE_FIRST
            child.restarts += 1
            logger.warning(
                "%s ended with %d, starting it again in %.1f s", spec.role, code, pause
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_MOST)

    async def _end(self, child: Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), child.spec.grace)
        except TimeoutError:
            logger.error(  # noqa: TRY400
                "%s did not end within %.0f s of SIGTERM, killing it",
                child.spec.role,
                child.spec.grace,
            )
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _as_child(parent: int, capabilities: Sequence[int]) -> Callable[[], None]:
    def arrange() -> None:
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
        for each in capabilities:  # refused where it was never granted
            _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, each, 0, 0)
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return arrange
