"""A mitmproxy mode that listens on an inherited socket and relays below HTTP.

A supervisor binds; every wire accepts on the same socket, one connection per
turn of its loop, so that wires share the load and a wire that ends resets
nobody who is still queued. mitmproxy's own servers bind for themselves, share
by SO_REUSEPORT or not at all, and choose their layers per connection by asking
addons; here the stack is fixed per listener.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import logging
import os
import socket
import ssl
from typing import TYPE_CHECKING, Final, Literal, cast

from mitmproxy.connection import Address
from mitmproxy.proxy import layer, mode_servers, mode_specs
from mitmproxy.proxy.context import Context
from typing_extensions import override

from addons.connections import RelayContext, accepted
from addons.handler import WireHandler
from addons.preamble import PreambleReader, speaks
from addons.renewal import Renewable
from addons.settings import ListenerSettings
from addons.side import KEEPALIVE
from addons.status import Counters, ListenerStatus
from addons.tap_layer import TapLayer, plain_address
from addons.tls import server_context, upstream_context
from addons.tls_asking import AskingContext
from addons.tls_layer import ClientTlsLayer, Resumption, ServerTlsLayer
from addons.transparent import destination
from proxy.errors import UsageError

if TYPE_CHECKING:
    from addons.master import Wire

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = 0.2
"""Pause after the host refused another descriptor; others may be freed by then."""
QUEUE_MOST: Final = 4096
"""Connections taken from the queue before the own descriptor is closed: the
backlog. More than that is new load, which the other wires take."""
NO_DESCRIPTORS: Final = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
)


class InheritedMode(mode_specs.ProxyMode):  # type: ignore[no-untyped-call]
    """``inherited:N``: the N-th listener of the wire's settings."""

    @override
    def __post_init__(self) -> None:
        int(self.data)

    @property
    @override
    def description(self) -> str:
        return "relay on an inherited socket"

    @property
    @override
    def transport_protocol(self) -> Literal["tcp", "udp", "both"]:
        return "tcp"


class InheritedInstance(  # type: ignore[no-untyped-call]
    mode_servers.ServerInstance[InheritedMode]
):
    """One listener of one wire."""

    def __init__(
        self, mode: InheritedMode, manager: mode_servers.ServerManager
    ) -> None:
        super().__init__(mode, manager)
        self.wire = cast("Wire", manager)
        self.settings: ListenerSettings = self.wire.settings.listeners[int(mode.data)]
        self.counters = Counters()
        self.handlers: set[WireHandler] = set()
        self._socket: socket.socket | None = None
        self._accepting = False
        self._address = ("", 0)
        tls, upstream_tls = self.settings.tls, self.settings.upstream_tls
        self._tls: Renewable[ssl.SSLContext | AskingContext] | None = None
        if tls is not None:
            make = AskingContext if tls.ask else server_context
            self._tls = Renewable(lambda: make(tls), (tls.certificate, tls.key))
        self._upstream_tls: Renewable[ssl.SSLContext] | None = None
        if upstream_tls is not None:
            files = () if upstream_tls.ca is None else (upstream_tls.ca,)
            self._upstream_tls = Renewable(
                lambda: upstream_context(upstream_tls), files
            )
        self._upstream_name = (
            upstream_tls and upstream_tls.server_name
        ) or self.settings.upstream_host
        self._resumption = Resumption()

    @property
    @override
    def is_running(self) -> bool:
        return self._socket is not None

    @property
    @override
    def listen_addrs(self) -> tuple[Address, ...]:
        return (self._address,) if self._socket is not None else ()

    @override
    async def _start(self) -> None:
        try:
            sock = socket.socket(fileno=os.dup(self.settings.fd))
            listening = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        except OSError as error:
            raise UsageError(
                f"descriptor {self.settings.fd} for {self.settings.application} is"
                f" not a socket ({error.strerror}); the supervisor hands down a"
                " listening one"
            ) from error
        if not listening:
            sock.close()
            raise UsageError(
                f"descriptor {self.settings.fd} for {self.settings.application} is"
                " not a listening socket"
            )
        sock.setblocking(False)
        for option in KEEPALIVE:
            sock.setsockopt(*option)  # accepted sockets inherit it
        self._address = plain_address(sock.getsockname())
        self._socket = sock
        self._accept_on()

    @override
    async def _stop(self) -> None:
        """Take what is queued, then let go of the own descriptor."""
        sock = self._socket
        if sock is None:
            return
        self._accept_off()
        for _ in range(QUEUE_MOST):
            if not self._accept():
                break
        self._accept_off()
        self._socket = None
        sock.close()

    # --- accepting

    def _accept_on(self) -> None:
        if self._socket is not None and not self._accepting:
            self._accepting = True
            asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _accept_off(self) -> None:
        if self._socket is not None and self._accepting:
            self._accepting = False
            asyncio.get_running_loop().remove_reader(self._socket)

    def _accept(self) -> bool:
        """Take one connection; one, so that the other wires get theirs."""
        assert self._socket is not None
        if len(self.handlers) >= self.settings.max_connections:
            self.counters.limit_reached += 1
            self._accept_off()
            return False
        try:
            sock, peer = self._socket.accept()
        except (BlockingIOError, InterruptedError):
            return False  # another wire was faster
        except OSError as error:
            if error.errno in NO_DESCRIPTORS:
                self.counters.limit_reached += 1
                self._accept_off()
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._accept_on)
                return False
            return True  # that client is gone already (ECONNABORTED)
        self._serve(sock, peer)
        return True

    def _serve(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        sock.setblocking(False)
        client = accepted(plain_address(peer), self._address, self.mode)
        meant: tuple[str, int] | None = None
        transparent = self.settings.transparent
        if transparent is not None:
            meant = destination(
                sock, transparent.method, plain_address(sock.getsockname())
            )
            if meant not in transparent.destinations:
                self.counters.strays += 1
                sock.close()
                return
        context = RelayContext(client, self.wire.master.options, meant)
        handler = WireHandler(
            context,
            settings=self.settings,
            source=self.wire.source,
            counters=self.counters,
            hooks=self.wire.hooks,
            finished=self._finished,
        )
        top = self.make_top_layer(context)
        tap = context.layers[-1]
        assert isinstance(tap, TapLayer)
        handler.use(top, tap)
        self.handlers.add(handler)
        self.counters.connections_total += 1
        self.counters.connections_open += 1
        self.wire.connections[client.id] = handler
        handler.keep(self._attach(handler, sock))

    async def _attach(self, handler: WireHandler, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        first: asyncio.Protocol = handler.client_side
        balancers = self.settings.proxy_protocol
        if balancers and speaks(handler.client.peername[0], balancers):
            first = PreambleReader(handler, self.counters)
        try:
            await loop.connect_accepted_socket(lambda: first, sock)
        except OSError:
            sock.close()
            handler.client_side.connection_lost(None)

    def _finished(self, handler: WireHandler) -> None:
        self.handlers.discard(handler)
        self.wire.connections.pop(handler.client.id, None)
        self.counters.connections_open -= 1
        if len(self.handlers) < self.settings.max_connections and not (
            self.wire.draining
        ):
            self._accept_on()

    # --- layers

    @override
    def make_top_layer(self, context: Context) -> layer.Layer:
        """The stack, outermost first: upstream TLS, client TLS, tap."""
        stack: list[layer.Layer] = []
        if self._upstream_tls is not None:
            stack.append(
                ServerTlsLayer(
                    context,
                    self._upstream_tls.context,
                    self._upstream_name,
                    self._resumption,
                )
            )
        if self._tls is not None:
            stack.append(ClientTlsLayer(context, self._tls.context))
        stack.append(
            TapLayer(
                context,
                self.settings,
                self.wire.source,
                self.counters,
                f"{self._address[0]}:{self._address[1]}",
            )
        )
        for outer, inner in itertools.pairwise(stack):
            cast("ServerTlsLayer | ClientTlsLayer", outer).child_layer = inner
        return stack[0]

    def renew(self) -> None:
        """Follow certificates and authorities that changed on disk."""
        for each in (self._tls, self._upstream_tls):
            if each is not None:
                each.look()

    def status(self) -> ListenerStatus:
        """The numbers now."""
        return self.counters.snapshot(
            application=self.settings.application,
            address=f"{self._address[0]}:{self._address[1]}",
            accepting=self._accepting,
            certificate_refused=self._tls.refused if self._tls else "",
            up=sum(handler.tap_layer.up for handler in self.handlers),
            down=sum(handler.tap_layer.down for handler in self.handlers),
        )
