"""Client certificates at a sidecar that ends TLS, with mod_ssl behind it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from proxy.events import SessionKind, Strength
from tests.support.apache import PACKAGES, Apache, apache
from tests.support.certificates import Authority, Issued
from tests.support.claims import basic
from tests.support.clients import Client, curl
from tests.support.debian import need
from tests.support.sidecars import Front
from tests.support.stages import SERVER_NAME, Keys
from tests.support.watched import Watched, watched

pytestmark = pytest.mark.debian

RULES = """
application: safe
identity:
  - client_certificate: {ca: people.pem, name: san.upn}
  - basic: {protected: ["/basic/**"]}
records: {}
"""
MORE = """\
tls: {{certificate: {certificate}, key: {key}, client_certificates: request}}
upstream_tls: {{ca: {ca}, server_name: {name}}}
"""
WORDS: dict[str | bytes, str] = {"pieters": "hush"}
JANSEN = "jansen@kantoor.test"


@dataclass(frozen=True, slots=True)
class Safe:
    """The application, and who vouches for its people."""

    server: Apache
    sidecar: Watched
    keys: Keys
    people: Authority

    def client(self, person: Issued | None) -> Client:
        """A connection of somebody with this certificate, or none."""
        context: ssl.SSLContext = self.keys.client_context()
        if person is not None:
            context.load_cert_chain(person.certificate, person.key)
        return Client(self.sidecar.port(), context)

    def person(self, stem: str, *, expired: bool = False) -> Issued:
        """A certificate of Jansen; the stem names its files."""
        return self.people.person(stem, upn=JANSEN, expired=expired)


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Safe]:
    """One for all tests; each has paths of its own."""
    need(*PACKAGES)
    directory = tmp_path_factory.mktemp("safe")
    keys, people = Keys.make(directory), Authority(directory, "people")
    rules = directory / "rules.yaml"
    rules.write_text(RULES)
    more = MORE.format(
        certificate=keys.wire.certificate,
        key=keys.wire.key,
        ca=keys.authority,
        name=SERVER_NAME,
    )
    with apache(WORDS, keys.application) as server:
        upstream = f"https://127.0.0.1:{server.tls_port}"
        front = Front(name="safe", rules=rules, upstream=upstream, more=more)
        with watched(directory / "sidecar", [front]) as sidecar:
            yield Safe(server, sidecar, keys, people)


@pytest.mark.matrix(scheme="client_certificate", case="right login")
@pytest.mark.matrix(scheme="client_certificate", case="logout")
def test_certificate_names_its_connection_and_no_other(safe: Safe) -> None:
    """The next connection, without one, gets through and is nobody's."""
    path = "/open/right"
    with safe.client(safe.person("right")) as client:
        assert [client.get(path).status for _ in range(2)] == [200] * 2
    with safe.client(None) as client:
        assert client.get(path).status == 200

    actors = safe.sidecar.actors(path, 3)

    assert [actor.name for actor in actors] == [JANSEN, JANSEN, ""]
    assert {actor.strength for actor in actors[:2]} == {Strength.VERIFIED}
    assert actors[2].reason == "no_session"


@pytest.mark.matrix(scheme="client_certificate", case="right login")
def test_curl_with_a_certificate_is_named(safe: Safe) -> None:
    """A TLS client of another make."""
    path = "/open/curl"
    person = safe.person("curl")
    url = f"https://127.0.0.1:{safe.sidecar.port()}{path}"
    shown = ["--cert", str(person.certificate), "--key", str(person.key)]

    assert curl("--cacert", str(safe.keys.authority), *shown, url) == 200

    assert safe.sidecar.names(path, 1) == [JANSEN]


@pytest.mark.matrix(scheme="client_certificate", case="wrong password")
def test_certificate_where_the_application_refuses_names_nobody(safe: Safe) -> None:
    """It asked for something else; nothing was shown."""
    path = "/refused/x"
    with safe.client(safe.person("refused")) as client:
        assert client.get(path).status == 401

    assert safe.sidecar.names(path, 1) == ["credentials_refused"]


@pytest.mark.matrix(scheme="client_certificate", case="rotation")
def test_renewed_certificate_is_the_same_person(safe: Safe) -> None:
    """Another key, another serial number, the same name."""
    path = "/open/renewed"
    for stem in ("old", "new"):
        with safe.client(safe.person(stem)) as client:
            assert client.get(path).status == 200

    assert safe.sidecar.names(path, 2) == [JANSEN, JANSEN]


@pytest.mark.matrix(scheme="client_certificate", case="expiry")
def test_expired_certificate_gets_through_and_names_nobody(safe: Safe) -> None:
    """The wire refuses nobody who got through without it."""
    path = "/open/expired"
    with safe.client(safe.person("late", expired=True)) as client:
        assert client.get(path).status == 200

    assert safe.sidecar.names(path, 1) == ["expired_certificate"]


@pytest.mark.matrix(
    scheme="client_certificate", case="sidecar restart with open session"
)
def test_open_connection_keeps_its_person_over_a_restart(safe: Safe) -> None:
    """The wire says again who it was; the browser is not asked again."""
    path = "/open/restart"
    with safe.client(safe.person("restart")) as client:
        assert client.get(path).status == 200
        assert safe.sidecar.names(path, 1) == [JANSEN]

        safe.sidecar.restart_recorder()

        assert client.get(path).status == 200

    assert safe.sidecar.names(path, 2) == [JANSEN, JANSEN]


@pytest.mark.matrix(scheme="client_certificate", case="forged identity")
def test_certificate_of_ones_own_making_names_nobody_and_is_told(
    safe: Safe, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An authority of the same name is made in a minute."""
    path = "/open/forged"
    other = Authority(tmp_path_factory.mktemp("other"), "people")
    forged = other.person("forged", upn="director@kantoor.test")
    with safe.client(forged) as client:
        assert client.get(path).status == 200

    (name,) = safe.sidecar.names(path, 1)

    assert name == "no_session"
    told = [c for c in safe.sidecar.changes() if c.kind is SessionKind.FORGED]
    assert [c.reason for c in told] == ["untrusted_certificate"]


@pytest.mark.matrix(scheme="client_certificate", case="two users one connection")
def test_certificate_of_one_with_credentials_of_another_is_nobodys(
    safe: Safe,
) -> None:
    """A connection has one certificate; what else it carries may contradict it."""
    path = "/basic/mixed"
    with safe.client(safe.person("mixed")) as client:
        sent = ("Authorization", basic("pieters", "hush"))
        assert client.get(path, sent).status == 200

    assert safe.sidecar.names(path, 1) == ["ambiguous"]
    assert safe.server.users(path) == ["pieters"]
