"""Where a conversation happens: direct, or through a wire, with TLS or without."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from addons.settings import ClientTls, ListenerSettings, Network, UpstreamTls
from proxy.tapstream import TapSource
from tests.support.certificates import Authority, Issued
from tests.support.conversations import Conversation, Meeting
from tests.support.peers import Peer, TlsPeer
from tests.support.wires import Loop, RunningWire, listening, port_of

CLIENT_NAME = "wire.test"
SERVER_NAME = "application.test"


@dataclass(frozen=True)
class Outcome:
    """What both ends received, and how each saw the other end."""

    client: bytes
    client_saw: str
    server: bytes
    server_saw: str


@dataclass(frozen=True)
class Keys:
    """Certificates of both sides and who vouches for them."""

    authority: Path
    wire: Issued
    application: Issued

    @classmethod
    def make(cls, directory: Path) -> Keys:
        """Fresh ones."""
        authority = Authority(directory)
        return cls(
            authority.path,
            authority.issue(CLIENT_NAME, "127.0.0.1"),
            authority.issue(SERVER_NAME),
        )

    def client_context(self) -> ssl.SSLContext:
        """What a browser would use."""
        return ssl.create_default_context(cafile=str(self.authority))

    def server_context(self, issued: Issued | None = None) -> ssl.SSLContext:
        """What the application would use."""
        issued = issued or self.application
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.certificate, issued.key)
        return context

    def client_tls(self, *, ask: bool = False) -> ClientTls:
        """The wire's side towards browsers."""
        return ClientTls(certificate=self.wire.certificate, key=self.wire.key, ask=ask)

    def upstream_tls(self, name: str = SERVER_NAME) -> UpstreamTls:
        """The wire's side towards the application."""
        return UpstreamTls(ca=self.authority, server_name=name)


class Stage:
    """A scripted server behind a port, with or without a wire before it."""

    def __init__(
        self,
        port: int,
        server: socket.socket,
        *,
        client_tls: ssl.SSLContext | None = None,
        client_name: str = CLIENT_NAME,
        server_tls: ssl.SSLContext | None = None,
        wire: RunningWire | None = None,
    ) -> None:
        self.port = port
        self.wire = wire
        self._server = server
        self._client_tls = client_tls
        self._client_name = client_name
        self._server_tls = server_tls

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def use(
        self, client_tls: ssl.SSLContext | None, server_tls: ssl.SSLContext | None
    ) -> None:
        """Other TLS for the peers."""
        self._client_tls, self._server_tls = client_tls, server_tls

    def connect(self) -> Peer:
        """The client's end of a new connection."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        if self._client_tls is None:
            return Peer(sock)
        return TlsPeer(sock, self._client_tls, self._client_name)

    def accept(self) -> Peer:
        """The server's end of the next connection."""
        self._server.settimeout(20)
        sock, _ = self._server.accept()
        return (
            Peer(sock) if self._server_tls is None else TlsPeer(sock, self._server_tls)
        )

    def play(self, conversation: Conversation) -> Outcome:
        """Both scripts, each in its thread, to their ends."""
        meeting = Meeting()
        server: list[Peer] = []

        def serve() -> None:
            peer = self.accept()
            server.append(peer)
            conversation.server(peer, meeting)

        with ThreadPoolExecutor(1) as pool:
            serving = pool.submit(serve)
            client = self.connect()
            try:
                conversation.client(client, meeting)
                serving.result(30)
            finally:
                client.sock.close()
                for peer in server:
                    peer.sock.close()
        peer = server[0]
        return Outcome(
            bytes(client.received), client.end, bytes(peer.received), peer.end
        )


def direct(keys: Keys | None = None) -> Stage:
    """No wire: what the conversation is by itself; TLS when keys are given."""
    server = listening()
    return Stage(
        port_of(server),
        server,
        client_tls=keys.client_context() if keys else None,
        client_name=SERVER_NAME,
        server_tls=keys.server_context() if keys else None,
    )


@contextmanager
def through(
    source: TapSource,
    *,
    client_keys: Keys | None = None,
    server_keys: Keys | None = None,
    loop: Loop | None = None,
    idle_timeout: float | None = None,
    drain_seconds: float = 1.0,
    max_connections: int = 4096,
    ask: bool = False,
    balancers: tuple[Network, ...] = (),
) -> Iterator[Stage]:
    """A wire between client and server, with TLS on the sides that have keys."""
    with listening() as front, listening() as back:
        settings = ListenerSettings(
            application="app",
            fd=front.fileno(),
            upstream_host="127.0.0.1",
            upstream_port=port_of(back),
            tls=client_keys.client_tls(ask=ask) if client_keys else None,
            upstream_tls=server_keys.upstream_tls() if server_keys else None,
            idle_timeout=idle_timeout,
            max_connections=max_connections,
            proxy_protocol=balancers,
        )
        with RunningWire(
            source, [settings], loop=loop, drain_seconds=drain_seconds
        ) as wire:
            yield Stage(
                port_of(front),
                back,
                client_tls=client_keys.client_context() if client_keys else None,
                server_tls=server_keys.server_context() if server_keys else None,
                wire=wire,
            )
