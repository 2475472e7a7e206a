"""Claims that accompany a request, weighed against the answer.

Every scheme of ``schemes.accompanying`` is read here, alike. What a claim does:

================  =========================================================
accepted          the exchange is the claimed name's; with ``Scope.CONNECTION``
                  so are later exchanges of the connection that carry nothing
refused           401 or 407: the exchange is nameless (``credentials_refused``)
                  and the refusal is told. A stale nonce refuses nobody
unclear           any other answer that does not show that the application
                  looked (a 404 may come before authentication): nameless
                  (``claim_unclear``), and nobody is said to have failed
unanswered        nameless; a connection is nobody's from then on
forged            told (``SessionKind.FORGED``), and counts for nothing
clears            whoever the connection was before is over from its first byte
two names         of two schemes in one request: ``ambiguous``
two users         accepted one after another on one connection (a load balancer
                  that pools stands in front): the connection is ``ambiguous``
                  for good, since an exchange that carries nothing may be of
                  either; an exchange that carries its own claim has its name
================  =========================================================

What session keys say of the same exchange is compared in ``settling``.

Exchanges of one connection come in order, over one wire: what is noted about a
connection may depend on what was noted before, and on nothing else.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from proxy.attribution.asked import Asked
from proxy.attribution.confirmation import evaluate
from proxy.attribution.facts import Bound, Ended
from proxy.attribution.keys import KeyReader
from proxy.attribution.names import Names
from proxy.attribution.observed import Change, Observed
from proxy.attribution.schemes.accompanying import Accompanying, Claim, Peer, Scope
from proxy.attribution.schemes.base import MAX_NAME
from proxy.attribution.sessions import Sessions
from proxy.events import Actor, SessionKind, Strength
from proxy.exchange.model import Response

_REFUSALS = frozenset({401, 407})
_UNREADABLE = frozenset(
    {
        "no_key",
        "no_keytab",
        "userhash",
        "anonymous",
        "handshake",
        "encrypted",
        "other_credentials",
    }
)
"""Says nothing about who it is, and so contradicts no claim beside it."""
_ORDER = tuple(Strength)
MAX_COMPANIONS = 20_000
"""Connections whose handshakes' session keys are remembered; more than are
open at a time. One that is forgotten loses names until its next handshake."""


class Claims:
    """Reads the claims of one application's exchanges."""

    def __init__(
        self,
        schemes: Sequence[Accompanying],
        sessions: Sessions,
        keys: KeyReader,
        names: Names,
    ) -> None:
        self._names = names
        self._sessions = sessions
        self._keys = keys
        self._schemes = schemes
        self._companions: OrderedDict[bytes, frozenset[bytes]] = OrderedDict()

    def observe(self, observed: Observed, asked: Asked, peer: Peer) -> None:
        """Fill ``observed.claimed`` and what concerns its connection."""
        connection = self._keys.connection(peer.wire, peer.connection)
        observed.connection = connection
        response = observed.exchange.response
        claims: list[Claim] = []
        for scheme in self._schemes:
            claim = scheme.claim(asked, peer)
            if claim is None:
                continue
            if claim.forged:
                self._forged(observed, claim)
                continue
            claims.append(claim)
            if claim.clears:
                start, end = observed.start, observed.end
                cleared = Ended(start, end, start, "handshake")
                observed.note(self._sessions, connection, cleared, connection=True)
        if response is not None and _refuses(response):
            for scheme in self._schemes:
                scheme.challenged(asked, response)
        if claims:
            observed.claimed = self._weigh(observed, claims, response)
        elif connection in self._companions:
            observed.companions = self._companions[connection]
            self._companions.move_to_end(connection)

    def _forged(self, observed: Observed, claim: Claim) -> None:
        said = Actor(
            on_wire=(claim.on_wire or claim.name)[:MAX_NAME],
            scheme=claim.scheme,
            reason="forged",
        )
        observed.changes.append(
            Change(SessionKind.FORGED, said, observed.start, reason=claim.reason)
        )

    def _weigh(
        self, observed: Observed, claims: list[Claim], response: Response | None
    ) -> Actor | None:
        accepted: list[tuple[Claim, Actor]] = []
        refused: Actor | None = None
        for claim in claims:
            held = _accepted(claim, observed)
            if held:
                actor = self._names.named(_actor(claim, observed), observed.wall_ns)
                accepted.append((claim, actor))
            else:
                said = self._not_accepted(observed, claim, response, held)
                refused = refused or said
        if not accepted:
            return refused
        named = [(claim, actor) for claim, actor in accepted if actor.name]
        for claim, actor in accepted:
            if claim.scope is Scope.CONNECTION and not actor.name:
                self._unbind_connection(observed, actor.reason)
        doubts = [a for _, a in accepted if not a.name and a.reason not in _UNREADABLE]
        if doubts:
            return doubts[0]
        if not named:
            claim, actor = accepted[0]
            return None if claim.clears else actor
        if len({actor.name.casefold() for _, actor in named}) > 1:
            self._unbind_connection(observed, "ambiguous")
            return Actor(reason="ambiguous")
        for claim, actor in named:
            if claim.scope is Scope.CONNECTION and observed.connection is not None:
                self._bind_connection(observed, observed.connection, actor)
        return min((actor for _, actor in named), key=_rank)

    def _not_accepted(
        self,
        observed: Observed,
        claim: Claim,
        response: Response | None,
        held: bool | None,
    ) -> Actor:
        scheme = claim.scheme
        if held is None or (response is not None and not _refuses(response)):
            if claim.scope is Scope.CONNECTION:
                # Nobody saw whether the application took it.
                self._unbind_connection(observed, "ambiguous")
            why = "claim_unclear" if response else "claim_unanswered"
            return Actor(scheme=scheme, reason=why)
        if claim.clears and not claim.name:
            return Actor(scheme=scheme, reason=claim.reason or "handshake")
        if response and claim.retried is not None and claim.retried(response):
            return Actor(scheme=scheme, reason="retried")
        told = Actor(scheme=scheme, reason="credentials_refused")
        observed.changes.append(
            Change(
                SessionKind.LOGIN_FAILED,
                told,
                observed.end,
                reason="credentials_refused",
            )
        )
        return told

    def _unbind_connection(self, observed: Observed, reason: str) -> None:
        start, end = observed.start, observed.end
        if observed.connection is not None:
            over = Ended(start, end, start, reason)
            observed.note(self._sessions, observed.connection, over, connection=True)

    def _bind_connection(
        self, observed: Observed, connection: bytes, actor: Actor
    ) -> None:
        response = observed.exchange.response
        assert response is not None
        start, end, at = observed.start, observed.end, response.start_ns
        bound = msgspec.structs.replace(actor, session=connection.hex())
        shared = self._sessions.is_shared(connection, actor.name)
        sessions = self._sessions
        fact = Bound(at, end, start, start, bound)
        observed.note(sessions, connection, fact, connection=True)
        if shared:
            doubt = Ended(at, end, at, "ambiguous")
            observed.note(sessions, connection, doubt, connection=True)
        reason = "connection_shared" if shared else ""
        observed.changes.append(
            Change(SessionKind.LOGGED_IN, bound, end, reason=reason)
        )
        known = self._companions.pop(connection, frozenset())
        # The latest handshake's keys alone, unless the same user goes on.
        self._companions[connection] = frozenset(observed.keys) | (
            frozenset() if shared else known
        )
        if len(self._companions) > MAX_COMPANIONS:
            self._companions.popitem(last=False)


def _refuses(response: Response) -> bool:
    return response.status in _REFUSALS


def _accepted(claim: Claim, observed: Observed) -> bool | None:
    """Whether the application took it; None when nobody saw."""
    response = observed.exchange.response
    if response is None:
        return None
    if claim.accepted_when is not None:
        return evaluate(claim.accepted_when, observed.exchange, observed.body())
    return response.status not in _REFUSALS


def _actor(claim: Claim, observed: Observed) -> Actor:
    name, reason = claim.name, claim.reason
    on_wire = claim.on_wire or name
    if name and (len(name) > MAX_NAME or not name.isprintable()):
        name, reason = "", "unusable_name"
    if len(on_wire) > MAX_NAME or not on_wire.isprintable():
        on_wire = ""
    if not name:
        return Actor(on_wire=on_wire, scheme=claim.scheme, reason=reason or "no_name")
    return Actor(
        name=name,
        on_wire=on_wire,
        scheme=claim.scheme,
        strength=claim.strength,
        binding=observed.binding,
    )


def _rank(actor: Actor) -> int:
    return _ORDER.index(actor.strength)
