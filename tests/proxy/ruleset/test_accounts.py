"""``names`` and ``client_address`` of a rule set, and the file they refer to."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from proxy.app.rulesets import load_file
from proxy.attribution.sessions import Sessions
from proxy.attribution.specs.accounts import ForwardedFor, NameRules
from proxy.connection_context import ConnectionContext
from proxy.events import AccountKind, ExchangeRecorded
from proxy.pipeline import Keys, Pipeline
from proxy.ruleset import RuleSet, load
from tests.support.browsing import exchange

RULES = """\
application: app
session: {cookie: SID}
login:
  - form: {request: "POST /login", user: form.user}
    confirmed_when: {status: 302}
records: {}
"""
CONTEXT = ConnectionContext(
    application="app",
    wire=1,
    connection=1,
    client_address="10.0.0.1",
    wall_minus_monotonic_ns=1_750_000_000 * 10**9,
)


def read(more: str) -> RuleSet:
    """A rule set that is right."""
    found = load((RULES + more).encode(), "rules.yaml")
    assert isinstance(found, RuleSet), str(found)
    return found


def wrong(more: str) -> str:
    """The problems of one that is not."""
    found = load((RULES + more).encode(), "rules.yaml")
    assert not isinstance(found, RuleSet)
    return str(found)


def recorded(rules: RuleSet, *forwarded: str) -> ExchangeRecorded:
    """What is recorded of a login that came through proxies."""
    keys = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)
    line = Pipeline(rules, Sessions(), keys)
    login = exchange("/login", form="user=EXAMPLE%5CJansen", status=302)
    login.request.headers += [(b"x-forwarded-for", each.encode()) for each in forwarded]
    events = line.finish(line.observe(CONTEXT, login)).events
    (found,) = (each for each in events if isinstance(each, ExchangeRecorded))
    addresses = {getattr(each, "client_address", "none") for each in events}
    assert addresses == {found.client_address}
    return found


def test_nothing_stated_changes_nothing() -> None:
    """Names as on the wire, the peer as the client."""
    rules = read("")

    assert rules.attribution.names == NameRules()
    assert rules.attribution.client_address is None
    seen = recorded(rules, "198.51.100.7")
    assert (seen.actor.name, seen.client_address) == ("EXAMPLE\\Jansen", "10.0.0.1")


def test_all_keys_are_read() -> None:
    """One text where one is enough."""
    rules = read(
        "names: {ignore_case: true, domains: EXAMPLE, suffixes: [a.nl, b.nl],"
        " aliases: aliases.csv}\n"
        "client_address: {forwarded_for: {peers: [10.0.0.0/8], header: Forwarded}}\n"
    ).attribution

    assert rules.names == NameRules(
        ignore_case=True,
        domains=("EXAMPLE",),
        suffixes=("a.nl", "b.nl"),
        aliases="aliases.csv",
    )
    assert rules.names.files() == ("aliases.csv",)
    assert rules.client_address == ForwardedFor(
        (ip_network("10.0.0.0/8"),), "forwarded"
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("names: {ignore_cases: true}\n", "did you mean ignore_case?"),
        ("client_address: {}\n", "forwarded_for: missing"),
        ("client_address: {forwarded_for: {}}\n", "peers: missing"),
        (
            "client_address: {forwarded_for: {peers: [10.0.0.1/8]}}\n",
            "not a network",
        ),
        (
            "client_address: {forwarded_for: {peers: ['::/0'], header: x-real-ip}}\n",
            "not such a header",
        ),
    ],
)
def test_mistakes_are_told(more: str, said: str) -> None:
    """Each says what would be right."""
    assert said in wrong(more)


def test_events_carry_the_forwarded_client_of_a_listed_proxy() -> None:
    """All events of the exchange; what the client wrote itself is not believed."""
    listed = "client_address: {forwarded_for: {peers: [10.0.0.0/8]}}\n"
    others = "client_address: {forwarded_for: {peers: [192.0.2.0/24]}}\n"

    assert recorded(read(listed), "203.0.113.9, 198.51.100.7").client_address == (
        "198.51.100.7"
    )
    assert recorded(read(others), "198.51.100.7").client_address == "10.0.0.1"


def test_an_alias_file_is_read_from_beside_the_rule_set(tmp_path: Path) -> None:
    """And its kinds stand on the events."""
    more = "names: {ignore_case: true, domains: [EXAMPLE], aliases: aliases.csv}\n"
    (tmp_path / "rules.yaml").write_text(RULES + more)
    (tmp_path / "aliases.csv").write_text("alias,name,kind\njansen,j.jansen,shared\n")

    rules = load_file(tmp_path / "rules.yaml")

    assert isinstance(rules, RuleSet)
    actor = recorded(rules).actor
    assert (actor.name, actor.on_wire, actor.kind) == (
        "j.jansen",
        "EXAMPLE\\Jansen",
        AccountKind.SHARED,
    )
    assert replace(rules.attribution.names, aliases=None).files() == ()


def test_every_mistake_of_an_alias_file_is_one_line(tmp_path: Path) -> None:
    """With the file and the line; a file that is not there is one as well."""
    (tmp_path / "rules.yaml").write_text(RULES + "names: {aliases: aliases.csv}\n")

    missing = load_file(tmp_path / "rules.yaml")
    (tmp_path / "aliases.csv").write_text("alias,from\n,x\ny,z\n")
    broken = load_file(tmp_path / "rules.yaml")

    assert not isinstance(missing, RuleSet)
    assert "aliases.csv: cannot be read" in str(missing)
    assert not isinstance(broken, RuleSet)
    lines = str(broken).splitlines()
    assert len(lines) == 3
    assert "aliases.csv:2: alias: missing" in lines[0]
    assert "aliases.csv:3: from: not a day" in lines[2]
