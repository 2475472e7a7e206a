"""What the two halves of naming an exchange hand to each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from proxy.attribution.facts import Fact
from proxy.attribution.page import Page
from proxy.attribution.places import Labelled
from proxy.attribution.sessions import Sessions
from proxy.events import Actor, SessionKind
from proxy.exchange.model import Exchange


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a session; becomes a ``SessionChanged``."""

    kind: SessionKind
    actor: Actor
    at: int
    previous: str = ""
    reason: str = ""


@dataclass(slots=True)
class Observed:
    """What ``observe`` found out; goes into ``settle`` unchanged."""

    exchange: Exchange
    start: int
    end: int
    keys: tuple[bytes, ...]
    binding: str = ""
    """Id of a binding that starts with this exchange."""
    needs_watermark: int = 0
    own: Actor | None = None
    """The actor, when the exchange itself decides it."""
    touched: list[bytes] = field(default_factory=list)
    """Keys whose persisted form changed."""
    changes: list[Change] = field(default_factory=list)
    logout: bool = False
    login_page: bool = False
    """Its answer said that the session is not logged in."""
    rotated: tuple[tuple[bytes, bytes], ...] = ()
    """(old key, new key), to be told once the old one is known."""
    page: Callable[[], Page] | None = None
    """The response's body, when somebody reads it as well."""
    claimed: Actor | None = None
    """Whom an accompanying claim made it of, or why of nobody."""
    connection: bytes | None = None
    """Digest of its connection, where identities may be bound to one."""
    companions: frozenset[bytes] = frozenset()
    """Session keys that came with the claim its connection is bound by."""
    learned: Learned | None = None
    placed: Sequence[Labelled] = ()
    """Label and digest of the session keys outside the cookies."""
    peer: str = ""
    """Address of the client."""
    wall_ns: int = 0
    """Wall clock at the request's first byte, ns since the epoch: whose a login
    is depends on the day."""

    def body(self) -> Page:
        """The response's body; only for an exchange that has a response."""
        if self.page is not None:
            return self.page()
        response = self.exchange.response
        assert response is not None
        return Page(response)

    def note(
        self, sessions: Sessions, key: bytes, fact: Fact, *, connection: bool = False
    ) -> None:
        """Tell the table a fact, and remember to persist the key."""
        sessions.add(key, fact, connection=connection)
        self.touched.append(key)


class Learned(NamedTuple):
    """Earlier exchanges of the actor's session are the actor's as well."""

    actor: Actor
    start: int
    end: int
    exchanges: int


class Settled(NamedTuple):
    """Who the exchange is of, and what happened to sessions with it."""

    actor: Actor
    changes: list[Change]
    touched: list[bytes]
    learned: Learned | None = None
