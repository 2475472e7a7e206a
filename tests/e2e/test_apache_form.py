"""mod_auth_form behind a real sidecar: a session cookie that holds the password."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from proxy.events import SessionKind, Strength
from tests.support.apache import PACKAGES, Apache, apache
from tests.support.clients import Answer, Client
from tests.support.debian import need
from tests.support.sidecars import Front
from tests.support.waiting import until
from tests.support.watched import Watched, watched

pytestmark = pytest.mark.debian

RULES = """
application: {name}
session: {{cookie: session}}
login:
  - form: {{request: "POST /dologin", user: form.httpd_username}}
    confirmed_when:
      {{status: 302, location: "/form/*", set_cookie: {{session: changed}}}}
logout:
  - {{request: "GET /logout"}}
expiry: {expiry}
records: {{}}
"""
WORDS: dict[str | bytes, str] = {
    "jansen": "CANARY-word-of-jansen",
    "pieters": "CANARY-word-of-pieters",
}


@dataclass(frozen=True, slots=True)
class Forms:
    """Apache, and the sidecar in front of it; ``hasty`` expires after a second."""

    server: Apache
    sidecar: Watched

    def client(self, application: str = "forms") -> Client:
        """A new connection, through the sidecar."""
        return Client(self.sidecar.port(application))


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forms]:
    """One for all tests; each has paths of its own."""
    need(*PACKAGES)
    directory = tmp_path_factory.mktemp("forms")
    fronts = []
    with apache(WORDS) as server:
        for name, expiry in (("forms", "{}"), ("hasty", "{absolute: 1s}")):
            rules = directory / f"{name}.yaml"
            rules.write_text(RULES.format(name=name, expiry=expiry))
            upstream = f"http://127.0.0.1:{server.port}"
            fronts.append(Front(name=name, rules=rules, upstream=upstream))
        with watched(directory / "sidecar", fronts) as sidecar:
            yield Forms(server, sidecar)


def login(
    client: Client, user: str, word: str | None = None, cookie: str = ""
) -> Answer:
    """The form, as the browser sends it."""
    word = str(WORDS[user]) if word is None else word
    form = f"httpd_username={user}&httpd_password={word}"
    headers = (("Cookie", cookie),) if cookie else ()
    return client.post("/dologin", form, *headers)


def page(client: Client, path: str, cookie: str) -> Answer:
    """A page within a session."""
    return client.get(path, ("Cookie", cookie))


@pytest.mark.matrix(scheme="form", case="right login")
@pytest.mark.matrix(scheme="form", case="rotation")
def test_names_are_those_apache_has_though_every_answer_changes_the_cookie(
    forms: Forms,
) -> None:
    """The session's end is in the cookie, so each answer issues another."""
    path = "/form/right"
    with forms.client() as client:
        cookies = [login(client, "jansen").cookie]
        for _ in range(3):
            cookies.append(page(client, path, cookies[-1]).cookie)

    actors = forms.sidecar.actors(path, 3)

    assert len(set(cookies)) == 4
    assert [actor.name for actor in actors] == ["jansen"] * 3
    assert {actor.strength for actor in actors} == {Strength.CONFIRMED}
    assert forms.server.users(path) == ["jansen"] * 3


@pytest.mark.matrix(scheme="form", case="wrong password")
def test_wrong_password_is_the_same_status_and_names_nobody(forms: Forms) -> None:
    """302 both times; only where it leads to differs."""
    path = "/form/wrong"
    with forms.client() as client:
        answer = login(client, "jansen", "CANARY-guess")
        assert answer.status == 302
        assert page(client, path, answer.cookie).status == 302

    (name,) = forms.sidecar.names(path, 1)

    assert name != "jansen"
    assert forms.server.users(path) == ["-"]


@pytest.mark.matrix(scheme="form", case="logout")
def test_logout_ends_the_session(forms: Forms) -> None:
    """The old cookie still lets Apache's pages through: it is nobody's here."""
    path = "/form/logout"
    with forms.client() as client:
        cookie = login(client, "jansen").cookie
        assert page(client, path, cookie).status == 200
        gone = page(client, "/logout", cookie)
        assert gone.status == 307
        page(client, path, cookie)
        page(client, path, gone.cookie)

    names = forms.sidecar.names(path, 3)

    assert names[0] == "jansen"
    assert "jansen" not in names[1:]


@pytest.mark.matrix(scheme="form", case="expiry")
def test_session_expires_here_though_apache_goes_on(forms: Forms) -> None:
    """As the rule set says, counted from the login and over every rotation."""
    path = "/form/expiry"
    with forms.client("hasty") as client:
        cookie = login(client, "jansen").cookie
        asked = 0

        def expired() -> bool:
            nonlocal cookie, asked
            answer = page(client, path, cookie)
            assert answer.status == 200
            cookie, asked = answer.cookie, asked + 1
            return forms.sidecar.names(path, asked)[-1] != "jansen"

        until(expired, "the session expired")

    assert forms.sidecar.names(path, asked)[0] == "jansen"
    assert forms.sidecar.names(path, asked)[-1] == "expired"


@pytest.mark.matrix(scheme="form", case="sidecar restart with open session")
def test_session_goes_on_over_a_restart_of_the_recorder(forms: Forms) -> None:
    """Its key is in the journal's transaction."""
    path = "/form/restart"
    with forms.client() as client:
        cookie = page(client, path, login(client, "jansen").cookie).cookie
        assert forms.sidecar.names(path, 1) == ["jansen"]

        forms.sidecar.restart_recorder()

        assert page(client, path, cookie).status == 200

    assert forms.sidecar.names(path, 2) == ["jansen", "jansen"]


@pytest.mark.matrix(scheme="form", case="forged identity")
def test_cookie_of_ones_own_making_names_nobody(forms: Forms) -> None:
    """Apache believes it, since it holds a right password; no login was seen."""
    path = "/form/forged"
    made = f"session=Intranet-user=pieters&Intranet-pw={WORDS['pieters']}"
    with forms.client() as client:
        page(client, path, made + "&expiry=9999999999999999")

    (name,) = forms.sidecar.names(path, 1)

    assert name in {"unknown_session", "before_login"}


@pytest.mark.matrix(scheme="form", case="two users one connection")
def test_two_users_of_one_connection_are_told_apart(forms: Forms) -> None:
    """The cookie says whose each request is, not the connection."""
    path = "/form/pooled"
    with forms.client() as client:
        jansen, pieters = (login(client, user).cookie for user in ("jansen", "pieters"))
        for cookie in (jansen, pieters, jansen):
            assert page(client, path, cookie).status == 200

    names = forms.sidecar.names(path, 3)

    assert names == ["jansen", "pieters", "jansen"]
    assert forms.server.users(path) == names


def test_password_in_the_cookie_is_on_no_disk(forms: Forms) -> None:
    """Only a keyed digest of the cookie is kept."""
    path = "/form/canary"
    with forms.client() as client:
        cookie = login(client, "jansen").cookie
        assert "CANARY-word-of-jansen" in cookie
        assert page(client, path, cookie).status == 200
    assert forms.sidecar.names(path, 1) == ["jansen"]

    written = forms.sidecar.written()

    assert b"jansen" in written
    assert b"CANARY" not in written
    kinds = {change.kind for change in forms.sidecar.changes()}
    assert SessionKind.LOGGED_IN in kinds
