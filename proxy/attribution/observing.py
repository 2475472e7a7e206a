"""First half: what a complete exchange does to session keys.

Called in whatever order the wires bring exchanges, so nothing here may depend
on what was seen before: only facts are noted down (``proxy.attribution.facts``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from proxy.attribution.asked import Asked
from proxy.attribution.claims import Claims
from proxy.attribution.confirmation import evaluate, redirect
from proxy.attribution.facts import Bound, Ended, Linked, same_name
from proxy.attribution.keys import KeyReader
from proxy.attribution.materials import Materials
from proxy.attribution.names import Names
from proxy.attribution.observed import Change, Observed
from proxy.attribution.schemes.accompanying import Accompanying, Peer
from proxy.attribution.schemes.base import Candidate
from proxy.attribution.schemes.registry import scheme_of
from proxy.attribution.sessions import Sessions
from proxy.attribution.spec import AttributionSpec, Predicate
from proxy.events import Actor, SessionKind, Strength
from proxy.exchange.model import Request, Response

_PASSWORD_FIELD = re.compile(r"type\s*=\s*[\"']?password", re.IGNORECASE)
_LOGIN_WORD = re.compile(
    r"log-?[io]n|sign-?[io]n|auth|aanmeld|inlog|security_check|sso", re.IGNORECASE
)
"""A login may also be sent to an address that everything redirects to (``/``,
``/index.php``): only one that says so is taken for a login page by itself."""
_RECENT_NS = 2 * 10**9
"""A key that changed so shortly before may have changed on another wire too."""


class Observer:
    """Reads exchanges for one application."""

    def __init__(
        self,
        spec: AttributionSpec,
        sessions: Sessions,
        keys: KeyReader,
        materials: Materials,
        accompanying: Sequence[Accompanying],
        names: Names,
    ) -> None:
        self._spec = spec
        self._names = names
        self._sessions = sessions
        self._keys = keys
        self._schemes = [scheme_of(login, materials) for login in spec.logins]
        self._claims: Claims | None = None
        if accompanying:
            self._claims = Claims(accompanying, sessions, keys, names)
        self._login_patterns = [login.request.pattern for login in spec.logins]
        self._login_addresses = frozenset(
            pattern.literal
            for pattern in self._login_patterns
            if pattern.literal and _LOGIN_WORD.search(pattern.literal)
        )

    def observe(self, observed: Observed, asked: Asked, peer: Peer) -> None:
        """Note down what it does, and when it may be settled."""
        if self._claims is not None:
            self._claims.observe(observed, asked, peer)
        for scheme in self._schemes:
            candidate = scheme.candidate(asked)
            if candidate is not None:
                self._login(observed, candidate)
                self._compare(observed)
                return
        keys, response = observed.keys, observed.exchange.response
        if keys:
            observed.needs_watermark = self._needs(keys, observed.start, observed.end)
            if self._is_logout(observed, asked):
                self._logout(observed)
        if response is None:
            return
        if response.get(b"set-cookie") is not None or (
            self._keys.elsewhere and response.get(b"location") is not None
        ):
            self._new_keys(observed, response, keeps=not observed.logout)
        if keys and not observed.logout:
            self._login_page(observed, response)

    def _compare(self, observed: Observed) -> None:
        """A login as one, sent with the credentials of another, is of neither."""
        own, claimed = observed.own, observed.claimed
        if own is None or claimed is None or not own.name or not claimed.name:
            return
        if not same_name(own, claimed):
            observed.own = Actor(reason="ambiguous", session=own.session)

    def _logout(self, observed: Observed) -> None:
        start, end = observed.start, observed.end
        observed.logout = True
        observed.needs_watermark = end
        for key in observed.keys:
            observed.note(self._sessions, key, Ended(end, end, start, "logged_out"))

    def _holds(self, predicate: Predicate, observed: Observed) -> bool | None:
        exchange = observed.exchange
        if exchange.response is None:
            return None
        return evaluate(predicate, exchange, observed.body())

    def _needs(self, keys: tuple[bytes, ...], start: int, end: int) -> int:
        recent = start - _RECENT_NS
        for key in keys:
            if not self._sessions.settled(key, recent):
                return end
        return start

    # -- login ---------------------------------------------------------------

    def _login(self, observed: Observed, candidate: Candidate) -> None:
        exchange = observed.exchange
        held = self._holds(candidate.confirmed_when, observed)
        if held is True:
            self._logged_in(observed, candidate)
            return
        hexed = observed.keys[0].hex() if observed.keys else ""
        reason = "login_failed"
        if held is None:
            reason = "login_unclear" if exchange.response else "login_unanswered"
        observed.own = Actor(scheme=candidate.scheme, reason=reason, session=hexed)
        if held is None:
            for key in observed.keys:
                observed.note(
                    self._sessions,
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
        named = self._names.named(named, observed.wall_ns)
        request = exchange.request
        issued = self._keys.issued(request, response)
        before = self._keys.by_name(request, observed.placed)
        if not issued and self._keys.elsewhere:
            issued = self._keys.given(request, response, observed.body())
        deleted = self._keys.deletes(response)
        bound: list[Actor] = []
        for name in dict.fromkeys((*issued, *before)):
            old, new = before.get(name, ()), issued.get(name, ())
            for key in old:
                if key not in new and (new or deleted or len(old) > 1):
                    reason = "replaced" if new or deleted else "ambiguous"
                    observed.note(self._sessions, key, Ended(end, end, start, reason))
            valid = new or (old if len(old) == 1 and not deleted else ())
            for key in valid:
                # A key this response issued was nobody's before its first byte.
                at = end if key in old else response.start_ns
                actor = msgspec.structs.replace(named, session=key.hex())
                bound.append(actor)
                self._bind(observed, key, at, actor)
        first = bound[0] if bound else named
        previous = observed.keys[0].hex() if observed.keys else ""
        if previous == first.session:
            previous = ""
        observed.own = first
        observed.changes.append(
            Change(SessionKind.LOGGED_IN, first, end, previous, first.reason)
        )
        # Other nodes may meet any of the keys.
        observed.changes += [
            Change(SessionKind.LOGGED_IN, other, end, reason="another_key")
            for other in bound[1:]
            if other.name
        ]

    def _bind(self, observed: Observed, key: bytes, at: int, actor: Actor) -> None:
        start, end = observed.start, observed.end
        if actor.name:
            observed.note(self._sessions, key, Bound(at, end, start, start, actor))
        else:
            # Confirmed, but as whom cannot be told: the key is nobody's now.
            observed.note(self._sessions, key, Linked(at, end, start, ()))
            observed.note(self._sessions, key, Ended(at, end, at, actor.reason))

    # -- logout, rotation, login page ----------------------------------------

    def _is_logout(self, observed: Observed, asked: Asked) -> bool:
        for logout in self._spec.logouts:
            if asked.fits(logout.request):
                wanted = logout.confirmed_when
                return wanted is None or self._holds(wanted, observed) is True
        return False

    def _new_keys(self, observed: Observed, response: Response, *, keeps: bool) -> None:
        """Keys issued outside a confirmed login: rotations and new sessions."""
        request = observed.exchange.request
        issued = self._keys.issued(request, response)
        if not issued:
            return
        start, end = observed.start, observed.end
        before = self._keys.by_name(request, observed.placed)
        claim, more = self._beside(observed)
        if observed.claimed is not None and claim is None:
            keeps = False  # whoever sent it is not who the old key says
        keeps = keeps and bool(before or claim or more)
        keeps = keeps and self._keeps_session(observed, response)
        rotated: list[tuple[bytes, bytes]] = []
        for name, new in issued.items():
            old = before.get(name, ())
            fresh = [key for key in new if key not in old]
            for key in fresh:
                parents = (*(more or old),) if keeps else ()
                link = Linked(
                    response.start_ns, end, start, parents, claim if keeps else None
                )
                observed.note(self._sessions, key, link)
                if parents or link.claim is not None:
                    rotated.append((old[0] if old else b"", key))
            over = end + self._spec.expiry.rotation_grace_ns
            for key in old:
                if fresh and key not in new and not observed.logout:
                    observed.note(
                        self._sessions, key, Ended(over, end, start, "replaced")
                    )
        if rotated:
            observed.rotated = tuple(rotated)
            observed.needs_watermark = end

    def _beside(self, observed: Observed) -> tuple[Actor | None, tuple[bytes, ...]]:
        """Of whom an issued key is, beside the keys it takes the place of: the
        name that was claimed, or the connection, with every key that came along:
        they must agree."""
        claimed, connection = observed.claimed, observed.connection
        if claimed is not None:
            return (claimed, observed.keys) if claimed.name else (None, ())
        if connection is None or not self._sessions.knows(connection):
            return None, ()
        return None, tuple(dict.fromkeys((connection, *observed.keys)))

    def _keeps_session(self, observed: Observed, response: Response) -> bool:
        """Whether the answer is one that a logged-in session gets.

        In doubt not: a binding that is lost costs a name, one that moves to a
        new anonymous session gives the next person at that desk a wrong one.
        """
        if response.status >= 400:
            return False
        wanted = self._spec.login_page
        if wanted is not None and self._holds(wanted, observed) is not False:
            return False
        if 300 <= response.status < 400:
            path = _redirect_path(observed.exchange.request, response)
            return all(p.match_path(path) is None for p in self._login_patterns)
        page = observed.body()
        return page.complete and _PASSWORD_FIELD.search(page.text) is None

    def _login_page(self, observed: Observed, response: Response) -> None:
        """An answer that says: this session is not logged in."""
        wanted = self._spec.login_page
        if wanted is not None:
            shown = self._holds(wanted, observed) is True
        elif 300 <= response.status < 400:
            path = _redirect_path(observed.exchange.request, response)
            shown = path in self._login_addresses
        else:
            # With a challenge it asks for credentials: a new connection begins
            # so, whatever the session.
            asks = self._claims is not None and response.get(b"www-authenticate")
            shown = response.status == 401 and not asks
        if shown:
            observed.login_page = True
            start, end = observed.start, observed.end
            for key in observed.keys:
                observed.note(
                    self._sessions, key, Ended(start, end, start, "login_page")
                )


def _redirect_path(request: Request, response: Response) -> str:
    return (redirect(request, response) or "").partition("?")[0]
