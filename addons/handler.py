"""Drives one connection: transports on one hand, mitmproxy's layers on the other.

mitmproxy's own handler reads in a task per side and drains all writers under one
lock. Here the event loop calls straight into the layers and their commands go
straight to the transports: no task switch per read, and a side that does not
take bytes pauses the reading of the other one only (``addons.side``).

Invariants: events reach the layers one at a time, also when a command causes
the next one at once (mitmproxy 12 runs tasks eagerly); every accepted
connection ends in exactly one ``Tap.end``; an exception in a layer costs the
observation of a plain connection, never its bytes.
"""

from __future__ import annotations

import asyncio
import collections
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from mitmproxy.connection import Client, ConnectionState
from mitmproxy.proxy import commands, events, server
from mitmproxy.proxy.commands import SendData
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.events import DataReceived
from typing_extensions import override

from addons.faults import origin
from addons.settings import ListenerSettings
from addons.side import HELD, SETUP, Side
from addons.signals import Abort, Aborted, Established, Part, Reading
from addons.status import Counters
from addons.tap_layer import TapLayer
from addons.tls import reason
from addons.transparent import reach
from proxy.tapstream import TapSource

logger = logging.getLogger(__name__)

LINGER_SECONDS = 5.0
"""How long a client that was told the end may take to end its own direction."""

Hooks = Callable[[commands.StartHook], Coroutine[Any, Any, None]]


class WireHandler(server.ConnectionHandler):
    """One client connection and its upstream."""

    # ConnectionHandler.__init__ makes a lock, a watchdog, an event and a layer that
    # asks addons; none of it is used here, and it is paid per connection.
    def __init__(  # pylint: disable=super-init-not-called
        self,
        context: Context,
        *,
        settings: ListenerSettings,
        source: TapSource,
        counters: Counters,
        hooks: Hooks | None,
        finished: Callable[[WireHandler], None],
    ) -> None:
        self.client: Client = context.client
        self.context = context
        self.loop = asyncio.get_running_loop()
        self.transports = {}
        self.wakeup_timer = set()
        self.hook_tasks = set()
        self.tap_layer: TapLayer
        self.settings = settings
        self._source = source
        self._counters = counters
        self._hooks = hooks
        self._finished: Callable[[WireHandler], None] | None = finished
        self._tls = settings.tls is not None or settings.upstream_tls is not None
        self.client_side = Side(
            self, context.client, holds=0 if settings.tls is not None else SETUP
        )
        self.server_side: Side | None = None
        self._busy = False
        self._waiting: collections.deque[events.Event] = collections.deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connecting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._parting = False

    def use(self, top: TapLayer | Any, tap_layer: TapLayer) -> None:
        """Set the layer stack: its top, and the tap at its bottom."""
        self.layer = top
        self.tap_layer = tap_layer
        tap_layer.inject = self.event

    # --- events into the layers, commands out of them

    def event(self, event: events.Event) -> None:
        """Give the layers one event and carry out what they answer."""
        if self._busy:
            self._waiting.append(event)
            return
        self._busy = True
        sent = False
        try:
            for command in self.layer.handle_event(event):
                if type(command) is SendData:
                    sent = True
                    if command.connection is self.client:
                        self.client_side.write(command.data)
                    elif self.server_side is not None:
                        self.server_side.write(command.data)
                else:
                    self._carry_out(command)
        except Exception as fault:  # noqa: BLE001  # fail open: the bytes go on
            self._layer_failed(event, fault, sent=sent)
        self._busy = False
        if self._waiting:
            self.event(self._waiting.popleft())

    @override
    async def server_event(self, event: events.Event) -> None:
        """Mitmproxy's name for ``event``, for what is injected from outside."""
        self.event(event)

    def _carry_out(self, command: commands.Command) -> None:
        if isinstance(command, Established):
            self._established()
        elif isinstance(command, Reading):
            self._reading(command)
        elif isinstance(command, commands.OpenConnection):
            self._open(command)
        elif isinstance(command, commands.ConnectionCommand):
            side = self._side(command)
            if side is None:
                return
            if isinstance(command, Abort):
                command.connection.state = ConnectionState.CLOSED
                side.abort()
            elif isinstance(command, commands.CloseTcpConnection) and (
                command.half_close
            ):
                command.connection.state &= ~ConnectionState.CAN_WRITE
                side.end_direction()
            else:
                command.connection.state = ConnectionState.CLOSED
                side.close()
        elif isinstance(command, commands.StartHook):
            self._hook(command)
        elif isinstance(command, commands.RequestWakeup):
            self.loop.call_later(command.delay, self.event, events.Wakeup(command))
        elif isinstance(command, commands.Log):
            logger.debug("%s: %s", self.client.peername, command.message)
        else:
            raise TypeError(f"a layer asked for {type(command).__name__}")

    def _reading(self, command: Reading) -> None:
        for side, reads in (
            (self.client_side, command.client),
            (self.server_side, command.server),
        ):
            if side is None:
                continue
            if reads:
                side.release(HELD)
            else:
                side.hold(HELD)

    def _side(self, command: commands.ConnectionCommand) -> Side | None:
        if command.connection is self.client:
            return self.client_side
        return self.server_side

    def _layer_failed(
        self, event: events.Event, fault: Exception, *, sent: bool
    ) -> None:
        self._counters.layer_failures += 1
        gated = self.tap_layer.gated
        how = "aborted" if self._tls or gated else "relayed on without it"
        logger.error("a layer failed (%s); the connection is %s", origin(fault), how)
        self.tap_layer.detach()
        if self._tls or gated:
            # Half a TLS record cannot be made up for, and what was held is unknown.
            self._abort_both()
            return
        self.layer = self.tap_layer
        if isinstance(event, DataReceived) and not sent:
            up = event.connection is self.client
            side = self.server_side if up else self.client_side
            if side is not None:
                side.write(event.data)

    def _abort_both(self) -> None:
        self.tap_layer.aborted = True
        self.client_side.abort()
        if self._connecting is not None:
            self._connecting.cancel()
        if self.server_side is not None:
            self.server_side.abort()

    # --- the upstream

    def _open(self, command: commands.OpenConnection) -> None:
        self.client_side.hold(SETUP)
        self._within(self.settings.connect_timeout)
        task = self.loop.create_task(self._connect(command))
        # A task that starts eagerly may be over already.
        self._connecting = None if task.done() else task

    async def _connect(self, command: commands.OpenConnection) -> None:
        address = command.connection.address
        assert address is not None
        side = Side(self, command.connection)
        error: str | None = None
        try:
            await reach(self, side, address)
        except OSError as failed:
            error = f"no connection to {address[0]}:{address[1]}: {reason(failed)}"
        except asyncio.CancelledError:
            if self.client_side.lost or self.tap_layer.aborted:
                self._connecting = None
                self._maybe_finish()
                raise
            error = (
                f"no connection to {address[0]}:{address[1]}:"
                f" not within {self.settings.connect_timeout:g} s"
            )
        finally:
            self._connecting = None
        if error is None:
            command.connection.state = ConnectionState.OPEN
            command.connection.peername = address
        elif side.transport is not None:
            side.abort()
        self.event(events.OpenConnectionCompleted(command, error))
        self._maybe_finish()

    def _established(self) -> None:
        self._within(None)
        self._counters.connected_ns = time.time_ns()
        self.client_side.release(SETUP)
        if self.settings.idle_timeout is not None:
            self._idle = self.loop.call_later(self.settings.idle_timeout, self._idled)

    def _within(self, seconds: float | None) -> None:
        """Bound the current step of the setup; None ends the bound."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._timer = self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        self._timer = None
        if self._connecting is not None:
            self._connecting.cancel()
        elif self.server_side is not None:
            error = f"TLS: no handshake within {self.settings.connect_timeout:g} s"
            self.event(Aborted(self.context.server, error))
        else:
            error = f"TLS: no handshake within {self.settings.handshake_timeout:g} s"
            self.event(Aborted(self.client, error))

    def _idled(self) -> None:
        timeout = self.settings.idle_timeout
        assert timeout is not None
        quiet = self.quiet_seconds()
        if quiet >= timeout:
            self.end_idle()
        else:
            self._idle = self.loop.call_later(timeout - quiet, self._idled)

    # --- the sides

    def side_made(self, side: Side) -> None:
        """A transport is there."""
        if side is self.client_side:
            if self.settings.tls is not None:
                self._within(self.settings.handshake_timeout)
            self.event(events.Start())
        else:
            self.server_side = side
            side.keep_alive()
            side.other, self.client_side.other = self.client_side, side

    def side_ended(self, side: Side) -> None:
        """The peer sent FIN."""
        side.connection.state &= ~ConnectionState.CAN_READ
        self.event(events.ConnectionClosed(side.connection))

    def side_lost(self, side: Side, error: Exception | None) -> None:
        """A transport is gone; with an error, the peer reset it."""
        side.connection.state = ConnectionState.CLOSED
        if error is not None:
            self.event(Aborted(side.connection, reason(error)))
        self._maybe_finish()

    def pace(self) -> float:
        """Seconds before the client is read again."""
        try:
            delay = self._source.pace()
        except Exception:  # noqa: BLE001  # fail open: full speed
            return 0.0
        if delay > 0:
            self._counters.paced += 1
        return delay

    # --- the end

    def quiet_seconds(self) -> float:
        """How long no byte has passed."""
        return (time.monotonic_ns() - self.tap_layer.last_ns) / 1e9

    @property
    def unflushed(self) -> int:
        """Bytes read from one side that the other has not taken yet."""
        waiting = self.client_side.unflushed + self.tap_layer.held
        if self.server_side is not None:
            waiting += self.server_side.unflushed
        return waiting

    def part_if_quiet(self, seconds: float) -> None:
        """Close in order if the server spoke last and both were silent so long."""
        if (
            not self._parting
            and not self.tap_layer.last_up
            and not self.unflushed
            and self.quiet_seconds() >= seconds
        ):
            self.part()

    def part(self) -> None:
        """Close in order: FIN (close_notify) to both, the client heard out."""
        if self._parting:
            return
        self._parting = True
        if not self.tap_layer.opened or self._connecting is not None:
            self._abort_both()
        else:
            self.event(Part())
            self._timer = self.loop.call_later(LINGER_SECONDS, self.abort)

    def end_idle(self) -> None:
        """The idle timeout: in order between answers, an abort inside one."""
        if self.tap_layer.last_up or self.unflushed:
            self.abort()
        else:
            self.part()

    def abort(self) -> None:
        """Reset both sides now."""
        self._abort_both()

    def _maybe_finish(self) -> None:
        if not self.client_side.lost or self._finished is None:
            return
        if self._connecting is not None:
            self._connecting.cancel()
            return
        if self.server_side is not None and not self.server_side.lost:
            return
        finished, self._finished = self._finished, None
        self._within(None)
        if self._idle is not None:
            self._idle.cancel()
        self._count()
        self.tap_layer.finish()
        finished(self)

    def _count(self) -> None:
        layer, counters = self.tap_layer, self._counters
        counters.bytes_up += layer.up
        counters.bytes_down += layer.down
        counters.aborted += layer.aborted
        if layer.error:
            counters.connect_failures += 1
            counters.last_connect_error = layer.error
            counters.last_connect_error_ns = time.time_ns()
        if not layer.opened and self.settings.tls is not None:
            counters.handshake_failures += 1

    # --- what mitmproxy's addons are asked

    def _hook(self, hook: commands.StartHook) -> None:
        if self._hooks is None:
            if hook.blocking:
                self.event(events.HookCompleted(hook))
            return
        self.keep(self.hook_task(hook))

    @override
    async def handle_hook(self, hook: commands.StartHook) -> None:
        if self._hooks is not None:
            await self._hooks(hook)

    def keep(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as this connection's own task."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
