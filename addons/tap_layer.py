"""The layer that relays: each read is copied to the tap, then sent on.

Invariants:

* What is sent to one side is exactly what was read from the other, in order.
* The tap sees a byte before the other side can: a view can never overtake its
  own login.
* A tap that raises is detached, once; the bytes go on without it.
* ``up`` and ``down`` count every byte read, seen by the tap or not, held or not;
  they are the totals of ``Ended``.
* Of a gated connection bytes go to the client only as its hold lets them, and the
  end of that direction, whatever it is, goes behind the last of them.

The layer knows no protocol. It opens the upstream on Start; until that is open
mitmproxy's own queue keeps the few events that arrive (the handler reads no
more of the client meanwhile).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from time import monotonic_ns

from mitmproxy.proxy import commands, events
from mitmproxy.proxy.commands import SendData
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.events import DataReceived
from mitmproxy.proxy.layer import CommandGenerator, Layer
from typing_extensions import override

from addons.connections import RelayContext
from addons.faults import origin
from addons.settings import ListenerSettings
from addons.signals import (
    Abort,
    Aborted,
    Cut,
    EndDirection,
    Established,
    Part,
    Reading,
    Released,
)
from addons.status import Counters
from proxy.tapgate import Hold
from proxy.tapstream import Ended, Opened, Tap, TapSource

logger = logging.getLogger(__name__)


def _nowhere(_: events.Event) -> None:
    """Nobody drives this layer."""


NO_COMMANDS: tuple[commands.Command, ...] = ()


class TapLayer(Layer):
    """Relays one connection; the bottom of the layer stack."""

    def __init__(
        self,
        context: Context,
        settings: ListenerSettings,
        source: TapSource,
        counters: Counters,
        listener: str,
    ) -> None:
        super().__init__(context)
        self.up = 0
        """Bytes relayed from client to server."""
        self.down = 0
        """Bytes relayed from server to client."""
        self.last_ns = monotonic_ns()
        """When a byte last passed."""
        self.last_up = False
        """Whether that byte came from the client: an answer may be due."""
        self.error = ""
        self.aborted = False
        self._client = context.client
        self._server = context.server
        self._settings = settings
        self._source = source
        self._counters = counters
        self._listener = listener
        self.inject: Callable[[events.Event], None] = _nowhere
        """Takes an event as if it had come from a connection."""
        self._hold: Hold | None = None
        self._reads = (True, True)
        self._ending: tuple[commands.Command, ...] = ()
        """Towards the client, once nothing is held."""
        self._tap: Tap | None = None
        self._detached: Tap | None = None
        self.opened = False
        """Whether a client got this far (its TLS handshake, if any, is done)."""
        self._relaying = False
        self._parting = False
        self._up_over = False
        self._down_over = False

    @override
    def handle_event(self, event: events.Event) -> Iterable[commands.Command]:  # type: ignore[override]
        """Relay at once; only while the upstream is being opened, queue."""
        if not self._relaying:
            return super().handle_event(event)
        if type(event) is DataReceived:
            return self._data(event)
        return self._other(event)

    @override
    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, events.Start):
            yield from self._open()
        elif isinstance(event, DataReceived):
            yield from self._data(event)
        else:
            yield from self._other(event)

    def _open(self) -> CommandGenerator[None]:
        self.opened = True
        self._observe()
        self._server.address = self._upstream()
        error: str | None = yield commands.OpenConnection(self._server)
        if error is not None:
            self.error = error
            yield Abort(self._client)
        else:
            yield Established()
            self._relaying = True

    def _upstream(self) -> tuple[str, int]:
        return self._meant() or (
            self._settings.upstream_host,
            self._settings.upstream_port,
        )

    def _meant(self) -> tuple[str, int] | None:
        context = self.context
        return context.destination if isinstance(context, RelayContext) else None

    def _data(self, event: DataReceived) -> tuple[commands.Command, ...]:
        now = monotonic_ns()
        up = event.connection is self._client
        data = event.data
        if self._parting:
            # Read so that closing does not reset, never relayed: the request it
            # may be was not answered and can be repeated safely.
            return NO_COMMANDS
        tap = self._tap
        if tap is not None:
            try:
                tap.data(up, data, now)
            except Exception as fault:  # noqa: BLE001  # fail open: bytes matter more
                self._detach(now, fault)
        self.last_ns = now
        self.last_up = up
        hold = self._hold
        if up:
            self.up += len(data)
            if hold is not None:
                hold.asked(len(data))
            return (SendData(self._server, data),)
        self.down += len(data)
        if hold is None:
            return (SendData(self._client, data),)
        return self._flow(hold, hold.arrived(data, now))

    def _flow(self, hold: Hold, data: bytes) -> tuple[commands.Command, ...]:
        """Send what may go, read as much as may be held, end when all has gone."""
        if hold.refused:
            self.aborted = True
            self._ending = ()
            return (Abort(self._client), Abort(self._server))
        found: list[commands.Command] = []
        if data:
            found.append(SendData(self._client, data))
        reads = (not hold.stalled, not (hold.stalled or hold.full))
        if reads != self._reads:
            self._reads = reads
            found.append(Reading(client=reads[0], server=reads[1]))
        if self._ending and not hold.size:
            found += self._ending
            self._ending = ()
        return tuple(found)

    def _released(self) -> tuple[commands.Command, ...]:
        hold = self._hold
        if hold is None and self._tap is not None:
            hold = self._hold = self._tap.gate(self._wake)
        if hold is None:
            return NO_COMMANDS
        return self._flow(hold, hold.take())

    def _wake(self) -> None:
        self.inject(Released())

    @property
    def held(self) -> int:
        """Bytes that wait for their record."""
        return 0 if self._hold is None else self._hold.size

    @property
    def gated(self) -> bool:
        """Bytes of it may have to wait."""
        return self._hold is not None

    def _other(self, event: events.Event) -> tuple[commands.Command, ...]:
        if isinstance(event, events.ConnectionClosed):
            return self._end(
                up=event.connection is self._client, whole=not isinstance(event, Cut)
            )
        if isinstance(event, Released):
            return self._released()
        if isinstance(event, Aborted):
            return self._abort(by_server=event.connection is self._server)
        if isinstance(event, Part):
            return self._part()
        return NO_COMMANDS

    def _abort(self, *, by_server: bool) -> tuple[commands.Command, ...]:
        self.aborted = True
        if by_server and self.held:
            if self._tap is not None:
                try:
                    self._tap.cut(monotonic_ns())
                except Exception as fault:  # noqa: BLE001  # as in ``_data``
                    self._detach(monotonic_ns(), fault)
            self._ending = (Abort(self._client),)
            return (Abort(self._server),)
        if self._hold is not None:
            self._hold.drop()
        return (Abort(self._client), Abort(self._server))

    def _end(self, *, up: bool, whole: bool) -> tuple[commands.Command, ...]:
        if self._parting:
            return (commands.CloseConnection(self._client),) if up else NO_COMMANDS
        now = monotonic_ns()
        tap = self._tap
        if tap is not None:
            try:
                tap.eof(up, now)
            except Exception as fault:  # noqa: BLE001  # fail open, as above
                self._detach(now, fault)
        if up:
            self._up_over = True
            end = EndDirection(self._server, whole=whole)
        else:
            self._down_over = True
            end = EndDirection(self._client, whole=whole)
        found: tuple[commands.Command, ...] = (end,)
        if self._up_over and self._down_over:
            found = (
                end,
                commands.CloseConnection(self._server),
                commands.CloseConnection(self._client),
            )
        return self._behind(found) if self.held else found

    def _behind(
        self, found: tuple[commands.Command, ...]
    ) -> tuple[commands.Command, ...]:
        """What ends the client's side waits behind what is held."""
        now = []
        for each in found:
            assert isinstance(each, commands.ConnectionCommand)
            if each.connection is self._client:
                self._ending += (each,)
            else:
                now.append(each)
        return tuple(now)

    def _part(self) -> tuple[commands.Command, ...]:
        """End in stages (RFC 9112, 9.6): the client is told, then heard out."""
        if self._parting:
            return NO_COMMANDS
        self._parting = True
        last: commands.Command = EndDirection(self._client)
        if self._up_over:
            last = commands.CloseConnection(self._client)
        return (
            EndDirection(self._server),
            commands.CloseConnection(self._server),
            last,
        )

    def _observe(self) -> None:
        client, context = self._client, self.context
        now = monotonic_ns()
        shown: tuple[bytes, ...] = ()
        if isinstance(context, RelayContext):
            shown = context.certificates
        opened = Opened(
            application=self._settings.application,
            client=plain_address(client.peername),
            server=self._upstream(),
            listener=self._listener,
            original_destination=self._meant(),
            tls_version=client.tls_version,
            sni=client.sni,
            client_certificate=shown[0] if shown else None,
            client_chain=shown[1:],
        )
        try:
            self._tap = self._source.opened(opened, now)
            self._hold = self._tap.gate(self._wake)
        except Exception as fault:  # noqa: BLE001  # fail open: unobserved
            self._tap_failed(fault)

    def _detach(self, now: int, fault: Exception | None) -> None:
        tap, self._tap = self._tap, None
        if fault is not None:
            self._tap_failed(fault)
        self._detached = tap
        if tap is not None:
            try:
                tap.detach(now)
            except Exception as second:  # noqa: BLE001  # fail open: already gone
                logger.debug("a failing tap failed to detach: %s", origin(second))
        if self._hold is not None:
            self._hold.failed("observer_failed")

    def _tap_failed(self, fault: Exception) -> None:
        self._counters.taps_failed += 1
        logger.error(
            "the tap of a connection to %s failed (%s); it is relayed on without it",
            self._settings.application,
            origin(fault),
        )

    def detach(self) -> None:
        """The layers around failed: the tap sees nothing more of this one."""
        if self._tap is not None:
            self._detach(monotonic_ns(), None)

    def finish(self) -> None:
        """Both sides are gone: tell the tap the totals, exactly once."""
        if self._hold is not None:
            self._hold.drop()
        tap = self._tap or self._detached
        self._tap = self._detached = None
        if tap is not None:
            ended = Ended(
                up=self.up, down=self.down, abort=self.aborted, error=self.error
            )
            try:
                tap.end(ended, monotonic_ns())
            except Exception as fault:  # noqa: BLE001  # fail open: all is relayed
                self._tap_failed(fault)


def plain_address(
    address: tuple[str, int] | tuple[str, int, int, int],
) -> tuple[str, int]:
    """``host``, ``port``; an IPv4 client of a dual-stack socket as IPv4."""
    host = address[0]
    if host.startswith("::ffff:") and "." in host:
        host = host[7:]
    return host, address[1]
