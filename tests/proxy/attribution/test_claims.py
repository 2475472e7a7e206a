"""Claims that accompany requests: every row of the tables as a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from proxy.attribution.asked import Asked
from proxy.attribution.attribute import Attribution, Change
from proxy.attribution.keys import KeyReader
from proxy.attribution.schemes.accompanying import Accompanying, Claim, Peer, Scope
from proxy.attribution.sessions import SessionLimits, Sessions
from proxy.attribution.spec import AttributionSpec, SessionKeys
from proxy.events import Actor, SessionKind, Strength
from proxy.exchange.model import Exchange, Response
from tests.support.browsing import LATER, exchange
from tests.support.naming import KEY, ROTATING

WALL = 10**18


class Said(Accompanying):
    """Reads claims from a header: ``jansen``, ``connection jansen``, ``start``."""

    @override
    def claim(self, asked: Asked, peer: Peer) -> Claim | None:
        """The claim written in ``x-claim``."""
        text = (asked.request.get(b"x-claim") or b"").decode()
        if not text:
            return None
        words = text.split()
        scope = Scope.CONNECTION if "connection" in words else Scope.REQUEST
        reason = next((w[1:] for w in words if w.startswith("!")), "")
        return Claim(
            name="" if reason or "start" in words else words[-1],
            scheme="said",
            strength=Strength.VERIFIED if "proven" in words else Strength.CONFIRMED,
            scope=scope,
            reason=reason,
            clears="start" in words,
            forged="forged" in words,
            retried=lambda response: response.get(b"x-stale") is not None,
        )

    @override
    def challenged(self, asked: Asked, response: Response) -> None:
        """Learns nothing."""


class Also(Said):
    """A second scheme, in another header."""

    @override
    def claim(self, asked: Asked, peer: Peer) -> Claim | None:
        """The claim written in ``x-also``."""
        text = (asked.request.get(b"x-also") or b"").decode()
        strength = Strength.ASSERTED
        return Claim(name=text, scheme="also", strength=strength) if text else None


@dataclass
class Office:
    """An application with a form login, cookies and both schemes."""

    spec: AttributionSpec = ROTATING
    sessions: Sessions = field(default_factory=Sessions)
    changes: list[Change] = field(default_factory=list)
    at: int = LATER

    def __post_init__(self) -> None:
        self.attribution = Attribution(
            self.spec, "app", self.sessions, KEY, accompanying=(Said(), Also())
        )

    def see(self, one: Exchange, connection: int = 1) -> Actor:
        """Both halves at once."""
        self.at += LATER
        request, response = one.request, one.response
        for part in (request, response):
            if part is not None:
                part.start_ns += self.at
                part.end_ns += self.at
        binding = f"1-{connection:x}-{self.at:x}"
        asked = Asked(request, None, WALL)
        peer = Peer("10.0.0.1", 1, connection)
        settled = self.attribution.settle(
            self.attribution.observe(one, asked, binding, None, peer)
        )
        self.changes += settled.changes
        return settled.actor

    def ask(self, claim: str = "", connection: int = 1, **more: Any) -> Actor:
        """A page, with or without a claim."""
        return self.see(page(claim, **more), connection)

    def login(self, name: str, gives: str) -> Actor:
        """By form, which gives a cookie."""
        one = exchange(
            "/login",
            form=f"username={name}&password=x",
            status=302,
            location="/home",
            set_cookie=f"SID={gives}",
        )
        return self.see(one, connection=90)


def page(
    claim: str = "", *, also: str = "", stale: bool = False, **more: Any
) -> Exchange:
    """A page asked for with this claim."""
    one = exchange("/client/1", **more)
    if claim:
        one.request.headers.append((b"x-claim", claim.encode()))
    if also:
        one.request.headers.append((b"x-also", also.encode()))
    if stale and one.response is not None:
        one.response.headers.append((b"x-stale", b"1"))
    return one


def kinds(office: Office) -> list[SessionKind]:
    """What happened to sessions."""
    return [change.kind for change in office.changes]


def test_an_accepted_claim_names_its_own_exchange_and_no_other() -> None:
    """Basic: every request carries its own."""
    office = Office()

    first = office.ask("jansen")
    second = office.ask()

    assert (first.name, first.strength) == ("jansen", Strength.CONFIRMED)
    assert first.binding
    assert (second.name, second.reason) == ("", "no_session")


def test_a_refused_claim_names_nobody_and_is_told() -> None:
    """A wrong password; what was typed is not kept."""
    office = Office()

    actor = office.ask("jansen", status=401)

    assert (actor.name, actor.reason) == ("", "credentials_refused")
    assert kinds(office) == [SessionKind.LOGIN_FAILED]
    assert "jansen" not in str(office.changes)


def test_a_stale_nonce_refuses_nobody() -> None:
    """Digest: the same again, with a new nonce."""
    office = Office()

    actor = office.ask("jansen", status=401, stale=True)

    assert (actor.name, actor.reason, kinds(office)) == ("", "retried", [])


def test_a_claim_whose_answer_nobody_saw_names_nobody() -> None:
    """The application may have refused."""
    one = page("jansen")
    one.response = None

    assert Office().see(one).reason == "claim_unanswered"


def test_a_forged_claim_is_told_and_counts_for_nothing() -> None:
    """The exchange is of whom the session says."""
    office = Office()
    office.login("jansen", gives="a")

    actor = office.ask("forged baas", cookie="SID=a")

    assert actor.name == "jansen"
    assert kinds(office) == [SessionKind.LOGGED_IN, SessionKind.FORGED]
    assert office.changes[-1].actor.on_wire == "baas"
    assert office.changes[-1].actor.name == ""


def test_a_connection_bound_claim_names_later_exchanges_of_that_connection() -> None:
    """NTLM: later requests carry nothing."""
    office = Office()

    office.ask("connection jansen")

    assert office.ask().name == "jansen"
    assert office.ask(connection=2).reason == "no_session"
    assert kinds(office) == [SessionKind.LOGGED_IN]


def test_a_new_handshake_clears_the_connection_from_its_first_byte() -> None:
    """Whoever it was before is over, whatever comes of it."""
    office = Office()
    office.ask("connection jansen")

    begun = office.ask("connection start", status=401)
    refused = office.ask("connection pietersen", status=401)
    after = office.ask()

    assert (begun.name, begun.reason) == ("", "handshake")
    assert refused.reason == "credentials_refused"
    assert (after.name, after.reason) == ("", "no_session")


def test_the_same_user_may_shake_hands_again() -> None:
    """Browsers do before every POST."""
    office = Office()
    for _ in range(40):
        office.ask("connection start", status=401)
        office.ask("connection jansen")

    assert office.ask().name == "jansen"


def test_two_users_on_one_connection_make_it_ambiguous_for_good() -> None:
    """A pooling load balancer in front: never "the last user"."""
    office = Office()
    office.ask("connection jansen")
    office.ask("connection start", status=401)

    second = office.ask("connection pietersen")
    between = office.ask()
    for _ in range(40):
        office.ask("connection start", status=401)
        office.ask("connection pietersen")
    after = office.ask()

    assert second.name == "pietersen"
    assert (between.name, between.reason) == ("", "ambiguous")
    assert (after.name, after.reason) == ("", "ambiguous")


def test_somebody_elses_cookie_on_a_bound_connection_makes_it_ambiguous() -> None:
    """The connection's user is not the one who asks, and later nobody knows."""
    office = Office()
    office.login("pietersen", gives="p")
    office.ask("connection jansen")

    mixed = office.ask(cookie="SID=p")
    after = office.ask()

    assert (mixed.name, mixed.reason) == ("", "ambiguous")
    assert (after.name, after.reason) == ("", "ambiguous")
    assert SessionKind.CONFLICT in kinds(office)


def test_an_unknown_cookie_on_a_bound_connection_may_be_anybodys() -> None:
    """Unless it came with the claim that bound the connection."""
    office = Office()
    office.ask("connection jansen", cookie="SID=mine")

    assert office.ask(cookie="SID=mine").name == "jansen"
    assert office.ask(cookie="SID=other").reason == "ambiguous"
    assert office.ask(cookie="SID=mine").name == "jansen"


def test_a_key_issued_with_an_accepted_claim_is_bound_to_its_name() -> None:
    """Digest at ``/login``, a cookie afterwards."""
    office = Office()

    office.ask("proven jansen", set_cookie="SID=n")
    actor = office.ask(cookie="SID=n")

    assert (actor.name, actor.scheme) == ("jansen", "said")
    assert actor.strength is Strength.VERIFIED
    assert kinds(office) == [SessionKind.LOGGED_IN]


def test_a_key_issued_on_a_bound_connection_is_its_users() -> None:
    """The application made its session on the second request."""
    office = Office()
    office.ask("connection jansen")

    office.ask(set_cookie="SID=n")

    assert office.ask(cookie="SID=n", connection=2).name == "jansen"


def test_a_key_issued_with_a_refused_claim_is_nobodys() -> None:
    """Every visitor gets one."""
    office = Office()

    office.ask("jansen", status=401, set_cookie="SID=n")

    assert office.ask(cookie="SID=n").name == ""


def test_a_key_issued_between_two_names_is_nobodys() -> None:
    """Cookie of one, credentials of another: the new key may be either's."""
    office = Office()
    office.login("pietersen", gives="p")

    actor = office.ask("jansen", cookie="SID=p", set_cookie="SID=n")

    assert (actor.name, actor.reason) == ("", "ambiguous")
    assert office.ask(cookie="SID=n").reason == "ambiguous"


def test_a_claim_and_a_session_that_agree_give_the_stronger_of_the_two() -> None:
    """A certificate proves more than a password that was accepted."""
    office = Office()
    office.login("jansen", gives="a")

    assert office.ask("proven Jansen", cookie="SID=a").strength is Strength.VERIFIED
    assert office.ask(also="jansen", cookie="SID=a").strength is Strength.CONFIRMED


def test_two_schemes_that_differ_are_ambiguous() -> None:
    """Whenever two readings are possible there is no name."""
    assert Office().ask("jansen", also="pietersen").reason == "ambiguous"


def test_two_schemes_that_agree_give_the_stronger() -> None:
    """One name, said twice."""
    actor = Office().ask("jansen", also="JANSEN")

    assert (actor.name, actor.scheme) == ("jansen", "said")


def test_an_unreadable_claim_contradicts_no_other_a_bad_one_does() -> None:
    """A ticket without a key says nothing; a broken signature says too much."""
    office = Office()

    assert office.ask("!no_keytab x", also="jansen").name == "jansen"
    assert office.ask("!bad_signature x", also="jansen").reason == "bad_signature"
    assert office.ask("!no_keytab x").reason == "no_keytab"


def test_an_accepted_nameless_claim_ends_the_connection() -> None:
    """Somebody else is on it now, and nobody can say who."""
    office = Office()
    office.ask("connection jansen")

    office.ask("connection !anonymous x")

    assert office.ask().name == ""


def test_a_name_that_cannot_be_one_is_not_taken() -> None:
    """Too long, or with control characters."""
    office = Office()

    assert office.ask("j" * 300).reason == "unusable_name"
    assert office.ask("jan\x07sen").reason == "unusable_name"


def test_a_login_by_form_with_anothers_credentials_is_of_neither() -> None:
    """The exchange; the cookie it gave is the one of the form."""
    office = Office()
    one = exchange(
        "/login",
        form="username=pietersen&password=x",
        status=302,
        location="/home",
        set_cookie="SID=n",
    )
    one.request.headers.append((b"x-claim", b"jansen"))

    assert office.see(one).reason == "ambiguous"
    assert office.ask(cookie="SID=n").name == "pietersen"


def test_a_challenge_ends_no_session() -> None:
    """Every new connection begins with one, whatever the cookie."""
    office = Office()
    office.login("jansen", gives="a")
    one = page(cookie="SID=a", status=401)
    assert one.response is not None
    one.response.headers.append((b"www-authenticate", b"NTLM"))

    office.see(one)

    assert office.ask(cookie="SID=a").name == "jansen"


def test_connections_push_out_no_cookie_and_the_longest_unused_goes() -> None:
    """Every browser tab brings connections."""
    office = Office(sessions=Sessions(SessionLimits(kept=2, connections=2)))
    office.login("jansen", gives="a")

    for number in (1, 2, 3):
        office.ask("connection jansen", connection=number)

    assert office.ask(connection=1).reason == "no_session"
    assert office.ask(connection=3).name == "jansen"
    assert office.ask(cookie="SID=a", connection=7).name == "jansen"
    assert office.sessions.counters.connections_evicted == 1


def test_a_bound_connection_survives_a_restart_of_the_recorder() -> None:
    """The connection lives in the wire."""
    office = Office()
    office.ask("connection jansen")
    key = KeyReader(SessionKeys(), "app", KEY).connection(1, 1)
    saved = office.sessions.changes([key], WALL)

    after = Office(at=office.at)
    after.sessions.load([(k, blob) for k, blob in saved if blob], WALL)

    assert after.ask().name == "jansen"


def test_without_session_keys_claims_are_all_there_is() -> None:
    """``session: none``."""
    office = Office(spec=replace(ROTATING, session=SessionKeys(), logins=()))

    assert office.ask("jansen", cookie="SID=x").name == "jansen"
    assert office.ask(cookie="SID=x").reason == "no_session"
