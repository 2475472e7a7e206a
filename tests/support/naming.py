"""A small application's attribution, and the steps of its employees."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from proxy.attribution.asked import Asked
from proxy.attribution.attribute import Attribution, Change, Observed, Settled
from proxy.attribution.sessions import Sessions
from proxy.attribution.spec import (
    AllOf,
    AttributionSpec,
    CookieState,
    Field,
    FieldSource,
    FormLogin,
    LocationIs,
    Logout,
    Not,
    RequestMatch,
    SessionKeys,
    SetCookie,
    StatusIn,
)
from proxy.events import Actor
from proxy.exchange.model import Exchange
from proxy.exchange.patterns import compile_glob, compile_pattern

KEY = bytes(range(32))

ROTATING = AttributionSpec(
    session=SessionKeys(cookies=("SID",)),
    logins=(
        FormLogin(
            request=RequestMatch(compile_pattern("POST /login")),
            user=Field(FieldSource.FORM, "username"),
            confirmed_when=AllOf(
                (
                    StatusIn(302, 302),
                    Not(LocationIs(compile_glob("/login*"))),
                    SetCookie("SID", CookieState.CHANGED),
                )
            ),
        ),
    ),
    logouts=(Logout(RequestMatch(compile_pattern("GET /logout"))),),
)
"""A new cookie at login."""

STEADY = replace(
    ROTATING,
    logins=(
        replace(
            ROTATING.logins[0],
            confirmed_when=AllOf(
                (StatusIn(302, 302), Not(LocationIs(compile_glob("/login*"))))
            ),
        ),
    ),
)
"""The cookie stays the same at login."""


@dataclass
class Desk:
    """Feeds exchanges to an attribution, at once or step by step."""

    spec: AttributionSpec = ROTATING
    sessions: Sessions = field(default_factory=Sessions)
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.attribution = Attribution(self.spec, "app", self.sessions, KEY)
        self._bindings = 0

    def observe(self, exchange: Exchange) -> Observed:
        """First half: what it does to sessions."""
        self._bindings += 1
        asked = Asked(exchange.request)
        return self.attribution.observe(exchange, asked, f"1-{self._bindings:x}-0")

    def settle(self, observed: Observed) -> Settled:
        """Second half: who it is of."""
        settled = self.attribution.settle(observed)
        self.changes += settled.changes
        return settled

    def see(self, exchange: Exchange) -> Actor:
        """Both halves at once."""
        return self.settle(self.observe(exchange)).actor
