"""Every bound of the recorder with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from proxy.exchange.limits import Limits as ReadingLimits

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on memory (bytes) and time (seconds) unless named otherwise."""

    reading: ReadingLimits = field(default_factory=ReadingLimits)
    """Bounds of one connection's parser."""
    patience: float = 5.0
    """How long, in the wires' own time, an exchange waits for the watermark of a
    wire that says nothing. An idle one answers within milliseconds; a wire whose
    backlog is read late, on a saturated host, is seconds behind the others (with
    250 ms 8 of 35,283 exchanges of forty advisors went nameless). A wire that
    hangs delays only exchanges whose key is unknown or changed lately."""
    ahead: float = 0.200
    """How far, in the wires' own time, one wire is read ahead of another."""
    stalled: float = 1.0
    """A wire that is read and says nothing for so long, although it is asked each
    few milliseconds while others wait, hangs and is not waited for."""
    waiting_exchanges: int = 10_000
    waiting_bytes: int = 64 * MIB
    """Of exchanges that wait for a watermark: two seconds of a busy host."""
    half_read_bytes: int = 256 * MIB
    """Of messages that are not complete, all connections: thirty bodies at the
    cap. Above it the connection that holds most becomes a gap."""
    connections: int = 131_072
    """Open per wire; four times what a wire tracks. More is a broken stream."""
    pending_events: int = 20_000
    pending_bytes: int = 32 * MIB
    """Not yet committed. Above either the wires are not read until a commit."""
    commit_delay: float = 0.005
    """Collected before a commit: a commit costs some 0.3 ms of CPU and a sync,
    whatever is in it."""
    commit_retry_most: float = 2.0
    """Between attempts of a commit that fails, doubling from 50 ms."""
    wire_grace: float = 5.0
    """A wire whose stream broke connects again within one second; one that has
    not after five is gone."""
    start_grace: float = 5.0
    """The same for wires known from the journal when the recorder starts."""
    heartbeat: float = 1.0
    sign_of_life: float = 60.0
    """Between rows that say this recorder was at work: 1,440 a day tell a silent
    node within minutes."""
    subscriber_bytes: int = 8 * MIB
    """Not yet taken by a subscriber; above it the subscriber is dropped."""
    subscribers: int = 4
