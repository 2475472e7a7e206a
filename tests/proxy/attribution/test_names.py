"""One employee, one name: spellings, domains and aliases of accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.asked import Asked
from proxy.attribution.attribute import Attribution
from proxy.attribution.materials import Materials
from proxy.attribution.names import Names
from proxy.attribution.sessions import Sessions
from proxy.attribution.spec import ConfirmUser, Selector, SelectorKind
from proxy.attribution.specs.accounts import NameRules
from proxy.errors import UsageError
from proxy.events import AccountKind, Actor, SessionKind, Strength
from proxy.exchange.model import Exchange
from tests.support.browsing import LATER, exchange
from tests.support.naming import KEY, ROTATING

RULES = NameRules(
    ignore_case=True, domains=("EXAMPLE",), suffixes=("example.nl", "@EXAMPLE.LOCAL")
)
ALIASES = b"""\
alias,name,from,to,kind
jjansen,j.jansen,2019-01-01,2024-07-01,person
jjansen,jo.jansen,2024-09-01,,person
Jo Jansen,jo.jansen,,,person
export,,,,robot
"""


def day(text: str) -> int:
    """Nanoseconds since the epoch."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return int(moment.timestamp() * 10**9)


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("jansen", "jansen"),
        ("Jansen", "jansen"),
        ("EXAMPLE\\Jansen", "jansen"),
        ("example\\jansen", "jansen"),
        ("jansen@EXAMPLE.nl", "jansen"),
        ("jansen@example.local", "jansen"),
        ("OTHER\\jansen", "other\\jansen"),
        ("jansen@other.nl", "jansen@other.nl"),
        ("EXAMPLE\\", "example\\"),
        ("@example.nl", "@example.nl"),
        ("Jose\u0301", "josé"),
    ],
)
def test_spellings_of_one_account_become_one_name(spelled: str, name: str) -> None:
    """Only listed domains go: an account of another domain is another person."""
    assert Names(RULES).canonical(spelled) == name


def test_without_rules_a_name_stays_as_it_is() -> None:
    """What an application tells apart is not put together by itself."""
    names = Names(NameRules())

    assert names.canonical("EXAMPLE\\Jansen") == "EXAMPLE\\Jansen"
    assert names.canonical("Jansen@example.nl") == "Jansen@example.nl"


@given(st.text(max_size=40))
def test_a_canonical_name_with_nothing_to_take_off_stays(text: str) -> None:
    """Case and composition are settled once."""
    names = Names(NameRules(ignore_case=True))
    once = names.canonical(text)

    assert names.canonical(once).lower() == names.canonical(once)


def named(alias: str, text: str) -> Actor:
    """The actor of a login on a day."""
    names = Names(replace(RULES, aliases="a.csv"), Materials({"a.csv": ALIASES}))
    actor = Actor(name=alias, on_wire=alias, strength=Strength.CONFIRMED)
    return names.named(actor, day(text))


def test_a_reissued_login_never_names_its_earlier_holder() -> None:
    """What was typed stays beside the name, and is all there is in between."""
    first = named("EXAMPLE\\JJansen", "2024-06-30")
    between = named("jjansen", "2024-08-01")
    later = named("jjansen", "2024-09-01")

    assert (first.name, first.on_wire) == ("j.jansen", "EXAMPLE\\JJansen")
    assert (between.name, between.on_wire) == ("", "jjansen")
    assert between.reason == "alias_not_valid"
    assert between.strength is Strength.NONE
    assert later.name == "jo.jansen"
    assert {first.kind, later.kind} == {AccountKind.PERSON}


def test_an_account_without_an_entry_is_of_unknown_kind() -> None:
    """And keeps its name; an entry without a name keeps it as well."""
    assert named("Pietersen", "2024-01-01").name == "pietersen"
    assert named("Pietersen", "2024-01-01").kind is AccountKind.UNKNOWN
    robot = named("Export", "2024-01-01")
    assert (robot.name, robot.kind) == ("export", AccountKind.ROBOT)


def test_nobody_stays_nobody() -> None:
    """An actor without a name keeps its reason."""
    nobody = Actor(reason="no_session")

    assert Names(RULES).named(nobody, 0) is nobody


def test_the_mistakes_of_an_alias_file_stop_the_start() -> None:
    """All of them, with their lines."""
    data = b"alias,from\n,x\ny,z\n"
    with pytest.raises(UsageError, match=r"a\.csv:2: .*\n.*a\.csv:3: ") as raised:
        Names(replace(RULES, aliases="a.csv"), Materials({"a.csv": data}))

    assert str(raised.value).count("\n") == 2


class Office:
    """One application whose names are made one."""

    def __init__(self, *, confirm: bool = False) -> None:
        spec = replace(ROTATING, names=replace(RULES, aliases="a.csv"))
        if confirm:
            place = ConfirmUser(Selector(SelectorKind.CSS, "#user"))
            spec = replace(spec, confirm_user=place)
        self.attribution = Attribution(
            spec, "app", Sessions(), KEY, Materials({"a.csv": ALIASES})
        )
        self.kinds: list[SessionKind] = []

    def see(self, one: Exchange, text: str = "2026-03-02") -> Actor:
        """Who the exchange is of, on that day."""
        wall = day(text) - LATER
        asked = Asked(one.request, wall_minus_monotonic_ns=wall)
        settled = self.attribution.settle(self.attribution.observe(one, asked, "1-1-0"))
        self.kinds += [change.kind for change in settled.changes]
        return settled.actor


def login(user: str, session: str = "s1") -> Exchange:
    """A login that the application accepts."""
    return exchange(
        "/login",
        form=f"username={user}&password=x",
        status=302,
        location="/home",
        set_cookie=f"SID={session}",
    )


def test_a_login_and_what_follows_it_have_the_canonical_name() -> None:
    """Spelled once this way and once that, it is one employee."""
    office = Office()

    first = office.see(login("EXAMPLE%5CJJansen"))
    later = office.see(exchange("/client/1", at=2 * LATER, cookie="SID=s1"))

    assert (first.name, first.on_wire, first.kind) == (
        "jo.jansen",
        "EXAMPLE\\JJansen",
        AccountKind.PERSON,
    )
    assert (later.name, later.on_wire) == ("jo.jansen", "EXAMPLE\\JJansen")


def test_a_login_between_two_holders_is_nobodys() -> None:
    """Accepted, and the file does not say whose it was on that day."""
    office = Office()

    first = office.see(login("jjansen"), "2024-08-01")
    later = office.see(exchange("/x", at=2 * LATER, cookie="SID=s1"), "2024-08-01")

    assert (first.name, first.reason) == ("", "alias_not_valid")
    assert (later.name, later.reason) == ("", "alias_not_valid")


@pytest.mark.parametrize(
    "shown", ["jjansen", "JJANSEN", "jo.jansen", "Jo Jansen", "EXAMPLE\\jjansen"]
)
def test_a_page_may_greet_an_employee_by_any_of_his_names(shown: str) -> None:
    """As typed, canonical, or an alias: no conflict."""
    office = Office(confirm=True)
    office.see(login("jjansen"))
    page = f"<p id=user>{shown}</p>".encode()

    seen = office.see(exchange("/x", at=2 * LATER, cookie="SID=s1", body=page))

    assert seen.name == "jo.jansen"
    assert SessionKind.CONFLICT not in office.kinds


def test_a_page_that_greets_somebody_else_is_a_conflict() -> None:
    """Also when that is an earlier holder of the same login."""
    office = Office(confirm=True)
    office.see(login("jjansen"))
    page = b"<p id=user>j.jansen</p>"

    seen = office.see(exchange("/x", at=2 * LATER, cookie="SID=s1", body=page))

    assert (seen.name, seen.reason) == ("", "conflict")


def test_a_recovered_session_has_the_canonical_name() -> None:
    """Read from the page when its login was never seen."""
    office = Office(confirm=True)
    page = b"<p id=user>Jo Jansen</p>"

    seen = office.see(exchange("/x", cookie="SID=old", body=page))

    assert (seen.name, seen.on_wire) == ("jo.jansen", "Jo Jansen")
    assert seen.strength is Strength.INFERRED
