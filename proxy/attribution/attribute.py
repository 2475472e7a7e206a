"""The mechanism: candidate → confirmation → binding, for one application.

``observe`` is called when an exchange is complete, in whatever order the wires
bring them. It notes down what the exchange does to session keys (login,
logout, rotation). ``settle`` is called when every wire's watermark has passed
``needs_watermark``: it says who the exchange is of, as of its first byte.

What an exchange does to a key:

=============  ============================================================
login          the key valid after the response is bound: a key it issued
               from the first byte of the response (nobody had it before),
               a key that stayed the same from the last byte on (session
               fixation: what came before stays nameless); a replaced key
               ends. The login exchange itself is shown to the new actor.
failed login   nothing; the exchange itself stays nameless
unanswered     a login nobody saw the answer of ends the binding: from then
               on the key may be either's
logout         ends the binding valid at its first byte, from the last byte
               of its response on: what was under way is still that actor's
rotation       a changed cookie on a request that carried a bound key moves
               the binding; the old key counts for a grace (requests under
               way). Not when the answer is a login page: then the cookie is
               a new anonymous session
login page     401, a redirect to an address of a login, or what the rule
               set describes instead: ends the binding from the first byte
               of the request on
new session    a key issued again means nothing of what it meant before
=============  ============================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import msgspec

from proxy.attribution.asked import Asked
from proxy.attribution.confirmation import evaluate, redirect
from proxy.attribution.facts import Bound, Ended, Linked
from proxy.attribution.keys import KeyReader
from proxy.attribution.page import Page
from proxy.attribution.schemes.base import MAX_NAME, Candidate
from proxy.attribution.schemes.registry import scheme_of
from proxy.attribution.sessions import Sessions
from proxy.attribution.spec import AttributionSpec, ConfirmUser
from proxy.events import Actor, SessionKind, Strength
from proxy.exchange.model import Exchange, Response

_PASSWORD_FIELD = re.compile(r"type\s*=\s*[\"']?password", re.IGNORECASE)
_RECENT_NS = 2 * 10**9
"""A key that changed so shortly before may have changed on another wire too."""

_RECOVERABLE = frozenset({"unknown_session", "before_login", "expired"})
"""Without a name for lack of a login seen; a page may still say whose it is."""

NO_SESSION = Actor(reason="no_session")


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
    rotated: tuple[tuple[bytes, bytes], ...] = ()
    """(old key, new key), to be told once the old one is known."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Who the exchange is of, and what happened to sessions with it."""

    actor: Actor
    changes: list[Change]
    touched: list[bytes]


class Attribution:
    """Who, for one application."""

    def __init__(
        self, spec: AttributionSpec, application: str, sessions: Sessions, key: bytes
    ) -> None:
        self._spec = spec
        self._sessions = sessions
        self._keys = KeyReader(spec.session, application, key)
        self._schemes = [scheme_of(login) for login in spec.logins]
        self._login_patterns = [login.request.pattern for login in spec.logins]
        self.internal_errors = 0

    def observe(self, exchange: Exchange, asked: Asked, binding: str) -> Observed:
        """Note down what this complete exchange does to session keys.

        Args:
            exchange: Complete, or as much of it as there will be.
            asked: Its request.
            binding: ``wire-connection-offset``, hex: the id of a binding that
                starts here.
        """
        request, response = exchange.request, exchange.response
        start = request.start_ns
        end = max(start, request.end_ns, response.end_ns if response else 0)
        keys = self._keys.of_request(request)
        observed = Observed(exchange, start, end, keys, binding)
        for scheme in self._schemes:
            candidate = scheme.candidate(asked)
            if candidate is not None:
                self._login(observed, candidate)
                return observed
        if keys:
            observed.needs_watermark = self._needs(keys, start, end)
            if self._spec.logouts and self._is_logout(exchange, asked):
                observed.logout = True
                observed.needs_watermark = end
                for key in keys:
                    self._note(observed, key, Ended(end, end, start, "logged_out"))
        if response is not None and response.get(b"set-cookie") is not None:
            self._new_keys(observed, response, keeps=not observed.logout)
        if keys and response is not None and not observed.logout:
            self._login_page(observed, response)
        return observed

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

    def _needs(self, keys: tuple[bytes, ...], start: int, end: int) -> int:
        recent = start - _RECENT_NS
        for key in keys:
            if not self._sessions.settled(key, recent):
                return end
        return start

    def _note(
        self, observed: Observed, key: bytes, fact: Bound | Ended | Linked
    ) -> None:
        self._sessions.add(key, fact)
        observed.touched.append(key)

    # -- login ---------------------------------------------------------------

    def _login(self, observed: Observed, candidate: Candidate) -> None:
        exchange = observed.exchange
        held = evaluate(candidate.confirmed_when, exchange)
        if held is True:
            self._logged_in(observed, candidate)
            return
        hexed = observed.keys[0].hex() if observed.keys else ""
        reason = "login_failed" if held is False else "login_unanswered"
        observed.own = Actor(scheme=candidate.scheme, reason=reason, session=hexed)
        if held is None:
            for key in observed.keys:
                self._note(
                    observed,
                    key,
                    Ended(observed.start, observed.end, observed.start, "ambiguous"),
                )
        if exchange.response is not None:
            self._new_keys(observed, exchange.response, keeps=False)
        told = Actor(
            on_wire=candidate.name if candidate.keep_failed_name else "",
            scheme=candidate.scheme,
            reason=reason,
            session=hexed,
        )
        observed.changes.append(Change(SessionKind.LOGIN_FAILED, told, observed.end))

    def _logged_in(self, observed: Observed, candidate: Candidate) -> None:
        exchange = observed.exchange
        response = exchange.response
        assert response is not None
        start, end = observed.start, observed.end
        named = Actor(
            name=candidate.name,
            on_wire=candidate.name,
            scheme=candidate.scheme,
            strength=candidate.strength if candidate.name else Strength.NONE,
            reason=candidate.reason,
            binding=observed.binding,
        )
        issued = self._keys.issued(response)
        before = self._keys.by_name(exchange.request)
        deleted = self._keys.deletes(response)
        first: Actor | None = None
        for name in dict.fromkeys((*issued, *before)):
            old, new = before.get(name, ()), issued.get(name, ())
            for key in old:
                if key not in new and (new or deleted or len(old) > 1):
                    reason = "replaced" if new or deleted else "ambiguous"
                    self._note(observed, key, Ended(end, end, start, reason))
            valid = new or (old if len(old) == 1 and not deleted else ())
            for key in valid:
                # A key this response issued was nobody's before its first byte.
                at = end if key in old else response.start_ns
                actor = msgspec.structs.replace(named, session=key.hex())
                first = first or actor
                self._bind(observed, key, at, actor)
        if first is None:
            first = named
        previous = observed.keys[0].hex() if observed.keys else ""
        if previous == first.session:
            previous = ""
        observed.own = first
        observed.changes.append(
            Change(SessionKind.LOGGED_IN, first, end, previous, first.reason)
        )

    def _bind(self, observed: Observed, key: bytes, at: int, actor: Actor) -> None:
        start, end = observed.start, observed.end
        if actor.name:
            self._note(observed, key, Bound(at, end, start, start, actor))
        else:
            # Confirmed, but as whom cannot be told: the key is nobody's now.
            self._note(observed, key, Linked(at, end, start, ()))
            self._note(observed, key, Ended(at, end, at, actor.reason))

    # -- logout, rotation, login page ----------------------------------------

    def _is_logout(self, exchange: Exchange, asked: Asked) -> bool:
        for logout in self._spec.logouts:
            if asked.fits(logout.request):
                wanted = logout.confirmed_when
                return wanted is None or evaluate(wanted, exchange) is True
        return False

    def _new_keys(self, observed: Observed, response: Response, *, keeps: bool) -> None:
        """Keys issued outside a confirmed login: rotations and new sessions."""
        issued = self._keys.issued(response)
        if not issued:
            return
        start, end = observed.start, observed.end
        before = self._keys.by_name(observed.exchange.request)
        keeps = keeps and bool(before) and self._keeps_session(observed, response)
        rotated: list[tuple[bytes, bytes]] = []
        for name, new in issued.items():
            old = before.get(name, ())
            fresh = [key for key in new if key not in old]
            for key in fresh:
                parents = old if keeps else ()
                self._note(
                    observed, key, Linked(response.start_ns, end, start, parents)
                )
                rotated += [(parent, key) for parent in parents[:1]]
            over = end + self._spec.expiry.rotation_grace_ns
            for key in old:
                if fresh and key not in new and not observed.logout:
                    self._note(observed, key, Ended(over, end, start, "replaced"))
        if rotated:
            observed.rotated = tuple(rotated)
            observed.needs_watermark = end

    def _keeps_session(self, observed: Observed, response: Response) -> bool:
        """Whether the answer is one that a logged-in session gets."""
        exchange = observed.exchange
        if response.status >= 400 or self._leads_to_login(exchange, response):
            return False
        if 300 <= response.status < 400:
            return True
        page = Page(response)
        wanted = self._spec.login_page
        if wanted is not None and evaluate(wanted, exchange, page) is not False:
            return False
        return page.complete and _PASSWORD_FIELD.search(page.text) is None

    def _tell_rotation(self, observed: Observed, old: bytes, new: bytes) -> None:
        # As of the end: nobody can have used the new key before.
        bound = self._sessions.standing(new, observed.end, observed.end).bound
        if bound is not None:
            change = Change(SessionKind.ROTATED, bound.actor, observed.end, old.hex())
            observed.changes.append(change)

    def _login_page(self, observed: Observed, response: Response) -> None:
        """An answer that says: this session is not logged in."""
        wanted = self._spec.login_page
        if wanted is not None:
            shown = evaluate(wanted, observed.exchange) is True
        elif response.status == 401:
            shown = True
        else:
            shown = self._leads_to_login(observed.exchange, response)
        if shown:
            start, end = observed.start, observed.end
            for key in observed.keys:
                self._note(observed, key, Ended(start, end, start, "login_page"))

    def _leads_to_login(self, exchange: Exchange, response: Response) -> bool:
        if not 300 <= response.status < 400:
            return False
        address = redirect(exchange.request, response)
        if address is None:
            return False
        path = address.partition("?")[0]
        return any(p.match_path(path) is not None for p in self._login_patterns)

    # -- who -----------------------------------------------------------------

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
        page = Page(response)
        names = {text.strip() for text in page.select(element.selector) or ()} - {""}
        if len(names) != 1 or not page.complete:
            return actor
        shown = names.pop()
        start, end = observed.start, observed.end
        if actor.name:
            if shown.casefold() == actor.name.casefold():
                return actor
            for key in observed.keys:
                self._note(observed, key, Ended(start, end, start, "conflict"))
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
        self._note(observed, observed.keys[0], Bound(start, end, start, start, found))
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
        self._note(observed, key, ended)
        observed.changes.append(
            Change(SessionKind.ENDED, bound.actor, limit, reason=why)
        )
        return "expired"
