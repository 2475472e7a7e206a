"""A wire as a library call: what mitmproxy's master does, without its addons.

None of those is loaded: they rewrite headers (Alt-Svc), end the process on
logged errors, or make a TLS context per connection. Importing ``master`` itself
imports them all (measured: 20 MiB and 0.2 s per wire), so its few parts are put
together here. What remains of mitmproxy is its connection model, its layers,
its listening modes and, for whoever adds an addon, its hooks.

Draining, once asked to stop: accepting ends (what is queued is still taken),
connections on which the server spoke last are closed in order after a silence
that shrinks as the deadline nears, unflushed bytes are waited for, and what is
left at the deadline is aborted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from mitmproxy import addonmanager, command, ctx, options
from mitmproxy.proxy import commands, mode_servers

from addons.descriptors import carry
from addons.handler import WireHandler
from addons.mode import InheritedInstance, InheritedMode
from addons.settings import WireSettings
from addons.status import WireStatus
from proxy.errors import UsageError
from proxy.tapstream import TapSource

logger = logging.getLogger(__name__)

DRAIN_STEP: Final = 0.05
ABORT_SECONDS: Final = 1.0
"""Only bounds a fault of our own: an abort takes a few turns of the loop."""
LAST_SHARE: Final = 0.02
"""Of ``quiet_seconds``, what is demanded at the very end of a drain."""


class Master:
    """The parts of mitmproxy's master that layers, modes and addons use."""

    def __init__(self) -> None:
        self.options = options.Options()
        self.commands = command.CommandManager(cast("Any", self))  # type: ignore[no-untyped-call]
        self.addons = addonmanager.AddonManager(self)  # type: ignore[no-untyped-call]
        ctx.master = cast("Any", self)
        ctx.options = self.options


class Wire:
    """The listeners of one process; mitmproxy's ``ServerManager``."""

    def __init__(self, settings: WireSettings, source: TapSource) -> None:
        self.settings = settings
        self.source = source
        self.master = Master()
        self.connections: dict[Any, Any] = {}
        self.draining = False
        self.listeners: list[mode_servers.ServerInstance[Any]] = [
            mode_servers.ServerInstance.make(
                InheritedMode.parse(f"inherited:{index}"),
                cast("mode_servers.ServerManager", self),
            )
            for index in range(len(settings.listeners))
        ]

    @property
    def instances(self) -> list[InheritedInstance]:
        """The listeners, as what they are."""
        return [cast("InheritedInstance", each) for each in self.listeners]

    @property
    def hooks(self) -> Callable[[commands.StartHook], Any] | None:
        """Where layers' hooks go; None while no addon is loaded."""
        if not self.master.addons.chain:
            return None
        return self.master.addons.handle_lifecycle

    @contextlib.contextmanager
    def register_connection(
        self, connection_id: tuple[Any, ...] | str, handler: WireHandler
    ) -> Iterator[None]:
        """Mitmproxy's way to note a connection; the listeners do it themselves."""
        self.connections[connection_id] = handler
        try:
            yield
        finally:
            self.connections.pop(connection_id, None)

    @property
    def handlers(self) -> list[WireHandler]:
        """Every open connection."""
        return [handler for each in self.instances for handler in each.handlers]

    async def start(self) -> None:
        """Begin accepting.

        Raises:
            UsageError: a descriptor is no listening socket, or the process may
                not have as many descriptors as the limits need.
        """
        carry(sum(each.max_connections for each in self.settings.listeners))
        try:
            for each in self.instances:
                await each._start()  # noqa: SLF001  # start() logs at INFO
        except UsageError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Accept no more."""
        self.draining = True
        for each in self.instances:
            await each._stop()  # noqa: SLF001

    async def drain(self, patient: asyncio.Event | None = None) -> int:
        """Wait for open connections to end; return how many had to be aborted.

        While ``patient`` is set they have ``handover_seconds``.
        """
        loop = asyncio.get_running_loop()
        has_time = patient is not None and patient.is_set()
        settings = self.settings
        whole = settings.handover_seconds if has_time else settings.drain_seconds
        deadline = loop.time() + whole
        while self.handlers and (left := deadline - loop.time()) > 0:
            if has_time and patient is not None and not patient.is_set():
                has_time, whole = False, settings.drain_seconds
                deadline = min(deadline, loop.time() + whole)
            share = max(LAST_SHARE, left / whole)
            for handler in self.handlers:
                handler.part_if_quiet(self.settings.quiet_seconds * share)
            await asyncio.sleep(min(DRAIN_STEP, left))
        rest = self.handlers
        # A turn of the loop tells each side that it is gone; one that was just being
        # opened needs another.
        given_up = loop.time() + ABORT_SECONDS
        while self.handlers and loop.time() < given_up:
            for handler in self.handlers:
                handler.abort()
            await asyncio.sleep(0)
        return len(rest)

    def status(self) -> WireStatus:
        """The numbers now."""
        return WireStatus(
            listeners=tuple(each.status() for each in self.instances),
            draining=self.draining,
        )


async def run_wire(
    settings: WireSettings,
    source: TapSource,
    stop: asyncio.Event,
    status: Callable[[WireStatus], None] | None = None,
    patient: asyncio.Event | None = None,
) -> WireStatus:
    """Relay until ``stop`` is set and the open connections have ended.

    ``status`` is called when listening has begun, every ``status_seconds``, when
    the drain begins, and at the end; the last snapshot is also returned. Signals
    are the caller's. While ``patient`` is set the drain has ``handover_seconds``.

    Raises:
        UsageError: something in the settings cannot work; nothing was accepted.
    """
    wire = Wire(settings, source)
    await wire.start()
    report = status or _ignore
    report(wire.status())
    async with asyncio.TaskGroup() as tasks:
        reports = tasks.create_task(_report(wire, report))
        try:
            await stop.wait()
        finally:
            await wire.stop()
        report(wire.status())
        left = await wire.drain(patient)
        if left:
            logger.warning(
                "%d connections were still open at the end of the drain, and aborted",
                left,
            )
        reports.cancel()
    last = wire.status()
    report(last)
    return last


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the loop of a wire: uvloop where it works, else asyncio's own.

    uvloop breaks on Python 3.13 with tasks that start eagerly.
    """
    factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    if sys.version_info < (3, 13):
        with contextlib.suppress(ImportError):
            import uvloop

            factory = uvloop.new_event_loop
    return factory


def _ignore(_: WireStatus) -> None:
    """Nobody asked."""


async def _report(wire: Wire, report: Callable[[WireStatus], None]) -> None:
    while True:
        await asyncio.sleep(wire.settings.status_seconds)
        for each in wire.instances:
            each.renew()
        report(wire.status())
