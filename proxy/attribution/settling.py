"""Second half: who an exchange is of, as of its first byte."""

from __future__ import annotations

import msgspec

from proxy.attribution.facts import Bound, Ended
from proxy.attribution.observed import Change, Observed, Settled
from proxy.attribution.schemes.base import MAX_NAME
from proxy.attribution.sessions import Sessions
from proxy.attribution.spec import AttributionSpec, ConfirmUser
from proxy.events import Actor, SessionKind, Strength

_RECOVERABLE = frozenset({"unknown_session", "before_login", "expired"})
"""Without a name for lack of a login seen; a page may still say whose it is."""

NO_SESSION = Actor(reason="no_session")


class Settler:
    """Names exchanges of one application."""

    def __init__(self, spec: AttributionSpec, sessions: Sessions) -> None:
        self._spec = spec
        self._sessions = sessions

    def settle(self, observed: Observed) -> Settled:
        """Who it is of; call it once, when no wire can bring older news."""
        sessions = self._sessions
        changes, touched = observed.changes, observed.touched
        for old, new in observed.rotated:
            self._tell_rotation(observed, old, new)
        if observed.own is not None:
            actor = observed.own
        elif not observed.keys:
            actor = NO_SESSION
        else:
            actor = self._actor(observed)
            if observed.logout and actor.name:
                changes.append(Change(SessionKind.LOGGED_OUT, actor, observed.end))
            elif self._spec.confirm_user is not None and not observed.logout:
                actor = self._confirm(self._spec.confirm_user, observed, actor)
        sessions.sweep(observed.start)
        return Settled(actor, changes, touched)

    def _tell_rotation(self, observed: Observed, old: bytes, new: bytes) -> None:
        # As of the end: nobody can have used the new key before.
        bound = self._sessions.standing(new, observed.end, observed.end).bound
        if bound is not None:
            change = Change(SessionKind.ROTATED, bound.actor, observed.end, old.hex())
            observed.changes.append(change)

    def _actor(self, observed: Observed) -> Actor:
        found: Bound | None = None
        reason = ""
        for key in observed.keys:
            standing = self._sessions.standing(key, observed.start, observed.end)
            bound = standing.bound
            if bound is None:
                if not reason or reason == "unknown_session":
                    reason = standing.reason
                continue
            expired = self._expired(key, bound, observed)
            if expired:
                reason = expired
                continue
            if self._sessions.use(key, observed.start):
                observed.touched.append(key)
            if found is not None and found.actor.name != bound.actor.name:
                return Actor(reason="ambiguous", session=key.hex())
            found = found or bound
        if found is not None:
            return found.actor
        return Actor(reason=reason, session=observed.keys[0].hex())

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
            if shown.casefold() == actor.name.casefold():
                return actor
            for key in observed.keys:
                observed.note(self._sessions, key, Ended(start, end, start, "conflict"))
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
        observed.note(
            self._sessions, observed.keys[0], Bound(start, end, start, start, found)
        )
        observed.changes.append(Change(SessionKind.CONFIRMED, found, end))
        return found

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
