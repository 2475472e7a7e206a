"""Bearer tokens and trusted headers in front of Apache, through a real sidecar."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from proxy.events import SessionKind, Strength
from tests.support.apache import PACKAGES, Apache, apache
from tests.support.clients import Client, curl
from tests.support.debian import need
from tests.support.sidecars import Front
from tests.support.tokens import Issuer, key_set, resigned, unsigned
from tests.support.watched import Watched, watched

pytestmark = pytest.mark.debian

BEARER = """
application: api
identity:
  - bearer: {jwks: keys.json, algorithms: [ES256], audience: api, leeway: 0s}
records: {}
"""
HEADER = """
application: sso
identity:
  - header: {name: X-Remote-User, peers: [127.0.0.1]}
records: {}
"""
PROXY, STRANGER = "127.0.0.1", "127.0.0.2"


@dataclass(frozen=True, slots=True)
class Applications:
    """Apache behind a sidecar twice, and who issues tokens."""

    server: Apache
    sidecar: Watched
    issuer: Issuer

    def api(self) -> Client:
        """A connection of a client with tokens."""
        return Client(self.sidecar.port("api"))

    def sso(self, source: str = PROXY) -> Client:
        """A connection from this address."""
        return Client(self.sidecar.port("sso"), source=source)

    def token(self, user: str, seconds: float = 3600, **claims: str) -> str:
        """A token of somebody."""
        said: dict[str, Any] = {
            "sub": user,
            "exp": time.time() + seconds,
            "aud": "api",
            **claims,
        }
        return self.issuer.token(**said)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applications]:
    """One for all tests; each has paths of its own."""
    need(*PACKAGES)
    directory = tmp_path_factory.mktemp("bearer")
    issuer = Issuer()
    (directory / "keys.json").write_bytes(key_set(issuer))
    fronts = []
    with apache({}) as server:
        for name, text in (("api", BEARER), ("sso", HEADER)):
            rules = directory / f"{name}.yaml"
            rules.write_text(text)
            upstream = f"http://127.0.0.1:{server.port}"
            fronts.append(Front(name=name, rules=rules, upstream=upstream))
        with watched(directory / "sidecar", fronts) as sidecar:
            yield Applications(server, sidecar, issuer)


def bearer(token: str) -> tuple[str, str]:
    """The header."""
    return ("Authorization", f"Bearer {token}")


def user(name: str, header: str = "X-Remote-User") -> tuple[str, str]:
    """The header of a single sign-on proxy."""
    return (header, name)


@pytest.mark.matrix(scheme="bearer", case="right login")
@pytest.mark.matrix(scheme="bearer", case="logout")
def test_token_names_its_requests_and_no_others(behind: Applications) -> None:
    """Whoever stops sending it is nobody again."""
    path = "/bearer/right"
    with behind.api() as client:
        assert client.get(path, bearer(behind.token("jansen"))).status == 200
        assert client.get(path).status == 403

    named, nobody = behind.sidecar.actors(path, 2)

    assert (named.name, named.strength) == ("jansen", Strength.VERIFIED)
    assert (nobody.name, nobody.reason) == ("", "no_session")


@pytest.mark.matrix(scheme="bearer", case="wrong password")
def test_good_token_that_the_application_refuses_names_nobody(
    behind: Applications,
) -> None:
    """It may have been revoked: nothing was shown to anybody."""
    path = "/refused/token"
    with behind.api() as client:
        assert client.get(path, bearer(behind.token("jansen"))).status == 401

    assert behind.sidecar.names(path, 1) == ["credentials_refused"]


@pytest.mark.matrix(scheme="bearer", case="rotation")
def test_next_token_of_the_same_person_goes_on(behind: Applications) -> None:
    """They live for minutes and are refreshed elsewhere."""
    path = "/bearer/rotation"
    with behind.api() as client:
        for seconds in (100, 200):
            token = behind.token("jansen", seconds)
            assert client.get(path, bearer(token)).status == 200

    assert behind.sidecar.names(path, 2) == ["jansen", "jansen"]


@pytest.mark.matrix(scheme="bearer", case="expiry")
def test_token_past_its_time_names_nobody(behind: Applications) -> None:
    """Though this application does not look."""
    path = "/bearer/expiry"
    with behind.api() as client:
        assert client.get(path, bearer(behind.token("jansen", -5))).status == 200

    assert behind.sidecar.names(path, 1) == ["expired_token"]


@pytest.mark.matrix(scheme="bearer", case="sidecar restart with open session")
def test_token_needs_no_memory(behind: Applications) -> None:
    """Every request proves itself."""
    path = "/bearer/restart"
    token = behind.token("jansen")
    with behind.api() as client:
        assert client.get(path, bearer(token)).status == 200
        assert behind.sidecar.names(path, 1) == ["jansen"]

        behind.sidecar.restart_recorder()

        assert client.get(path, bearer(token)).status == 200

    assert behind.sidecar.names(path, 2) == ["jansen", "jansen"]


@pytest.mark.matrix(scheme="bearer", case="forged identity")
def test_forged_tokens_name_nobody_and_are_told(behind: Applications) -> None:
    """An application that does not verify lets all of them through."""
    path = "/bearer/forged"
    claims: dict[str, Any] = {
        "sub": "director",
        "aud": "api",
        "exp": time.time() + 3600,
    }
    good = behind.token("jansen")
    forged = [
        unsigned({"alg": "none"}, claims),
        resigned(good, **claims),
        Issuer().token(**claims),
        behind.token("director", aud="other"),
    ]
    with behind.api() as client:
        for token in forged:
            assert client.get(path, bearer(token)).status == 200
        twice = client.get(path, bearer(good), bearer(forged[0]))
        assert twice.status == 200

    names = behind.sidecar.names(path, 5)

    assert not {"director", "jansen"} & set(names)
    assert names[3:] == ["wrong_audience", "ambiguous"]
    told = [c for c in behind.sidecar.changes() if c.kind is SessionKind.FORGED]
    reasons = sorted(c.reason for c in told if c.application == "api")
    assert reasons == ["bad_signature", "bad_signature", "unsigned_token"]


@pytest.mark.matrix(scheme="bearer", case="two users one connection")
def test_two_tokens_on_one_connection_each_name_their_requests(
    behind: Applications,
) -> None:
    """The connection is nobody's."""
    path = "/bearer/pooled"
    with behind.api() as client:
        for name in ("jansen", "pieters", "jansen"):
            assert client.get(path, bearer(behind.token(name))).status == 200

    assert behind.sidecar.names(path, 3) == ["jansen", "pieters", "jansen"]


def test_no_token_is_on_disk(behind: Applications) -> None:
    """Whoever has one is its owner to the application."""
    path = "/bearer/canary"
    token = behind.token("jansen")
    with behind.api() as client:
        assert client.get(path, bearer(token)).status == 200
    assert behind.sidecar.names(path, 1) == ["jansen"]

    written = behind.sidecar.written()

    assert b"jansen" in written
    assert not any(part.encode() in written for part in token.split("."))


# -- Trusted header ------------------------------------------------------------


@pytest.mark.matrix(scheme="header", case="right login")
@pytest.mark.matrix(scheme="header", case="logout")
@pytest.mark.matrix(scheme="header", case="expiry")
def test_header_of_the_listed_peer_names_its_requests(behind: Applications) -> None:
    """It lives for its request: the next one without it is nobody's."""
    path = "/open/sso"
    with behind.sso() as client:
        assert client.get(path, user("jansen")).status == 200
        assert client.get(path).status == 200

    named, nobody = behind.sidecar.actors(path, 2)

    assert (named.name, named.strength) == ("jansen", Strength.ASSERTED)
    assert nobody.name == ""


@pytest.mark.matrix(scheme="header", case="forged identity")
def test_header_of_anybody_else_is_ignored_and_told(behind: Applications) -> None:
    """Under every spelling that CGI takes for the same."""
    path = "/open/forged"
    spellings = ["X-Remote-User", "X_Remote_User", "x-remote_user"]
    with behind.sso(STRANGER) as client:
        for name in spellings:
            assert client.get(path, user("director", name)).status == 200
    said = f"http://127.0.0.1:{behind.sidecar.port('sso')}{path}"
    options = ["--interface", STRANGER, "-H", "X-Forwarded-For: 127.0.0.1"]
    assert curl(*options, "-H", "X-Remote-User: director", said) == 200

    names = behind.sidecar.names(path, 4)

    assert "director" not in names
    told = [c for c in behind.sidecar.changes() if c.kind is SessionKind.FORGED]
    mine = [c for c in told if c.application == "sso"]
    assert len(mine) == 4
    assert {c.client_address for c in mine} == {STRANGER}
    assert not any(c.actor.name for c in mine)


@pytest.mark.matrix(scheme="header", case="forged identity")
def test_header_that_came_through_the_proxy_twice_is_nobodys(
    behind: Applications,
) -> None:
    """The proxy set its own and let the client's through."""
    path = "/open/smuggled"
    with behind.sso() as client:
        client.get(path, user("jansen"), user("director", "X_Remote_User"))
        client.get(path, user("director"), user("jansen"))

    assert behind.sidecar.names(path, 2) == ["ambiguous", "ambiguous"]


@pytest.mark.matrix(scheme="header", case="wrong password")
def test_asserted_name_that_the_application_refuses_names_nobody(
    behind: Applications,
) -> None:
    """It asks for something else."""
    path = "/refused/sso"
    with behind.sso() as client:
        assert client.get(path, user("jansen")).status == 401

    assert behind.sidecar.names(path, 1) == ["credentials_refused"]


@pytest.mark.matrix(scheme="header", case="two users one connection")
@pytest.mark.matrix(scheme="header", case="rotation")
@pytest.mark.matrix(scheme="header", case="sidecar restart with open session")
def test_proxy_sends_everybody_over_one_connection(behind: Applications) -> None:
    """Each request says whose it is, after a restart too."""
    path = "/open/pooled"
    with behind.sso() as client:
        for name in ("jansen", "pieters"):
            assert client.get(path, user(name)).status == 200
        assert behind.sidecar.names(path, 2) == ["jansen", "pieters"]

        behind.sidecar.restart_recorder()

        assert client.get(path, user("jansen")).status == 200

    assert behind.sidecar.names(path, 3) == ["jansen", "pieters", "jansen"]
