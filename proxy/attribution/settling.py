"""Second half: who an exchange is of, as of its first byte."""

from __future__ import annotations

import msgspec

from proxy.attribution.facts import UNKNOWN, Bound, Ended, same_name
from proxy.attribution.names import Names
from proxy.attribution.observed import Change, Learned, Observed, Settled
from proxy.attribution.schemes.base import MAX_NAME
from proxy.attribution.sessions import Sessions
from proxy.attribution.spec import AttributionSpec, ConfirmUser
from proxy.events import Actor, SessionKind, Strength

_RECOVERABLE = frozenset({"unknown_session", "before_login", "expired"})
"""Without a name for lack of a login seen; a page may still say whose it is."""

NO_SESSION = Actor(reason="no_session")
_ORDER = tuple(Strength)


class Settler:
    """Names exchanges of one application."""

    def __init__(self, spec: AttributionSpec, sessions: Sessions, names: Names) -> None:
        self._spec = spec
        self._names = names
        self._sessions = sessions

    def settle(self, observed: Observed) -> Settled:
        """Who it is of; call it once, when no wire can bring older news."""
        sessions = self._sessions
        changes, touched = observed.changes, observed.touched
        for old, new in observed.rotated:
            self._tell_rotation(observed, old, new)
        if observed.own is not None:
            actor = observed.own
        elif not observed.keys and observed.connection is None:
            actor = NO_SESSION
        else:
            actor = self._actor(observed)
            if observed.login_page:
                self._tell_login_page(observed)
            # Of a session without a name here, too: another node may know it.
            if observed.logout and actor.reason != "logged_out":
                changes.append(Change(SessionKind.LOGGED_OUT, actor, observed.end))
            elif self._spec.confirm_user is not None and not observed.logout:
                before = actor
                actor = self._confirm(self._spec.confirm_user, observed, actor)
                self._learn(observed, before, actor)
        sessions.sweep(observed.start)
        return Settled(actor, changes, touched, observed.learned)

    def _tell_rotation(self, observed: Observed, old: bytes, new: bytes) -> None:
        # As of the end: nobody can have used the new key before.
        bound = self._sessions.standing(new, observed.end, observed.end).bound
        if bound is not None:
            kind = SessionKind.ROTATED if old else SessionKind.LOGGED_IN
            change = Change(kind, bound.actor, observed.end, old.hex())
            observed.changes.append(change)

    def _tell_login_page(self, observed: Observed) -> None:
        """What the answer ended, if that was anything, or may have been elsewhere."""
        for key in observed.keys:
            before = self._sessions.before(key, observed.start, observed.end)
            actor = Actor(reason=before.reason, session=key.hex())
            if before.bound is not None:
                actor = before.bound.actor
            elif before.reason != UNKNOWN.reason:
                continue
            observed.changes.append(
                Change(SessionKind.ENDED, actor, observed.start, reason="login_page")
            )

    def _actor(self, observed: Observed) -> Actor:
        by_key = self._by_keys(observed) if observed.keys else NO_SESSION
        claimed = observed.claimed
        if claimed is None and observed.connection is not None:
            claimed = self._by_connection(observed, observed.connection, by_key)
        return by_key if claimed is None else _both(claimed, by_key)

    def _by_keys(self, observed: Observed) -> Actor:
        """Who the session keys say it is."""
        found: Bound | None = None
        reason = ""
        for key in observed.keys:
            standing = self._sessions.standing(key, observed.start, observed.end)
            bound = standing.bound
            if bound is None:
                if standing.reason == "ambiguous":
                    return Actor(reason="ambiguous", session=key.hex())
                if not reason or reason == "unknown_session":
                    reason = standing.reason
                continue
            expired = self._expired(key, bound, observed)
            if expired:
                reason = expired
                continue
            if self._sessions.use(key, observed.start):
                observed.touched.append(key)
            if found is not None and not same_name(found.actor, bound.actor):
                return Actor(reason="ambiguous", session=key.hex())
            found = found or bound
        if found is not None:
            return found.actor
        return Actor(reason=reason, session=observed.keys[0].hex())

    def _by_connection(
        self, observed: Observed, connection: bytes, by_key: Actor
    ) -> Actor | None:
        """Who the connection says it is; None when it says nothing.

        A session key of somebody else on a bound connection shows that several
        share it (a load balancer that pools): from then on it says nothing but
        that. A key whose login was not seen may be somebody else's as well,
        unless it came with the very claim that bound the connection.
        """
        sessions, start, end = self._sessions, observed.start, observed.end
        standing = sessions.standing(connection, start, end)
        bound = standing.bound
        if bound is None:
            if standing.reason == "ambiguous":
                return Actor(reason="ambiguous", session=connection.hex())
            return None
        if self._expired(connection, bound, observed):
            return None
        if sessions.use(connection, start):
            observed.touched.append(connection)
        if by_key.name and not same_name(by_key, bound.actor):
            shared = Ended(start, end, start, "ambiguous")
            observed.note(sessions, connection, shared, connection=True)
            told = msgspec.structs.replace(bound.actor, on_wire=by_key.name)
            observed.changes.append(
                Change(SessionKind.CONFLICT, told, end, reason="connection_shared")
            )
            return Actor(reason="ambiguous", session=connection.hex())
        strange = not by_key.name and not observed.companions.issuperset(observed.keys)
        if strange:
            return Actor(reason="ambiguous", session=by_key.session)
        return bound.actor

    def _confirm(self, element: ConfirmUser, observed: Observed, actor: Actor) -> Actor:
        """Compare with the page's own "logged in as", when it has one."""
        response = observed.exchange.response
        if response is None or not 200 <= response.status < 300:
            return actor
        page = observed.body()
        names = {text.strip() for text in page.select(element.selector) or ()} - {""}
        if len(names) != 1 or not page.complete:
            return actor
        shown = names.pop()
        start, end = observed.start, observed.end
        if actor.name:
            if self._same(shown, actor, observed.wall_ns):
                return actor
            over = Ended(start, end, start, "conflict")
            for key in observed.keys:
                observed.note(self._sessions, key, over)
            if observed.connection is not None:
                key = observed.connection
                observed.note(self._sessions, key, over, connection=True)
            other = msgspec.structs.replace(actor, on_wire=shown[:MAX_NAME])
            observed.changes.append(
                Change(SessionKind.CONFLICT, other, end, reason="page_names_another")
            )
            return Actor(reason="conflict", session=actor.session)
        if actor.reason not in _RECOVERABLE or len(observed.keys) != 1:
            return actor
        if len(shown) > MAX_NAME or not shown.isprintable():
            return actor
        found = Actor(
            name=shown,
            on_wire=shown,
            scheme=element.scheme,
            strength=Strength.INFERRED,
            binding=observed.binding,
            session=actor.session,
        )
        found = self._names.named(found, observed.wall_ns)
        if not found.name:
            return found
        observed.note(
            self._sessions, observed.keys[0], Bound(start, end, start, start, found)
        )
        observed.changes.append(Change(SessionKind.CONFIRMED, found, end))
        return found

    def _learn(self, observed: Observed, before: Actor, actor: Actor) -> None:
        """What a page that names the user of an unknown session says about the
        exchanges of that session before it.

        Only when nothing was ever seen to happen to the key (``unknown_session``):
        no login, no logout, not even its issue; and only back to the first sight
        of it by this peer.
        """
        if before.reason != "unknown_session" or len(observed.keys) != 1:
            return
        key, start = observed.keys[0], observed.start
        if not actor.name:
            if actor.reason == "unknown_session":
                self._sessions.met(key, start, observed.peer)
            else:
                self._sessions.end_run(key)
            return
        run = self._sessions.end_run(key)
        if run is not None and run.peer == observed.peer and run.first < start:
            observed.learned = Learned(actor, run.first, start, run.exchanges)

    def _same(self, shown: str, actor: Actor, wall_ns: int) -> bool:
        """Whether a page names this actor: as it was typed, or by its one name."""
        names = {actor.name.casefold(), actor.on_wire.casefold()}
        if shown.casefold() in names:
            return True
        return self._names.named(Actor(name=shown), wall_ns).name.casefold() in names

    def _expired(self, key: bytes, bound: Bound, observed: Observed) -> str:
        expiry = self._spec.expiry
        last = max(self._sessions.last_used(key), bound.at)
        start = observed.start
        if start - last > expiry.idle_ns:
            limit, why = last + expiry.idle_ns, "idle"
        elif start - bound.since > expiry.absolute_ns:
            limit, why = bound.since + expiry.absolute_ns, "absolute"
        else:
            return ""
        ended = Ended(limit, limit, limit, "expired")
        observed.note(self._sessions, key, ended)
        observed.changes.append(
            Change(SessionKind.ENDED, bound.actor, limit, reason=why)
        )
        return "expired"


def _both(claimed: Actor, by_key: Actor) -> Actor:
    """What a claim and the session keys beside it say together.

    ==========  =============  ===================================
    claim       session keys   the exchange is
    ==========  =============  ===================================
    A           nobody's, yet  A's
    A           A's            A's, by the stronger of the two
    A           B's            nobody's: ``ambiguous``
    A           ambiguous      nobody's: ``ambiguous``
    nameless    anybody's      nobody's, for the claim's reason
    ==========  =============  ===================================
    """
    session = by_key.session or claimed.session
    if not claimed.name:
        return msgspec.structs.replace(claimed, session=session)
    if by_key.reason == "ambiguous" or (by_key.name and not same_name(claimed, by_key)):
        return Actor(reason="ambiguous", session=session)
    if by_key.name and _ORDER.index(by_key.strength) < _ORDER.index(claimed.strength):
        return by_key
    return msgspec.structs.replace(claimed, session=session)
