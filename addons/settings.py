"""What a wire is told before it starts: plain values, no mitmproxy behind them.

The composition root builds these from the config and hands them to
``addons.master.run_wire``. Nothing is read or opened here; what cannot work
(a missing certificate, a limit the process cannot carry) is refused by
``run_wire`` before it listens.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

Network = IPv4Network | IPv6Network
TlsVersion = Literal["1.0", "1.1", "1.2", "1.3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """TLS towards browsers."""

    certificate: Path
    """PEM, leaf first, then the chain."""
    key: Path
    """PEM, not encrypted."""
    minimum: TlsVersion = "1.2"
    """Lowest version accepted; below 1.2 only for browsers that know no other."""
    ask: bool = False
    """Ask browsers for a certificate, and take any, or none (``tls_asking``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamTls:
    """Verified TLS towards the application."""

    ca: Path | None = None
    """PEM with the authorities to trust; None trusts the system's."""
    server_name: str | None = None
    """Name (or address) asked for by SNI and demanded in the certificate; None
    takes the upstream host."""
    minimum: TlsVersion = "1.2"
    """Lowest version accepted; below 1.2 only for applications of that age."""
    ciphers: str | None = None
    """OpenSSL's words for those of TLS 1.2 and below; None takes its defaults."""


class Method(Enum):
    """How the kernel leads connections here that were meant for the application."""

    REDIRECT = "redirect"
    """The destination is rewritten; the application sees the sidecar's address."""
    TPROXY = "tproxy"
    """Nothing is rewritten; the application sees the client's address."""


OWN_MARK = 0x7769
"""On the packets of a wire's own connections (SO_MARK): they are not led here again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transparent:
    """A listener whose clients believe to speak with the application."""

    method: Method
    destinations: frozenset[tuple[str, int]]
    """What is relayed, each to where it was going; anything else is turned away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """One listening socket and the application behind it."""

    application: str
    fd: int
    """Descriptor of a bound, listening TCP socket. It is duplicated, never
    closed: other wires and the supervisor hold the same socket."""
    upstream_host: str
    upstream_port: int
    tls: ClientTls | None = None
    upstream_tls: UpstreamTls | None = None
    connect_timeout: float = 10.0
    """Seconds for TCP and TLS towards the application together."""
    handshake_timeout: float = 30.0
    """Seconds a client may take for its TLS handshake (a phone on a bad line
    needs some; without a bound a silent peer would hold a descriptor for ever)."""
    idle_timeout: float | None = None
    """Seconds without a byte in either direction; None waits for ever, as a
    direct connection would."""
    max_connections: int = 4096
    """At this number accepting pauses; each connection takes two descriptors."""
    proxy_protocol: tuple[Network, ...] = ()
    """Peers whose connections begin with a PROXY preamble (``preamble``)."""
    transparent: Transparent | None = None
    """Relay to where the client was going; None: to the upstream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSettings:
    """Everything one wire process relays."""

    listeners: tuple[ListenerSettings, ...]
    drain_seconds: float = 30.0
    """Longest wait for open connections once asked to stop; the rest is aborted."""
    handover_seconds: float = 600.0
    """The same when others have succeeded this wire: nobody waits for its end."""
    quiet_seconds: float = 2.0
    """While draining, a connection on which the server spoke last is closed after
    this silence; the silence demanded shrinks as the end of the drain nears."""
    status_seconds: float = 1.0
    """Interval of the status reports."""
