"""SAML by POST through a real sidecar, before a service provider nobody here wrote."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from http.client import HTTPConnection

import lxml.etree
import pytest

from deploy.demo.sidecar import free_ports
from proxy.events import ExchangeRecorded, SessionChanged, SessionKind, Strength
from tests.support.saml_idp import (
    IdentityProvider,
    Statement,
    encoded,
    one,
    response,
)
from tests.support.saml_sp import Browser, Provider, service_provider
from tests.support.sidecars import Front, Running, run, write_config
from tests.support.waiting import until

_serials = itertools.count(1)
MINUTE = dt.timedelta(minutes=1)


@dataclass(slots=True)
class Desk:
    """The provider behind a sidecar, and what was recorded before this test."""

    provider: Provider
    running: Running
    before: int

    def says(self, name: str, **more: object) -> Statement:
        """What the identity provider is to sign, now."""
        said = Statement(
            name=name,
            serial=next(_serials),
            now=dt.datetime.now(dt.UTC),
            recipient=self.provider.acs,
            destination=self.provider.acs,
        )
        return replace(said, **more)  # type: ignore[arg-type]

    def browser(self) -> Browser:
        """A fresh one."""
        return Browser(self.running.port())

    def logged_in(self, name: str) -> Browser:
        """A browser after a login that the application took."""
        browser = self.browser()
        assert browser.bring(response(self.says(name))) == 303
        return browser

    def exchanges(self, count: int) -> list[ExchangeRecorded]:
        """Those of this test, once so many are recorded; in order."""

        def found() -> list[ExchangeRecorded]:
            events = self.running.events()[self.before :]
            return [each for each in events if isinstance(each, ExchangeRecorded)]

        until(lambda: len(found()) >= count, f"{count} exchanges are recorded", 60)
        return sorted(found(), key=lambda each: each.monotonic_ns)

    def names(self, count: int) -> list[str]:
        """The names of this test's exchanges."""
        return [each.actor.name for each in self.exchanges(count)]


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Provider, Running]]:
    """The provider behind a sidecar."""
    directory = tmp_path_factory.mktemp("saml")
    (public,) = free_ports(1)
    with service_provider(directory, public) as provider:
        front = Front(
            name="portal",
            rules=directory / "rules.yaml",
            upstream=f"http://127.0.0.1:{provider.port}",
            port=public,
        )
        config = write_config(directory, [front])
        with run(config, ("wire", "recorder"), wait=False) as running:
            until(
                lambda: {"recorder", "wire-0"} <= set(running.reports()),
                "the sidecar records",
                60,
            )
            yield provider, running


@pytest.fixture
def desk(place: tuple[Provider, Running]) -> Desk:
    """What was recorded before does not count."""
    provider, running = place
    return Desk(provider, running, len(running.events()))


@pytest.mark.matrix(scheme="saml", case="right login")
@pytest.mark.parametrize(
    "sign", [("assertion",), ("response",), ("assertion", "response")]
)
def test_what_the_identity_provider_signed_names_the_session(
    desk: Desk, sign: tuple[str, ...]
) -> None:
    """Verified here, accepted there: the session's later requests are its user's."""
    browser = desk.browser()
    assert browser.bring(response(desk.says("jansen", sign=sign))) == 303
    assert browser.send("GET", "/client/1") == 200
    browser.close()

    login, page = desk.exchanges(2)

    assert (login.actor.name, page.actor.name) == ("jansen", "jansen")
    assert page.actor.strength is Strength.VERIFIED
    assert page.actor.scheme == "saml"


@pytest.mark.matrix(scheme="saml", case="forged identity")
@pytest.mark.parametrize(
    "forgery", ["changed", "other key", "unsigned", "wrapped", "comment", "audience"]
)
def test_a_forged_response_names_nobody(desk: Desk, forgery: str) -> None:
    """Whatever the application makes of it."""
    idp, said = IdentityProvider(), desk.says("jansen")
    document = idp.sign(said)
    match forgery:
        case "changed":
            one(document, "saml:NameID").text = "boss"
        case "other key":
            document = IdentityProvider(1).sign(said)
        case "unsigned":
            document = replace(said, sign=()).document()
        case "wrapped":
            assertion = one(document, "saml:Assertion")
            evil = deepcopy(assertion)
            evil.remove(one(evil, "ds:Signature"))
            evil.set("ID", "_evil")
            one(evil, "saml:NameID").text = "boss"
            assertion.addprevious(evil)
        case "comment":
            name = one(document, "saml:NameID")
            name.text = "jan"
            cut = lxml.etree.Comment("")
            cut.tail = "sen"
            name.append(cut)
        case _:
            document = idp.sign(replace(said, audience="https://other.example"))
    text = encoded(document)
    browser = desk.browser()
    browser.bring(text)
    browser.send("GET", "/client/1")
    browser.close()

    assert desk.names(2) == ["", ""]


@pytest.mark.matrix(scheme="saml", case="wrong password")
def test_a_login_that_the_identity_provider_refused_names_nobody(desk: Desk) -> None:
    """The password is typed there; its answer here is a status that is no success."""
    refused = desk.says("jansen", status="urn:oasis:names:tc:SAML:2.0:status:Responder")
    browser = desk.browser()
    status = browser.bring(response(refused))
    browser.close()

    (exchange,) = desk.exchanges(1)

    assert status == 403
    assert (exchange.actor.name, exchange.actor.reason) == ("", "login_failed")


@pytest.mark.matrix(scheme="saml", case="expiry")
def test_an_expired_assertion_names_nobody(desk: Desk) -> None:
    """Refused by the application, and here as well."""
    now = dt.datetime.now(dt.UTC)
    old = desk.says("jansen", now=now - 30 * MINUTE)
    browser = desk.browser()
    status = browser.bring(response(old))
    browser.send("GET", "/client/1")
    browser.close()

    assert status == 403
    assert desk.names(2) == ["", ""]


@pytest.mark.matrix(scheme="saml", case="rotation")
def test_a_second_login_in_one_browser_is_the_second_users(desk: Desk) -> None:
    """A new cookie for a new user; the old one's session is over here."""
    browser = desk.logged_in("jansen")
    old = browser.session
    browser.send("GET", "/client/1")
    assert browser.bring(response(desk.says("pietersen"))) == 303
    browser.send("GET", "/client/1")
    browser.session = old
    browser.send("GET", "/client/1")
    browser.close()

    assert desk.names(5) == ["jansen", "jansen", "pietersen", "pietersen", ""]


@pytest.mark.matrix(scheme="saml", case="logout")
def test_after_logout_the_session_is_nobodys(desk: Desk) -> None:
    """The application's own logout, which sets no cookie."""
    browser = desk.logged_in("jansen")
    browser.send("POST", "/logout", "")
    browser.send("GET", "/client/1")
    browser.close()

    assert desk.names(3) == ["jansen", "jansen", ""]
    events = desk.running.events()[desk.before :]
    kinds = [each.kind for each in events if isinstance(each, SessionChanged)]
    assert kinds == [SessionKind.LOGGED_IN, SessionKind.LOGGED_OUT]


@pytest.mark.matrix(scheme="saml", case="two users one connection")
def test_two_users_over_one_connection_are_told_apart(desk: Desk) -> None:
    """The cookie says who, not the connection."""
    shared = HTTPConnection("127.0.0.1", desk.running.port(), timeout=30)
    first, second = desk.browser(), desk.browser()
    first.connection = second.connection = shared
    first.bring(response(desk.says("jansen")))
    second.bring(response(desk.says("pietersen")))
    for browser in (first, second, first):
        browser.send("GET", "/client/1")
    shared.close()

    assert desk.names(5) == ["jansen", "pietersen", "jansen", "pietersen", "jansen"]


@pytest.mark.matrix(scheme="saml", case="sidecar restart with open session")
def test_an_open_session_survives_the_recorders_end(desk: Desk) -> None:
    """Verified once, at login; what was bound is what the next recorder knows."""
    browser = desk.logged_in("jansen")
    desk.exchanges(1)
    desk.running.kill("recorder")
    browser.send("GET", "/client/1")
    browser.close()

    login, page = desk.exchanges(2)

    assert (page.actor.name, page.actor.strength) == ("jansen", Strength.VERIFIED)
    assert page.actor.binding == login.actor.binding


def test_nothing_of_a_response_rests_anywhere(desk: Desk) -> None:
    """It is a credential until it expires: not in the journal, not in the log."""
    said = desk.says("jansen")
    value = response(said)
    browser = desk.browser()
    browser.bring(value)
    browser.close()
    desk.exchanges(1)
    secrets = [value[:60].encode(), browser.session.encode(), b"SubjectConfirmation"]

    state = desk.running.config.state
    files = [path for path in state.rglob("*") if path.is_file()]

    for path in (*files, desk.running.log):
        data = path.read_bytes()
        assert [each for each in secrets if each in data] == [], path
