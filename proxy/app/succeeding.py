"""What a supervisor does about the image before it, and about the one after.

SIGUSR2 (``whosaw reload``) has it become its successor (``proxy.app.succession``),
once the config is checked and new addresses are bound. The successor replaces each
process in its turn: the old one ends, then the new one starts. Wires are the other
way round: all new ones accept first, then the old ones take what is queued and
drain for as long as connections last, ``handover`` at most.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Mapping

from proxy.app import succession
from proxy.app.succession import Child, Estate
from proxy.app.supervisor import Supervisor
from proxy.config import Config, load
from proxy.errors import UnavailableError, UsageError, WhosawError

logger = logging.getLogger(__name__)


class Succeeding:
    """One image's part.

    Args:
        config: in force.
        estate: what the image before left; None: this is the first one.
        sockets: held, by application.

    """

    def __init__(
        self,
        config: Config,
        estate: Estate | None,
        sockets: Mapping[str, socket.socket],
    ) -> None:
        self.supervisor: Supervisor
        self._config = config
        self._sockets = sockets
        self._generation = 0 if estate is None else estate.generation
        self._old = {} if estate is None else {c.role: c for c in estate.children}
        self._ending: dict[asyncio.Task[None], Child] = {}
        self._asked: asyncio.Task[None] | None = None
        self._ready = False
        self._refused = ""

    @property
    def is_first(self) -> bool:
        """No image was before this one."""
        return not self._generation

    @property
    def first_wire(self) -> int:
        """Number of the first new wire: old ones keep theirs while they drain."""
        taken = {
            int(role.removeprefix("wire-"))
            for role in self._old
            if role.startswith("wire-")
        }
        first = 0
        while taken & set(range(first, first + self._config.wires)):
            first += 1
        return first

    async def make_room(self, role: str) -> None:
        """Have the old process of this role end, before the new one is started."""
        old = self._old.pop(role, None)
        if old is not None:
            logger.info("%s is replaced", role)
            await succession.end(old)

    def started(self) -> None:
        """Everything new is there: what is left of the old image is not needed."""
        self._ready = True
        for child in self._old.values():
            wire = child.role.startswith("wire-")
            # A wire that is succeeded has time: nobody waits for its end.
            number = signal.SIGUSR1 if wire else signal.SIGTERM
            grace = child.grace + (self._config.handover if wire else 0.0)
            task = asyncio.create_task(
                succession.end(child, number, grace),
                name=f"end {child.role} {child.pid}",
            )
            self._ending[task] = child
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self._ending.pop(task, None)

    async def stop(self) -> None:
        """End what is left of the old image now."""
        if self._asked is not None:
            self._asked.cancel()
        left = list(self._ending.values()) if self._ready else list(self._old.values())
        for task in self._ending:
            task.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
        await asyncio.gather(*map(succession.end, left))

    def ask(self) -> None:
        """Become the successor, soon; asked again meanwhile, that is one."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._succeed(), name="succession")

    def figures(self) -> dict[str, object]:
        """For the supervisor's report."""
        return {
            **self.supervisor.figures(),
            "generation": self._generation,
            "ready": self._ready,
            "old_wires_draining": len(self._ending),
            "reload_refused": self._refused,
        }

    async def _succeed(self) -> None:
        self._refused = ""
        try:
            sockets = await self._prepared()
        except WhosawError as error:
            self._refused = str(error)[:500]
            logger.error("nothing is reloaded: %s", error)  # noqa: TRY400
            return
        for sock in sockets.values():
            os.set_inheritable(sock.fileno(), True)
        logger.info("becoming the successor")
        succession.become(
            Estate(
                generation=self._generation + 1,
                sockets={name: sock.fileno() for name, sock in sockets.items()},
                children=tuple(
                    Child(spec.role, pid, spec.grace)
                    for spec, pid in self.supervisor.running()
                )
                + tuple(self._ending.values()),
            )
        )

    async def _prepared(self) -> dict[str, socket.socket]:
        """The sockets of the new config; nothing is given up yet."""
        if not self._ready:
            raise UnavailableError("what was reloaded before has not started yet")
        await succession.check(self._config.file)
        config = load(self._config.file)
        if config.state != self._config.state:
            raise UsageError("another state directory needs a restart")
        wanted = config.applications if self._sockets else ()
        return succession.sockets(self._config.applications, self._sockets, wanted)
