"""TLS on either side of the relay, as mitmproxy tunnels over OpenSSL's BIOs.

mitmproxy's tunnel brings the order of things (queue until the handshake is
done, open before the child is answered); the cryptography is the ``ssl``
module of the standard library. Three things mitmproxy's own TLS layers do not
do happen here: an end in order is announced by close_notify, an end without
close_notify reaches the other side as a cut, and either direction may end
while the other goes on.

Failure modes: a failed handshake closes the connection after its alert; broken
records in an open connection abort both sides.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterable
from typing import Protocol

from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy import commands, events, tunnel
from mitmproxy.proxy.commands import SendData
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.events import DataReceived
from mitmproxy.proxy.layer import CommandGenerator
from typing_extensions import override

from addons.connections import RelayContext
from addons.signals import Abort, Aborted, Cut, EndDirection
from addons.tls import ClientFacing, reason
from addons.tls_asking import AskingContext, AskingTls

READ_SIZE = 65536
"""A record holds 16 KiB at most; OpenSSL returns one per read."""


class TlsObject(Protocol):
    """What is used of ``ssl.SSLObject``."""

    def do_handshake(self) -> None: ...  # noqa: D102
    def read(self, size: int, /) -> bytes: ...  # noqa: D102
    def write(self, data: bytes | memoryview, /) -> int: ...  # noqa: D102
    def pending(self) -> int: ...  # noqa: D102
    def version(self) -> str | None: ...  # noqa: D102
    def unwrap(self) -> None: ...  # noqa: D102


class TlsLayer(tunnel.TunnelLayer):
    """One side's TLS; the child sees and sends plain text."""

    def __init__(self, context: Context, connection: Connection) -> None:
        super().__init__(context, tunnel_connection=connection, conn=connection)
        connection.tls = True
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls: TlsObject = self._wrap()
        self._closed_read = False
        self._closed_write = False
        self._failed = False

    def _wrap(self) -> TlsObject:
        raise NotImplementedError

    @override
    def handle_event(self, event: events.Event) -> Iterable[commands.Command]:  # type: ignore[override]
        """The path of a byte once the handshake is done; the rest is rare."""
        if (
            type(event) is not DataReceived
            or self.tunnel_state is not tunnel.TunnelState.OPEN
            or self._paused is not None
        ):
            return super().handle_event(event)
        if event.connection is self.conn:
            return self._decrypted(event.data)
        return self._encrypted(self.child_layer.handle_event(event))

    def _decrypted(self, data: bytes) -> list[commands.Command]:
        self._incoming.write(data)
        plain, over, error = self._read()
        result: list[commands.Command] = []
        if self._outgoing.pending:  # an answer of TLS itself, such as a key update
            result.append(SendData(self.conn, self._outgoing.read()))
        if plain:
            result += self._encrypted(
                self.child_layer.handle_event(DataReceived(self.conn, plain))
            )
        if error:
            result += self._encrypted(
                self.child_layer.handle_event(Aborted(self.conn, error))
            )
        elif over:
            self._closed_read = True
            self.conn.state &= ~ConnectionState.CAN_READ
            result += self._encrypted(
                self.child_layer.handle_event(events.ConnectionClosed(self.conn))
            )
        return result

    def _read(self) -> tuple[bytes, bool, str]:
        """Plain text of what has arrived, whether it ended, and what broke."""
        tls, incoming = self._tls, self._incoming
        parts: list[bytes] = []
        over, error = False, ""
        if self._closed_read or self._failed:
            incoming.read()  # after the end nothing counts
            return b"", False, ""
        try:
            while True:
                part = tls.read(READ_SIZE)
                if not part:
                    over = True
                    break
                parts.append(part)
                if not incoming.pending and not tls.pending():
                    break
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            over = True
        except ssl.SSLError as broken:
            error = f"TLS: {reason(broken)}"
        return (parts[0] if len(parts) == 1 else b"".join(parts)), over, error

    def _encrypted(
        self, child_commands: Iterable[commands.Command]
    ) -> list[commands.Command]:
        result: list[commands.Command] = []
        for command in child_commands:
            if type(command) is SendData and command.connection is self.conn:
                self._seal(command.data, result)
            else:
                result.extend(self._handle_command(command))
        return result

    def _seal(self, data: bytes, result: list[commands.Command]) -> None:
        if self._closed_write or not data:
            return
        try:
            written = self._tls.write(data)
            while written < len(data):
                written += self._tls.write(memoryview(data)[written:])
        except ssl.SSLError:
            # The peer ended its stream out of order, and OpenSSL writes nothing
            # more: it cannot be told, which is its own doing and no fault here.
            self._closed_write = True
            return
        result.append(SendData(self.conn, self._outgoing.read()))

    @override
    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, Aborted) and event.connection is self.conn:
            if self.tunnel_state is tunnel.TunnelState.ESTABLISHING:
                yield from self.on_handshake_error(event.error)
                yield from self._handshake_finished(event.error)
            else:
                yield from self.event_to_child(event)
            self.tunnel_state = tunnel.TunnelState.CLOSED
        else:
            yield from super()._handle_event(event)

    @override
    def receive_handshake_data(
        self, data: bytes
    ) -> CommandGenerator[tuple[bool, str | None]]:
        self._incoming.write(data)
        error: str | None = None
        done = False
        try:
            self._tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as failed:
            error = f"TLS: {reason(failed)}"
        if self._outgoing.pending:
            yield SendData(self.conn, self._outgoing.read())
        if done:
            self.conn.tls_version = self._tls.version()  # type: ignore[assignment]
            self._established()
        return done, error

    @override
    def _handshake_finished(self, err: str | None) -> CommandGenerator[None]:
        yield from super()._handshake_finished(err)
        if err is None and (self._incoming.pending or self._tls.pending()):
            # Plain text came with the last flight of the handshake.
            yield from self._decrypted(b"")

    def _established(self) -> None:
        """The handshake is done; what is known only now is noted."""

    @override
    def on_handshake_error(self, err: str) -> CommandGenerator[None]:
        self.conn.error = err
        self._failed = True
        # Not for the child: it would open the upstream for nobody.
        self._event_queue.clear()
        yield from super().on_handshake_error(err)

    @override
    def receive_data(self, data: bytes) -> CommandGenerator[None]:
        yield from self._decrypted(data)

    @override
    def receive_close(self) -> CommandGenerator[None]:
        if not self._closed_read:
            self._closed_read = True
            yield from self.event_to_child(Cut(self.conn))

    @override
    def send_data(self, data: bytes) -> CommandGenerator[None]:
        result: list[commands.Command] = []
        self._seal(data, result)
        yield from result

    @override
    def send_close(self, command: commands.CloseConnection) -> CommandGenerator[None]:
        whole = not isinstance(command, Abort) and (
            not isinstance(command, EndDirection) or command.whole
        )
        if not self._closed_write:
            self._closed_write = True
            if whole and self.tunnel_state is not tunnel.TunnelState.INACTIVE:
                self._notify()
                if self._outgoing.pending:
                    yield SendData(self.conn, self._outgoing.read())
        yield command

    def _notify(self) -> None:
        # It wants the peer's close_notify, which may come later or never; or the
        # handshake was not done, and there is nothing to announce.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()


class ClientTlsLayer(TlsLayer):
    """Towards the browser, with the listener's certificate."""

    def __init__(self, context: Context, tls: ssl.SSLContext | AskingContext) -> None:
        self._context = tls
        super().__init__(context, context.client)

    @override
    def _wrap(self) -> TlsObject:
        if isinstance(self._context, AskingContext):
            return self._context.wrap_bio(self._incoming, self._outgoing)
        return self._context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    @override
    def start_handshake(self) -> CommandGenerator[None]:
        yield from ()  # the client speaks first

    @override
    def _established(self) -> None:
        if isinstance(self._tls, ClientFacing | AskingTls):
            self.conn.sni = self._tls.sni
        if isinstance(self._tls, AskingTls) and isinstance(self.context, RelayContext):
            self.context.certificates = self._tls.certificates()


class Resumption:
    """The newest session of one application, for the next connection to it."""

    __slots__ = ("session",)

    def __init__(self) -> None:
        self.session: ssl.SSLSession | None = None


class ServerTlsLayer(TlsLayer):
    """Towards the application, verified."""

    def __init__(
        self, context: Context, tls: ssl.SSLContext, name: str, resumption: Resumption
    ) -> None:
        self._context = tls
        self._name = name
        self._resumption = resumption
        self._kept = False
        self._object: ssl.SSLObject
        super().__init__(context, context.server)
        context.server.sni = name

    @override
    def _wrap(self) -> TlsObject:
        self._object = self._context.wrap_bio(
            self._incoming,
            self._outgoing,
            server_hostname=self._name,
            session=self._resumption.session,
        )
        return self._object

    @override
    def _decrypted(self, data: bytes) -> list[commands.Command]:
        result = super()._decrypted(data)
        if not self._kept and data:
            # TLS 1.3 sends its tickets after the handshake, before the first data.
            self._kept = True
            self._resumption.session = self._object.session
        return result
