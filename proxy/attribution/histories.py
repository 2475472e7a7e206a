"""What several nodes recorded of one login, as values.

Times are ns since the epoch on the clock of the node that recorded them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from proxy.events import Actor, SessionKind

_GIVING = frozenset({SessionKind.LOGGED_IN, SessionKind.CONFIRMED, SessionKind.ROTATED})
_REFUSED = frozenset({"login_failed", "credentials_refused"})
"""Reasons of failed logins that leave a session what it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to one of the keys, as one node saw it."""

    node: str
    key: str
    """The key it is about, or the one given for it."""
    start: int
    """First byte of its exchange, or when it took effect, if that is earlier."""
    end: int
    """When it took effect."""
    kind: SessionKind
    gives: bool
    """It is about one of the keys; else one was given up for another login's."""
    actor: Actor
    reason: str
    peer: str
    wire: int = 0
    connection: int = 0
    request_offset: int = 0

    @property
    def binds(self) -> bool:
        """Its key is the actor's from then on."""
        return self.gives and self.kind in _GIVING and bool(self.actor.name)

    @property
    def place(self) -> tuple[str, int, int, int]:
        """The exchange that told it."""
        return (self.node, self.wire, self.connection, self.request_offset)

    @property
    def counts(self) -> bool:
        """It changes, or may change, whose the key is."""
        if self.kind is SessionKind.LOGIN_FAILED:
            return self.reason not in _REFUSED
        return self.kind is not SessionKind.FORGED

    def is_of(self, name: str) -> bool:
        """It only says once more that the key is this account's."""
        return self.binds and self.actor.name.casefold() == name.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An exchange that carried one of the keys."""

    node: str
    key: str
    start: int
    peer: str
    name: str
    reason: str
    binding: str
    wire: int = 0
    connection: int = 0
    request_offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a row already says about exchanges of one node with one of the keys."""

    node: str
    key: str
    start: int
    end: int
    name: str
    """Empty: their name was taken back."""
    at: int
    """First byte of the exchange that told it."""

    def covers(self, seen: Sighting) -> bool:
        """It is about this exchange."""
        same = (self.node, self.key) == (seen.node, seen.key)
        return same and self.start <= seen.start < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What two nodes and one application keep to; all ns."""

    skew: int
    """Two nodes' clocks differ by no more."""
    idle: int
    absolute: int


@dataclass(slots=True)
class History:
    """Everything that all nodes recorded of these keys, from before their binding."""

    application: str
    happened: list[Happening]
    seen: list[Sighting]
    told: list[Told] = field(default_factory=list)
    whole: bool = True
    """All exchanges with the key are there; if not, it gives no name."""

    def __post_init__(self) -> None:
        self.happened = sorted(
            (each for each in self.happened if each.counts), key=lambda each: each.end
        )
        self.seen = sorted(self.seen, key=lambda each: (each.start, each.node))
