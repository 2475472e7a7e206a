"""Every bound of the tap link with its reason, and what is counted when it is hit."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20

FRAME_COST = 200
"""Bytes a frame costs beside its payload (header object, tuple, list slots;
CPython 3.11): counted with every frame, so that a million one-byte frames are
not taken for one mebibyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on memory and time; bytes unless named otherwise."""

    backlog_soft: int = 1 * MIB
    """Not yet taken by the socket: from here on ``pace`` asks for patience. A
    recorder that keeps up leaves a few kilobytes."""
    backlog_hard: int = 16 * MIB
    """From here on connections are shed: a quarter second of the 60 MB/s one
    wire relays at most."""
    pace_most: float = 0.020
    """Seconds; the longest wait asked for. 0 turns pacing off. Two frames of a
    screen: slower than usual, not broken."""
    progress_within: float = 0.250
    """Seconds; a recorder that took nothing for so long is stalled, and nobody
    waits for it."""
    kept_connection: int = 10 * MIB
    """Uncommitted bytes of one connection: above the 8 MiB body cap, so that
    every message that is read whole can be replayed."""
    kept_total: int = 64 * MIB
    """Uncommitted bytes of all connections: some seconds of a busy wire, which
    is what a recorder's restart takes."""
    tracked: int = 32_768
    """Connections known one by one, about 1 KiB each. More than a wire has
    descriptors for; reached only when ended ones wait for an absent recorder."""
    slice: int = MIB // 4
    """Handed to the socket at once, and the socket buffer's high-water mark."""
    reconnect_first: float = 0.050
    reconnect_most: float = 1.0
    """Seconds between attempts to connect, doubling."""

    def __post_init__(self) -> None:
        """Refuse bounds that contradict each other."""
        if not 0 < self.backlog_soft <= self.backlog_hard:
            raise ValueError("backlog_soft is above 0 and at most backlog_hard")
        if self.pace_most < 0 or self.reconnect_first <= 0:
            raise ValueError("times are not negative, reconnect_first above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLimits:
    """Bounds on what waits for its record."""

    deadline: float = 2.0
    """Seconds the recorder may owe a release; a stalled disk or a recorder's
    restart takes one, and people wait no longer than a few for a page."""
    connection: int = 8 * MIB
    """Bytes of one connection: what is read of a message at most. Above, the
    recorder is asked to read what there is, and the server waits."""
    total: int = 64 * MIB
    """Bytes of all connections of a wire: what is kept at most. Above, those that
    hold more than their share are treated as full."""

    def __post_init__(self) -> None:
        """Refuse bounds that cannot be kept."""
        if self.deadline <= 0 or not 0 < self.connection <= self.total:
            raise ValueError("a deadline above 0, connection above 0 and within total")


@dataclass(slots=True)
class Counters:
    """What happened since the wire started; only ever grows."""

    connects: int = 0
    """Recorders connected to; all but the first are reconnects."""
    shed_connections: int = 0
    """Lost because the backlog reached its hard bound."""
    absent_connections: int = 0
    """Lost because no recorder was there and the kept bytes reached theirs."""
    failed_connections: int = 0
    """Detached after a fault in the wire's own layer."""
    unreplayable: int = 0
    """Times kept bytes were dropped though they had been sent."""
    lost_bytes: int = 0
    """Payload bytes that will not be sent, both directions."""
    missed_connections: int = 0
    """Never tracked: ``Limits.tracked`` was reached."""
    paced: int = 0
    """Times ``pace`` asked for patience."""
    malformed: int = 0
    """Streams closed because the recorder's frames made no sense."""
