"""What is known of the connection an exchange came over. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from proxy.attribution.schemes.accompanying import Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionContext:
    """Where an exchange came from."""

    application: str
    wire: int
    """Boot id of the wire."""
    connection: int
    client_address: str
    wall_minus_monotonic_ns: int
    certificate: bytes | None = None
    """DER of the client certificate, *not* verified by the wire."""
    chain: tuple[bytes, ...] = ()
    """DER of what the client sent beside it."""
    peer: Peer = field(init=False, repr=False, compare=False)
    """What schemes may ask about the connection."""

    def __post_init__(self) -> None:
        peer = Peer(
            self.client_address,
            self.wire,
            self.connection,
            self.certificate,
            self.chain,
            self.wall_minus_monotonic_ns,
        )
        object.__setattr__(self, "peer", peer)
