"""Django's admin behind the sidecar: form login with a session that rotates.

The config and the rule set are those of ``deploy/examples/django-admin``, with
other ports. What the journal says is compared with what each browser did.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import pytest

from deploy.demo.sidecar import free_ports
from proxy.events import (
    ExchangeRecorded,
    Extraction,
    GapRecorded,
    SessionChanged,
    SessionKind,
    ViewRecorded,
)
from proxy.keys import load as load_keys
from proxy.pseudonym import pseudonym
from tests.support.django_admin import Admin, Browser, django_admin
from tests.support.sidecars import Running, run
from tests.support.waiting import until

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "django-admin"
USERS = ("joan", "rik")
CLIENTS = ("Aaltje Bos", "Bram Bos", "Cor de Wit")
ROLES = ("wire", "recorder")
SHORT = "expiry: {idle: 2s}\n"


@dataclass(slots=True)
class Desk:
    """The admin behind a sidecar, and how much was recorded before this test."""

    admin: Admin
    running: Running
    before: int = field(default=0)

    def browser(self) -> Browser:
        """A fresh one."""
        return Browser(self.running.port())

    def exchanges(self, count: int) -> list[ExchangeRecorded]:
        """The exchanges of this test, once so many are recorded; in order."""

        def found() -> list[ExchangeRecorded]:
            events = self.running.events()[self.before :]
            return [one for one in events if isinstance(one, ExchangeRecorded)]

        until(lambda: len(found()) >= count, f"{count} exchanges are recorded", 60)
        events = sorted(found(), key=lambda one: one.monotonic_ns)
        assert len(events) == count
        return events

    def changes(self) -> list[SessionKind]:
        """What happened to sessions in this test."""
        events = self.running.events()[self.before :]
        return [one.kind for one in events if isinstance(one, SessionChanged)]

    def views(self) -> list[tuple[str, str, str]]:
        """(account, action, client) of this test."""
        key = load_keys(self.running.config.keys).subject_key
        ids = {pseudonym(key, "client", pk): name for pk, name in self.clients()}
        return [
            (one.actor.name, one.action.value, ids[one.subject])
            for one in self.running.events()[self.before :]
            if isinstance(one, ViewRecorded)
        ]

    def clients(self) -> list[tuple[str, str]]:
        """Id and name."""
        return list(self.admin.clients.items())

    def logged_in(self, user: str) -> Browser:
        """A browser after a right login: two exchanges."""
        browser = self.browser()
        assert browser.log_in(user, self.admin.users[user])[0] == 302
        return browser


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    """The application."""
    home = tmp_path_factory.mktemp("admin") / "site"
    with django_admin(home, USERS, CLIENTS) as served:
        yield served


@pytest.fixture(scope="module")
def place(
    admin: Admin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Admin, Running]]:
    """Behind a sidecar, from the example's files."""
    directory = tmp_path_factory.mktemp("sidecar")
    with run(config(directory, admin), ROLES, wait=False) as running:
        recording(running)
        yield admin, running


def config(directory: Path, admin: Admin, more: str = "") -> Path:
    """The example's files with these ports, and more rules."""
    public, store = free_ports(2)
    rules = (EXAMPLE / "rules.yaml").read_text()
    (directory / "rules.yaml").write_text(more + rules)
    text = (EXAMPLE / "whosaw.yaml").read_text()
    for documented, free in ((8080, public), (9080, admin.port), (8123, store)):
        text = text.replace(f"127.0.0.1:{documented}", f"127.0.0.1:{free}")
    path = directory / "whosaw.yaml"
    path.write_text(text)
    return path


def recording(running: Running) -> None:
    """Wait until what passes is recorded."""
    until(
        lambda: {"recorder", "wire-0", "wire-1"} <= set(running.reports()),
        "the sidecar records",
        60,
    )


@pytest.fixture
def desk(place: tuple[Admin, Running]) -> Desk:
    """What was recorded before does not count."""
    served, running = place
    return Desk(served, running, len(running.events()))


@pytest.mark.matrix(scheme="form", case="right login")
def test_lists_searches_records_and_history_are_the_users(desk: Desk) -> None:
    """Every way to see a client, with what the page showed."""
    (bos, _), (_, _), (wit, _) = desk.clients()
    browser = desk.logged_in("joan")
    _, listed = browser.get("/admin/people/client/?all=")
    _, found = browser.get("/admin/people/client/?q=Bos")
    _, opened = browser.get(f"/admin/people/client/{bos}/change/")
    _, told = browser.get(f"/admin/people/client/{wit}/history/")
    status, _ = browser.post(
        f"/admin/people/client/{bos}/change/", opened, name=CLIENTS[0], _save="Save"
    )
    browser.close()

    exchanges = desk.exchanges(7)

    assert all(name in listed for name in CLIENTS)
    assert CLIENTS[2] not in found
    assert CLIENTS[0] in opened
    assert CLIENTS[2] in told
    assert status == 302
    assert sorted(desk.views()) == sorted(
        [
            *(("joan", "list", name) for name in CLIENTS),
            ("joan", "search", CLIENTS[0]),
            ("joan", "search", CLIENTS[1]),
            ("joan", "view", CLIENTS[0]),
            ("joan", "view", CLIENTS[2]),
            ("joan", "update", CLIENTS[0]),
        ]
    )
    assert [one.actor.name for one in exchanges] == [""] + ["joan"] * 6


def test_every_page_of_a_list_and_an_export_are_the_users(desk: Desk) -> None:
    """Compared with the admin's own database: page by page, chosen rows as CSV, a
    deletion looked at and not done, and records that are not there."""
    (one, _), (other, _), (third, _) = desk.clients()
    many = "/admin/people/client/"
    browser = desk.logged_in("rik")
    _, page = browser.get(many)
    _, last = browser.get(f"{many}?p=2")
    status, text = browser.act(many, page, "export_csv", one, third)
    asked, doubted = browser.get(f"{many}{other}/delete/")
    spelled, _ = browser.get(f"{many}00{third}/history/")
    missing = [
        browser.get(path)[0]
        for path in (
            f"{many}9999/change/",
            f"{many}9999/history/",
            f"{many}9999/delete/",
            f"{many}x/change/",
            f"{many}?p=99",
        )
    ]
    browser.close()

    exchanges = desk.exchanges(12)

    kept = browser_rows(text)
    assert status == 200
    assert [CLIENTS[2] in each for each in (page, last)] == [False, True]
    assert kept == [(one, CLIENTS[0]), (third, CLIENTS[2])]
    assert (asked, spelled) == (200, 200)
    assert CLIENTS[1] in doubted
    assert missing == [302, 302, 302, 302, 302]
    assert sorted(desk.views()) == sorted(
        [
            *(("rik", "list", name) for name in CLIENTS),
            ("rik", "export", CLIENTS[0]),
            ("rik", "export", CLIENTS[2]),
            ("rik", "view", CLIENTS[1]),
            ("rik", "view", CLIENTS[2]),
        ]
    )
    assert {one.extraction for one in exchanges} <= {
        Extraction.RECORDED,
        Extraction.NOTHING_EXPECTED,
    }


def browser_rows(text: str) -> list[tuple[str, ...]]:
    """Rows of a CSV behind its head."""
    return [tuple(row) for row in csv.reader(text.splitlines())][1:]


def test_without_a_login_nothing_is_shown(desk: Desk) -> None:
    """Each page of the admin leads to the login form, as does the form itself."""
    (one, _), *_ = desk.clients()
    browser = desk.browser()
    many = "/admin/people/client/"
    answers = [
        browser.get(path)[0]
        for path in (many, f"{many}?q=Bos", f"{many}{one}/change/", "/admin/login/")
    ]
    browser.close()

    exchanges = desk.exchanges(4)

    assert answers == [302, 302, 302, 200]
    assert desk.views() == []
    assert {one.extraction for one in exchanges} == {Extraction.NOTHING_EXPECTED}


@pytest.mark.matrix(scheme="form", case="wrong password")
def test_a_wrong_password_names_nobody(desk: Desk) -> None:
    """Answered 200 with the form again; the name typed is not kept."""
    browser = desk.browser()
    status, page = browser.log_in("joan", "canary-not-the-word")
    browser.get("/admin/people/client/")
    browser.close()

    exchanges = desk.exchanges(3)

    assert status == 200
    assert "login-form" in page
    assert {one.actor.name for one in exchanges} == {""}
    assert exchanges[1].actor.reason == "login_failed"
    assert exchanges[1].actor.on_wire == ""
    assert desk.changes() == [SessionKind.LOGIN_FAILED]
    assert desk.views() == []


@pytest.mark.matrix(scheme="form", case="rotation")
def test_a_second_login_in_one_browser_moves_on_to_the_second_user(desk: Desk) -> None:
    """The session's key is changed at login; the old one is nobody's any more."""
    browser = desk.logged_in("joan")
    old = dict(browser.cookies)
    _, page = browser.get("/admin/people/client/")
    word = desk.admin.users["rik"]
    status, _ = browser.post("/admin/login/", page, username="rik", password=word)
    browser.get("/admin/people/client/")
    stale = desk.browser()
    stale.cookies.update(old)
    stale.get("/admin/people/client/")
    browser.close()
    stale.close()

    exchanges = desk.exchanges(6)

    assert status == 302
    assert old["sessionid"] != browser.cookies["sessionid"]
    assert [one.actor.name for one in exchanges] == [
        "",
        "joan",
        "joan",
        "rik",
        "rik",
        "",
    ]
    assert {name for name, _, _ in desk.views()} == {"joan", "rik"}


@pytest.mark.matrix(scheme="form", case="logout")
def test_logout_is_by_its_method(desk: Desk) -> None:
    """A GET to the same address logs nobody out; the POST deletes the cookie."""
    browser = desk.logged_in("joan")
    kept = dict(browser.cookies)
    refused, _ = browser.get("/admin/logout/")
    browser.get("/admin/people/client/")
    done, _ = browser.log_out()
    browser.cookies.update(kept)  # as an attacker who kept it would
    browser.get("/admin/people/client/")
    browser.close()

    exchanges = desk.exchanges(7)

    assert (refused, done) == (405, 200)
    assert [one.actor.name for one in exchanges] == ["", *["joan"] * 5, ""]
    assert exchanges[-1].actor.reason == "logged_out"
    assert desk.changes() == [SessionKind.LOGGED_IN, SessionKind.LOGGED_OUT]


@pytest.mark.matrix(scheme="form", case="forged identity")
def test_a_made_up_session_is_nobodys(desk: Desk) -> None:
    """Neither a guessed cookie nor a name in a header or the address helps."""
    browser = desk.browser()
    browser.cookies["sessionid"] = "canary-made-up-session-of-joan"
    browser.get("/admin/people/client/?username=joan")
    browser.close()

    (exchange,) = desk.exchanges(1)

    assert (exchange.actor.name, exchange.actor.reason) == ("", "unknown_session")
    assert desk.views() == []


@pytest.mark.matrix(scheme="form", case="two users one connection")
def test_two_users_over_one_connection_are_told_apart(desk: Desk) -> None:
    """A load balancer in front pools connections; the cookie says who."""
    one, other = desk.logged_in("joan"), desk.logged_in("rik")
    one.close()
    other.close()
    shared = HTTPConnection("127.0.0.1", desk.running.port(), timeout=30)
    one.connection = other.connection = shared
    for browser in (one, other, one, other):
        browser.get("/admin/people/client/")
    shared.close()

    exchanges = desk.exchanges(8)[4:]

    assert len({one.connection for one in exchanges}) == 1
    assert [one.actor.name for one in exchanges] == ["joan", "rik", "joan", "rik"]


@pytest.mark.matrix(scheme="form", case="sidecar restart with open session")
def test_an_open_session_survives_the_recorders_end(desk: Desk) -> None:
    """Killed, not stopped: what was committed is what the next one knows."""
    browser = desk.logged_in("joan")
    desk.exchanges(2)
    desk.running.kill("recorder")
    browser.get("/admin/people/client/")
    browser.close()

    exchanges = desk.exchanges(3)

    assert exchanges[2].actor.name == "joan"
    gaps = desk.running.events()[desk.before :]
    assert not [one for one in gaps if isinstance(one, GapRecorded) and one.up_bytes]


@pytest.mark.matrix(scheme="form", case="expiry")
def test_a_session_that_was_idle_too_long_is_nobodys(
    admin: Admin, tmp_path: Path
) -> None:
    """By the rule set's own limit, whatever the application still accepts."""
    with run(config(tmp_path, admin, SHORT), ROLES, wait=False) as running:
        recording(running)
        desk = Desk(admin, running, len(running.events()))
        browser = desk.logged_in("joan")
        browser.get("/admin/people/client/")
        used = desk.exchanges(3)[2].monotonic_ns
        late = desk.browser()
        late.cookies.update(browser.cookies)

        def idle_long_enough() -> bool:
            """Other traffic goes on; its clock is the recorder's."""
            other = desk.browser()
            other.get("/admin/login/")
            other.close()
            events = running.events()
            seen = [one for one in events if isinstance(one, ExchangeRecorded)]
            return max(one.monotonic_ns for one in seen) - used > 2_200_000_000

        until(idle_long_enough, "the session is idle for two seconds", 60)
        status, _ = late.get("/admin/people/client/")
        browser.close()
        late.close()

        def of_late() -> list[ExchangeRecorded]:
            events = running.events()
            return [
                one
                for one in events
                if isinstance(one, ExchangeRecorded)
                and one.monotonic_ns - used > 2_000_000_000
                and one.rule == "client_list"
            ]

        until(of_late, "the late exchange is recorded", 60)

    assert status == 200
    assert [(one.actor.name, one.actor.reason) for one in of_late()] == [
        ("", "expired")
    ]


def test_no_password_and_no_session_rests_anywhere(desk: Desk) -> None:
    """Not in the journal, the logs, the status: canaries are looked for as bytes."""
    browser = desk.logged_in("joan")
    browser.get("/admin/people/client/")
    secrets = [
        desk.admin.users["joan"],
        browser.cookies["sessionid"],
        browser.cookies["csrftoken"],
    ]
    browser.close()
    desk.exchanges(3)

    state = desk.running.config.state
    files = [path for path in state.rglob("*") if path.is_file()]
    files.append(desk.running.log)

    assert files
    for path in files:
        data = path.read_bytes()
        assert [secret for secret in secrets if secret.encode() in data] == [], path
