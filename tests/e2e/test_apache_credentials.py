"""Basic and Digest against Apache, through a real sidecar.

The names are those Apache itself has; where it asks for nothing there are none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from proxy.events import SessionKind, Strength
from tests.support.apache import PACKAGES, REALM, Apache, apache
from tests.support.claims import basic
from tests.support.clients import Client, curl
from tests.support.debian import need
from tests.support.sidecars import Front
from tests.support.waiting import until
from tests.support.watched import Watched, watched

pytestmark = pytest.mark.debian

BASIC = """
application: basic
session: {cookie: SID}
identity:
  - basic: {realm: Intranet, protected: ["/basic/**", "/cookie/**", "/refused/**"]}
records:
  client: {request: "GET /basic/client/{id}", action: view,
           subject: {type: client, id: path.id}}
"""
DIGEST = """
application: digest
identity:
  - digest: {realm: Intranet}
records: {}
"""
WORDS: dict[str | bytes, str] = {
    "jansen": "CANARY-word-of-jansen",
    "pieters": "CANARY-word-of-pieters",
    "jörg": "CANARY-word-of-jörg",
    "rené".encode("latin-1"): "CANARY-word-of-rene",
}


@dataclass(frozen=True, slots=True)
class Intranet:
    """Apache, and the sidecar in front of it twice."""

    server: Apache
    sidecar: Watched

    def client(self, application: str = "basic") -> Client:
        """A new connection, through the sidecar."""
        return Client(self.sidecar.port(application))

    def url(self, path: str, application: str = "basic") -> str:
        """Address of a page, through the sidecar."""
        return f"http://127.0.0.1:{self.sidecar.port(application)}{path}"


@pytest.fixture(scope="module")
def intranet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intranet]:
    """One for all tests; each has paths of its own."""
    need(*PACKAGES)
    directory = tmp_path_factory.mktemp("intranet")
    with apache(WORDS) as server:
        fronts = [_front(directory, server, name) for name in ("basic", "digest")]
        with watched(directory / "sidecar", fronts) as sidecar:
            yield Intranet(server, sidecar)


def _front(directory: Path, server: Apache, name: str) -> Front:
    rules = directory / f"{name}.yaml"
    rules.write_text(BASIC if name == "basic" else DIGEST)
    return Front(name=name, rules=rules, upstream=f"http://127.0.0.1:{server.port}")


def sent(user: str | bytes) -> tuple[str, str]:
    """The header of somebody who knows his password."""
    return ("Authorization", basic(user, WORDS[user]))


# -- Basic -------------------------------------------------------------------


@pytest.mark.matrix(scheme="basic", case="right login")
def test_basic_names_are_those_apache_has(intranet: Intranet) -> None:
    """Asked, answered, and sent along from then on."""
    path = "/basic/client/1"
    with intranet.client() as client:
        assert client.get(path).status == 401
        assert [client.get(path, sent("jansen")).status for _ in range(2)] == [200] * 2
    assert curl("-u", f"pieters:{WORDS['pieters']}", intranet.url(path)) == 200

    actors = intranet.sidecar.actors("/basic/client/{id}", 4)

    assert [actor.name for actor in actors] == ["", "jansen", "jansen", "pieters"]
    assert {actor.strength for actor in actors[1:]} == {Strength.CONFIRMED}
    assert intranet.server.users(path) == ["-", "jansen", "jansen", "pieters"]


@pytest.mark.matrix(scheme="basic", case="right login")
def test_basic_names_outside_ascii_are_read_in_either_charset(
    intranet: Intranet,
) -> None:
    """As browsers of today and of 2005 send them."""
    path = "/basic/charset"
    with intranet.client() as client:
        for user in ("jörg", "rené".encode("latin-1")):
            assert client.get(path, sent(user)).status == 200

    assert intranet.sidecar.names(path, 2) == ["jörg", "rené"]


@pytest.mark.matrix(scheme="basic", case="right login")
def test_cookie_issued_to_credentials_is_its_users_elsewhere(
    intranet: Intranet,
) -> None:
    """Credentials at the door only, the cookie from there on."""
    with intranet.client() as client:
        door = client.get("/cookie/door", sent("jansen"))
        assert client.get("/open/inside", ("Cookie", door.cookie)).status == 200
        assert client.get("/open/inside").status == 200

    assert intranet.sidecar.names("/open/inside", 2) == ["jansen", "no_session"]


@pytest.mark.matrix(scheme="basic", case="wrong password")
def test_refused_credentials_name_nobody(intranet: Intranet) -> None:
    """What was typed is kept nowhere: it may be a password."""
    path = "/basic/wrong"
    with intranet.client() as client:
        guess = ("Authorization", basic("CANARY-typed", "CANARY-guess"))
        assert client.get(path, guess).status == 401
        assert client.get(path, sent("jansen")).status == 200
    assert curl("-u", "jansen:CANARY-guess", intranet.url(path)) == 401

    names = intranet.sidecar.names(path, 3)

    assert names == ["credentials_refused", "jansen", "credentials_refused"]
    failed = [
        c for c in intranet.sidecar.changes() if c.kind is SessionKind.LOGIN_FAILED
    ]
    assert failed
    assert not any(change.actor.name or change.actor.on_wire for change in failed)


@pytest.mark.matrix(scheme="basic", case="rotation")
@pytest.mark.matrix(scheme="basic", case="expiry")
def test_password_that_was_changed_is_over_and_the_new_one_goes_on(
    intranet: Intranet,
) -> None:
    """Credentials have no life of their own; the account's password has."""
    path = "/basic/changed"
    fresh = ("Authorization", basic("pieters", "CANARY-new-word"))
    with intranet.client() as client:
        assert client.get(path, sent("pieters")).status == 200
        intranet.server.set_passwords({**WORDS, "pieters": "CANARY-new-word"})
        try:
            assert client.get(path, sent("pieters")).status == 401
            assert client.get(path, fresh).status == 200
        finally:
            intranet.server.set_passwords(WORDS)

    assert intranet.sidecar.names(path, 3) == [
        "pieters",
        "credentials_refused",
        "pieters",
    ]


@pytest.mark.matrix(scheme="basic", case="logout")
def test_request_without_credentials_is_nobodys_again(intranet: Intranet) -> None:
    """There is no logout; a browser that was closed sends nothing."""
    path = "/basic/closed"
    with intranet.client() as client:
        assert client.get(path, sent("jansen")).status == 200
        assert client.get(path).status == 401
        assert client.get("/open/closed").status == 200

    assert intranet.sidecar.names(path, 2) == ["jansen", "no_session"]
    assert intranet.sidecar.names("/open/closed", 1) == ["no_session"]


@pytest.mark.matrix(scheme="basic", case="sidecar restart with open session")
def test_credentials_go_on_over_a_restart_of_the_recorder(intranet: Intranet) -> None:
    """Where the rule set says what is protected, nothing has to be learned again."""
    path = "/basic/restart"
    with intranet.client() as client:
        door = client.get("/cookie/restart", sent("jansen"))
        assert client.get(path, sent("jansen")).status == 200
        assert intranet.sidecar.names(path, 1) == ["jansen"]

        intranet.sidecar.restart_recorder()

        assert client.get(path, sent("jansen")).status == 200
        assert client.get("/open/restart", ("Cookie", door.cookie)).status == 200

    assert intranet.sidecar.names(path, 2) == ["jansen", "jansen"]
    assert intranet.sidecar.names("/open/restart", 1) == ["jansen"]


@pytest.mark.matrix(scheme="basic", case="forged identity")
def test_invented_credentials_where_nobody_asks_name_nobody(
    intranet: Intranet,
) -> None:
    """Apache answers 200 and does not look; nor does a 404 prove anything."""
    with intranet.client() as client:
        forged = ("Authorization", basic("director", "CANARY-guess"))
        assert client.get("/open/forged", forged).status == 200
        assert client.get("/basic/../open/forged", forged).status == 200
        assert client.get("/basic/twice", forged, sent("jansen")).status != 200

    assert intranet.sidecar.names("/open/forged", 2) == ["no_session", "no_session"]
    (twice,) = intranet.sidecar.actors("/basic/twice", 1)
    assert twice.name == ""


@pytest.mark.matrix(scheme="basic", case="two users one connection")
def test_two_users_of_one_connection_each_have_their_requests(
    intranet: Intranet,
) -> None:
    """A load balancer that pools changes nothing: each request says whose it is."""
    path = "/basic/pooled"
    with intranet.client() as client:
        for user in ("jansen", "pieters", "jansen"):
            assert client.get(path, sent(user)).status == 200

    assert intranet.sidecar.names(path, 3) == ["jansen", "pieters", "jansen"]
    assert intranet.server.users(path) == ["jansen", "pieters", "jansen"]


@pytest.mark.matrix(scheme="basic", case="two users one connection")
def test_credentials_of_one_with_the_cookie_of_another_are_nobodys(
    intranet: Intranet,
) -> None:
    """Which of the two the application takes is not known."""
    with intranet.client() as client:
        door = client.get("/cookie/mixed", sent("jansen"))
        mixed = client.get("/basic/mixed", sent("pieters"), ("Cookie", door.cookie))
        assert mixed.status == 200

    assert intranet.sidecar.names("/basic/mixed", 1) == ["ambiguous"]


# -- Digest ------------------------------------------------------------------


def digest(intranet: Intranet, path: str, user: str, word: str, *more: str) -> int:
    """One page by curl, challenge and answer."""
    url = intranet.url(path, "digest")
    return curl("--digest", "-u", f"{user}:{word}", url, *more)


@pytest.mark.matrix(scheme="digest", case="right login")
@pytest.mark.matrix(scheme="digest", case="logout")
def test_digest_names_are_those_apache_has(intranet: Intranet) -> None:
    """Learned from the challenge; a request without an answer to it is nobody's."""
    path = "/digest/right"
    assert digest(intranet, path, "jansen", str(WORDS["jansen"])) == 200
    assert digest(intranet, path, "jörg", str(WORDS["jörg"])) == 200
    assert curl(intranet.url(path, "digest")) == 401

    actors = intranet.sidecar.actors(path, 5)

    names = [actor.name for actor in actors]
    assert names == ["", "jansen", "", "jörg", ""]
    assert {a.strength for a in actors if a.name} == {Strength.CONFIRMED}
    assert len(intranet.server.users(path)) == len(names)
    assert intranet.server.users(path)[1] == "jansen"


@pytest.mark.matrix(scheme="digest", case="wrong password")
def test_refused_digest_names_nobody(intranet: Intranet) -> None:
    """The name in it is only claimed."""
    path = "/digest/wrong"
    assert digest(intranet, path, "jansen", "CANARY-guess") == 401

    assert intranet.sidecar.names(path, 2) == ["no_session", "credentials_refused"]


@pytest.mark.matrix(scheme="digest", case="rotation")
@pytest.mark.matrix(scheme="digest", case="expiry")
def test_old_nonce_refuses_nobody(intranet: Intranet) -> None:
    """``stale=true`` asks for the same again; the next answer is accepted."""
    path = "/brief/stale"
    answers = _until_stale(intranet, path)

    names = intranet.sidecar.names(path, len(answers))

    assert names[0] == "no_session"
    assert names[1] == "jansen"
    stale = answers.index(401, 1)
    assert names[stale] == "retried"
    assert names[-1] == "jansen"
    failed = [
        c
        for c in intranet.sidecar.changes()
        if c.kind is SessionKind.LOGIN_FAILED and c.application == "digest"
    ]
    assert not [c for c in failed if c.reason == "retried"]


def _until_stale(intranet: Intranet, path: str) -> list[int]:
    """Use one nonce until it is old, then the next; the status of every answer."""
    answers: list[int] = []
    with intranet.client("digest") as client:
        first = client.get(path)
        answers.append(first.status)
        nonce = _parameter(first.header("WWW-Authenticate"), "nonce")
        count = 0

        def old() -> bool:
            nonlocal count, nonce
            count += 1
            answer = client.get(path, _answer(path, "jansen", nonce, count))
            answers.append(answer.status)
            if answer.status == 401:
                assert "stale=true" in answer.header("WWW-Authenticate")
                nonce = _parameter(answer.header("WWW-Authenticate"), "nonce")
            return answer.status == 401

        until(old, "the nonce is old")
        answers.append(client.get(path, _answer(path, "jansen", nonce, 1)).status)
    return answers


def _parameter(challenge: str, name: str) -> str:
    return challenge.partition(f'{name}="')[2].partition('"')[0]


def _answer(path: str, user: str, nonce: str, count: int) -> tuple[str, str]:
    """RFC 7616 3.4.1, with MD5 as Apache has it."""

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    secret = md5(user, REALM, str(WORDS[user]))
    nc, cnonce = f"{count:08x}", "abc"
    response = md5(secret, nonce, nc, cnonce, "auth", md5("GET", path))
    said = (
        f'Digest username="{user}", realm="{REALM}", nonce="{nonce}", uri="{path}", '
        f'qop=auth, nc={nc}, cnonce="{cnonce}", response="{response}", algorithm=MD5'
    )
    return ("Authorization", said)


@pytest.mark.matrix(scheme="digest", case="sidecar restart with open session")
def test_digest_is_named_again_after_the_first_challenge_of_a_restart(
    intranet: Intranet,
) -> None:
    """What was learned is gone: nameless until Apache asks once more."""
    path = "/digest/restart"
    with intranet.client("digest") as client:
        nonce = _parameter(client.get(path).header("WWW-Authenticate"), "nonce")
        assert client.get(path, _answer(path, "jansen", nonce, 1)).status == 200
        assert intranet.sidecar.names(path, 2) == ["no_session", "jansen"]

        intranet.sidecar.restart_recorder()

        assert client.get(path, _answer(path, "jansen", nonce, 2)).status == 200
        assert client.get(path).status == 401
        assert client.get(path, _answer(path, "jansen", nonce, 3)).status == 200

    assert intranet.sidecar.names(path, 5)[2:] == [
        "no_session",
        "no_session",
        "jansen",
    ]


@pytest.mark.matrix(scheme="digest", case="forged identity")
def test_answer_to_another_request_names_nobody(intranet: Intranet) -> None:
    """Nor one where Apache does not look, or with an invented proof."""
    path = "/digest/forged"
    with intranet.client("digest") as client:
        nonce = _parameter(client.get(path).header("WWW-Authenticate"), "nonce")
        copied = _answer(path, "jansen", nonce, 1)
        assert client.get("/digest/forged/other", copied).status == 400
        assert client.get("/open/digest", copied).status == 200
        invented = _answer(path, "jansen", "bm9uY2U=", 1)
        assert client.get(path, invented).status == 401

    other = intranet.sidecar.names("/digest/forged/other", 1)
    assert other == ["claim_unclear"]
    assert intranet.sidecar.names("/open/digest", 1) == ["no_session"]
    assert "jansen" not in intranet.sidecar.names(path, 2)


@pytest.mark.matrix(scheme="digest", case="two users one connection")
def test_two_digest_users_of_one_connection_each_have_their_requests(
    intranet: Intranet,
) -> None:
    """Each request says whose it is."""
    path = "/digest/pooled"
    with intranet.client("digest") as client:
        nonce = _parameter(client.get(path).header("WWW-Authenticate"), "nonce")
        other = _parameter(client.get(path).header("WWW-Authenticate"), "nonce")
        for count in (1, 2):
            assert client.get(path, _answer(path, "jansen", nonce, count)).status == 200
            answer = _answer(path, "pieters", other, count)
            assert client.get(path, answer).status == 200

    assert intranet.sidecar.names(path, 6)[2:] == ["jansen", "pieters"] * 2
    assert intranet.server.users(path)[2:] == ["jansen", "pieters"] * 2


def test_no_password_is_on_disk(intranet: Intranet) -> None:
    """Neither as typed nor as sent, in the journal, the state or the log."""
    path = "/basic/canary"
    header = sent("jansen")
    with intranet.client() as client:
        assert client.get(path, header).status == 200
    assert intranet.sidecar.names(path, 1) == ["jansen"]

    written = intranet.sidecar.written()

    assert b"jansen" in written
    assert b"CANARY" not in written
    assert header[1].removeprefix("Basic ").encode() not in written
    assert b"session-of-" not in written
