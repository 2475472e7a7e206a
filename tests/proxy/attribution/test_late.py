"""Names of earlier exchanges: only where no other person can have been there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from proxy.attribution.asked import Asked
from proxy.attribution.attribute import Attribution
from proxy.attribution.observed import Settled
from proxy.attribution.schemes.accompanying import Peer
from proxy.attribution.sessions import SessionLimits, Sessions
from proxy.attribution.spec import ConfirmUser, Selector, SelectorKind
from proxy.events import Strength
from proxy.exchange.model import Exchange
from tests.support.browsing import LATER, exchange
from tests.support.naming import KEY, ROTATING

SPEC = replace(ROTATING, confirm_user=ConfirmUser(Selector(SelectorKind.CSS, "#user")))


@dataclass
class Branch:
    """Exchanges of one session, of one peer or several."""

    sessions: Sessions = field(default_factory=Sessions)

    def __post_init__(self) -> None:
        self.attribution = Attribution(SPEC, "app", self.sessions, KEY)

    def see(self, one: Exchange, peer: str = "10.0.0.1") -> Settled:
        """Both halves."""
        return self.attribution.settle(
            self.attribution.observe(
                one, Asked(one.request), "1-1-0", None, Peer(peer, 1, 1)
            )
        )

    def page(
        self, at: int, peer: str = "10.0.0.1", user: str = "", **more: str
    ) -> Settled:
        """A page of the session, which may say who is logged in."""
        body = f"<p id=user>{user}</p>".encode() if user else b"<p>x</p>"
        one = exchange(
            "/client/1",
            at=at * LATER,
            cookie="SID=open",
            body=body,
            **more,  # type: ignore[arg-type]
        )
        return self.see(one, peer)


def test_a_page_that_names_the_user_names_what_came_before() -> None:
    """A session that was open before the sidecar started."""
    branch = Branch()
    first, second = branch.page(1), branch.page(2)

    told = branch.page(3, user="jansen")

    assert first.actor.reason == second.actor.reason == "unknown_session"
    assert first.learned is None
    assert told.learned is not None
    assert (told.learned.start, told.learned.end) == (LATER, 3 * LATER)
    assert (told.learned.actor.name, told.learned.exchanges) == ("jansen", 2)
    assert told.learned.actor.strength is Strength.INFERRED
    assert branch.page(4, user="jansen").learned is None


def test_a_login_in_between_names_only_what_comes_after() -> None:
    """Who was there before it is not known by it."""
    branch = Branch()
    branch.page(1)
    branch.see(
        exchange(
            "/login",
            at=2 * LATER,
            cookie="SID=open",
            form="username=jansen&password=x",
            answered=False,
        )
    )

    assert branch.page(3, user="jansen").learned is None


def test_a_logout_in_between_names_nothing_before_it() -> None:
    """Somebody else may have logged in on the same key since."""
    branch = Branch()
    branch.page(1)
    branch.see(exchange("/logout", at=2 * LATER, cookie="SID=open"))

    assert branch.page(3, user="jansen").learned is None


def test_another_peer_in_between_names_only_what_came_after_it() -> None:
    """Two people may have shared the key, by a mailed address or a stolen cookie."""
    branch = Branch()
    branch.page(1)
    branch.page(2, peer="10.0.0.2")
    branch.page(3)

    told = branch.page(4, user="jansen")

    assert told.learned is not None
    assert told.learned.start == 3 * LATER


def test_nothing_of_another_peer_is_named() -> None:
    """The one who is named is not the one who was there."""
    branch = Branch()
    branch.page(1, peer="10.0.0.2")

    assert branch.page(2, user="jansen").learned is None


def test_exchanges_that_come_late_do_not_widen_the_period() -> None:
    """Another peer's older exchange may be settled after a newer one."""
    branch = Branch()
    branch.page(5)
    branch.page(2, peer="10.0.0.2")
    branch.page(3, peer="10.0.0.2")

    told = branch.page(7, peer="10.0.0.2", user="jansen")

    assert told.learned is not None
    assert told.learned.start > 5 * LATER


def test_the_memory_of_unknown_sessions_is_bounded() -> None:
    """Anybody can send cookies."""
    branch = Branch(Sessions(SessionLimits(passing=1)))
    branch.page(1)
    branch.see(exchange("/client/1", at=2 * LATER, cookie="SID=other"))

    assert branch.page(3, user="jansen").learned is None
    assert branch.sessions.counters.runs_evicted == 1
