"""What a wire counts, and the snapshot it gives of it.

Bytes of open connections are summed at the moment of the snapshot, so that
counting costs nothing while they pass.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerStatus:
    """One listener since this wire started."""

    application: str
    address: str
    accepting: bool
    connections_open: int
    connections_total: int
    bytes_up: int
    bytes_down: int
    aborted: int
    """Connections that ended by a reset, of either side or by the drain."""
    connect_failures: int
    last_connect_error: str
    last_connect_error_ns: int
    """Wall clock, ns since the epoch; 0 when there was none."""
    connected_ns: int
    """Wall clock of the last upstream connection that succeeded; 0 for none."""
    handshake_failures: int
    """Clients whose TLS handshake failed or took too long."""
    taps_failed: int
    """Connections relayed on without their tap after it raised."""
    layer_failures: int
    """Connections whose layers raised: relayed bare, or aborted under TLS."""
    limit_reached: int
    """Times accepting paused at ``max_connections`` or for want of descriptors."""
    paced: int
    """Times a client's next read waited for the recorder."""
    preambles_missing: int
    """Connections of listed balancers that began without a PROXY preamble."""
    certificate_refused: str
    """Why the certificate on disk is not the one that is shown; empty: it is."""
    strays: int
    """Connections to a transparent listener that were not meant for the application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireStatus:
    """A whole wire at one moment."""

    listeners: tuple[ListenerStatus, ...]
    draining: bool

    @property
    def connections_open(self) -> int:
        """Connections open on all listeners."""
        return sum(each.connections_open for each in self.listeners)


@dataclass(slots=True)
class Counters:
    """The running numbers of one listener; written on its event loop only."""

    connections_open: int = 0
    connections_total: int = 0
    bytes_up: int = 0
    """Of connections that are over."""
    bytes_down: int = 0
    aborted: int = 0
    connect_failures: int = 0
    last_connect_error: str = ""
    last_connect_error_ns: int = 0
    connected_ns: int = 0
    handshake_failures: int = 0
    taps_failed: int = 0
    layer_failures: int = 0
    limit_reached: int = 0
    paced: int = 0
    preambles_missing: int = 0
    strays: int = 0

    def snapshot(
        self,
        *,
        application: str,
        address: str,
        accepting: bool,
        up: int,
        down: int,
        certificate_refused: str = "",
    ) -> ListenerStatus:
        """The numbers now; ``up`` and ``down`` are bytes of open connections."""
        return ListenerStatus(
            application=application,
            address=address,
            accepting=accepting,
            certificate_refused=certificate_refused,
            connections_open=self.connections_open,
            connections_total=self.connections_total,
            bytes_up=self.bytes_up + up,
            bytes_down=self.bytes_down + down,
            aborted=self.aborted,
            connect_failures=self.connect_failures,
            last_connect_error=self.last_connect_error,
            last_connect_error_ns=self.last_connect_error_ns,
            connected_ns=self.connected_ns,
            handshake_failures=self.handshake_failures,
            taps_failed=self.taps_failed,
            layer_failures=self.layer_failures,
            limit_reached=self.limit_reached,
            paced=self.paced,
            preambles_missing=self.preambles_missing,
            strays=self.strays,
        )
