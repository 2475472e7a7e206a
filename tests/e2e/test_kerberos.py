"""Kerberos through a real sidecar: a KDC, Apache with mod_auth_gssapi, curl.

Three sidecar fronts stand before one Apache: with a copy of its keytab, with the
copy and an identity that is kept for the connection, and without any.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from proxy.events import SessionKind, Strength
from tests.support import kdc, kerberized
from tests.support.debian import need
from tests.support.extras import need_extra
from tests.support.kdc import Realm
from tests.support.kerberized import HOST, Kerberized
from tests.support.ntlm_messages import KERBEROS, header, initial
from tests.support.ntlm_messages import kerberos as invented_ticket
from tests.support.sidecars import Front
from tests.support.watched import Watched, watched

pytestmark = pytest.mark.debian

RULES = """
application: {name}
session: {{cookie: SID}}
identity:
  - kerberos: {{{keys}}}
records:
  client: {{request: "GET /client/{{id}}", action: view,
           subject: {{type: client, id: path.id}}}}
"""
FRONTS = {
    "opened": "keytab: sidecar.keytab",
    "kept": "keytab: sidecar.keytab, persistent: true",
    "closed": "",
    "stale": "keytab: stale.keytab",
}
JANSEN, PIETERS = "jansen@OFFICE.EXAMPLE", "pieters@OFFICE.EXAMPLE"
SERVICE = f"HTTP/{HOST}"


@dataclass(frozen=True, slots=True)
class Office:
    """The realm, the application in it, and the sidecar in front of that."""

    realm: Realm
    application: Kerberized
    sidecar: Watched
    rules: Path
    users: dict[str, dict[str, str]]
    stack: ExitStack

    def curl(self, user: str, front: str, path: str, times: int = 1) -> list[str]:
        """Status of each request; all on one connection."""
        port = self.sidecar.port(front)
        url = f"http://{HOST}:{port}{path}"
        command = ["curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}\n"]
        command += ["--negotiate", "-u", ":", "--resolve", f"{HOST}:{port}:127.0.0.1"]
        done = subprocess.run(
            [*command, url, *["-o", "/dev/null", url] * (times - 1)],
            env=self.users[user],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    def tokens(self, user: str, count: int = 1) -> list[str]:
        """Authorization headers of a user, each with a ticket of its own."""
        found = self.realm.tokens(self.users[user], HOST, count)
        return [header("Negotiate", token).decode() for token in found]

    def connection(self, front: str) -> Connection:
        """A connection through the sidecar."""
        connection = HTTPConnection("127.0.0.1", self.sidecar.port(front), timeout=20)
        self.stack.callback(connection.close)
        return Connection(connection)

    def truth(self, path: str) -> list[str]:
        """Whom Apache took each request of a path to be of; ``-``: nobody."""
        return [user for asked, user in self.application.users if asked == path]


@dataclass(frozen=True, slots=True)
class Connection:
    """One TCP connection of somebody."""

    http: HTTPConnection

    def get(self, path: str, authorization: str = "", cookie: str = "") -> int:
        """Status of one request."""
        headers = {"Authorization": authorization, "Cookie": cookie}
        sent = {name: value for name, value in headers.items() if value}
        self.http.request("GET", path, headers={"Host": HOST, **sent})
        answer = self.http.getresponse()
        answer.read()
        return answer.status


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """One for all tests; each has paths of its own."""
    need(*kdc.PACKAGES, *kerberized.PACKAGES)
    need_extra("kerberos", "gssapi", "libkrb5-dev", "gcc")
    with ExitStack() as stack:
        # Apache runs as an account that cannot reach pytest's directories.
        directory = Path(tempfile.mkdtemp(prefix="kerberos-"))
        stack.callback(shutil.rmtree, directory)
        directory.chmod(0o755)
        realm = stack.enter_context(kdc.realm(directory / "realm"))
        for user in ("jansen", "pieters"):
            realm.add(user, f"CANARY-word-of-{user}")
        rules = directory / "rules"
        rules.mkdir()
        realm.add(SERVICE)
        shutil.copy(realm.keytab("stale", SERVICE), rules / "stale.keytab")
        realm.new_key(SERVICE)
        keytab = realm.keytab("http", SERVICE)
        shutil.copy(keytab, rules / "sidecar.keytab")
        for name, keys in FRONTS.items():
            text = RULES.format(name=name, keys=keys)
            (rules / f"{name}.yaml").write_text(text)
        application = stack.enter_context(
            kerberized.kerberized(directory / "apache", realm, keytab)
        )
        upstream = f"http://127.0.0.1:{application.port}"
        fronts = [
            Front(
                name=name,
                rules=rules / f"{name}.yaml",
                upstream=upstream,
                more="max_connections: 64",
            )
            for name in FRONTS
        ]
        sidecar = stack.enter_context(watched(directory / "sidecar", fronts))
        users = {
            user: realm.ticket(user, f"CANARY-word-of-{user}")
            for user in ("jansen", "pieters")
        }
        yield Office(realm, application, sidecar, rules, users, stack)


def page(area: str, name: str) -> str:
    """A page in an area of the application. One that is not there (404) will do for
    most tests: that is said to those who may enter only."""
    return f"/{area}/{name}.html"


@pytest.mark.matrix(scheme="kerberos", case="right login")
def test_a_ticket_the_keytab_opens_names_its_user_as_verified(office: Office) -> None:
    """As Apache has it, each request by its own ticket."""
    path = "/protected/client.html"
    assert office.curl("jansen", "opened", path, 2) == ["200", "200"]
    assert office.curl("pieters", "opened", path) == ["200"]

    actors = office.sidecar.actors(path, 3)

    assert [actor.name for actor in actors] == [JANSEN, JANSEN, PIETERS]
    assert {actor.strength for actor in actors} == {Strength.VERIFIED}
    assert [actor.name for actor in actors] == office.truth(path)


@pytest.mark.matrix(scheme="kerberos", case="right login")
def test_without_a_keytab_the_realm_and_the_reason_are_told(office: Office) -> None:
    """Apache knows who it was; the sidecar must not guess."""
    path = page("protected", "closed")
    office.curl("jansen", "closed", path)

    (actor,) = office.sidecar.actors(path, 1)

    assert (actor.name, actor.reason) == ("", "no_keytab")
    assert actor.on_wire == "@OFFICE.EXAMPLE"
    assert actor.strength is Strength.NONE
    assert office.truth(path) == [JANSEN]


@pytest.mark.matrix(scheme="kerberos", case="wrong password")
def test_a_ticket_the_application_refuses_names_nobody(office: Office) -> None:
    """A replay: it opens, and Apache's replay cache knows it."""
    path = page("protected", "replayed")
    (token,) = office.tokens("jansen")
    assert office.connection("opened").get(path, token) == 404
    assert office.connection("opened").get(path, token) == 401

    names = office.sidecar.names(path, 2)

    assert names == [JANSEN, "credentials_refused"]
    # Apache's log is not always in the order of its answers.
    assert Counter(office.truth(path)) == {JANSEN: 1, "-": 1}
    failed = [c for c in office.sidecar.changes() if c.kind is SessionKind.LOGIN_FAILED]
    assert failed
    assert not any(change.actor.name for change in failed)


@pytest.mark.matrix(scheme="kerberos", case="rotation")
def test_a_keytab_older_than_the_key_opens_nothing_until_it_is_replaced(
    office: Office,
) -> None:
    """The service's key rotates; a new copy counts from the next ticket on."""
    path = page("protected", "rotated")
    stale = office.rules / "stale.keytab"
    office.curl("jansen", "stale", path)
    assert office.sidecar.names(path, 1) == ["wrong_key"]

    shutil.copy(office.rules / "sidecar.keytab", stale)
    office.curl("jansen", "stale", path)

    assert office.sidecar.names(path, 2) == ["wrong_key", JANSEN]


@pytest.mark.matrix(scheme="kerberos", case="logout")
def test_a_request_without_a_ticket_is_nobodys(office: Office) -> None:
    """There is no session to log out of: not even on the same connection."""
    path = page("protected", "without")
    connection = office.connection("opened")
    assert connection.get(path, *office.tokens("jansen")) == 404
    assert connection.get(path) == 401

    names = office.sidecar.names(path, 2)

    assert names[0] == JANSEN
    assert "@" not in names[1]


@pytest.mark.matrix(scheme="kerberos", case="sidecar restart with open session")
def test_a_kept_identity_outlives_a_restart_of_the_recorder(office: Office) -> None:
    """Apache keeps it for the connection, and asks for no second ticket."""
    path = "/kept/client.html"
    connection = office.connection("kept")
    assert connection.get(path, *office.tokens("jansen")) == 200
    assert connection.get(path) == 200
    assert office.sidecar.names(path, 2) == [JANSEN, JANSEN]

    office.sidecar.restart_recorder()

    assert connection.get(path) == 200
    actors = office.sidecar.actors(path, 3)
    assert [actor.name for actor in actors] == [JANSEN] * 3
    assert len({actor.binding for actor in actors}) == 1
    assert office.truth(path) == [JANSEN] * 3


@pytest.mark.matrix(scheme="kerberos", case="forged identity")
def test_an_invented_ticket_names_nobody_where_nobody_looks(office: Office) -> None:
    """A page open to all answers 200 to whatever is sent along."""
    path = page("public", "forged")
    invented = header("Negotiate", initial(invented_ticket(), KERBEROS)).decode()
    for front in ("opened", "kept", "closed"):
        connection = office.connection(front)
        assert connection.get(path, invented) == 404
        assert connection.get(path) == 404

    actors = office.sidecar.actors(path, 6)

    assert {actor.name for actor in actors} == {""}
    assert actors[0].reason == "refused_token"


@pytest.mark.matrix(scheme="kerberos", case="two users one connection")
def test_two_users_of_one_connection_have_their_own_tickets_names(
    office: Office,
) -> None:
    """And a kept identity is nobody's from the second one on."""
    path = page("protected", "pooled")
    connection = office.connection("opened")
    assert connection.get(path, *office.tokens("jansen")) == 200
    assert connection.get(path, *office.tokens("pieters")) == 200
    kept = page("kept", "pooled")
    connection = office.connection("kept")
    for user in ("jansen", "pieters"):
        assert connection.get(kept, *office.tokens(user)) == 200
        assert connection.get(kept) == 200

    assert office.sidecar.names(path, 2) == [JANSEN, PIETERS]
    assert office.sidecar.names(kept, 4) == [JANSEN, JANSEN, PIETERS, "ambiguous"]


@pytest.mark.matrix(scheme="kerberos", case="right login")
def test_a_cookie_issued_to_a_ticket_is_its_users_elsewhere(office: Office) -> None:
    """The ticket comes once, the cookie ever after."""
    assert (
        office.connection("opened").get(
            "/cookie/client.html", *office.tokens("pieters")
        )
        == 200
    )
    cookie = f"SID=session-of-{PIETERS}"
    path = page("public", "cookie")
    assert office.connection("opened").get(path, cookie=cookie) == 404

    (actor,) = office.sidecar.actors(path, 1)

    assert (actor.name, actor.strength) == (PIETERS, Strength.VERIFIED)


def test_no_ticket_and_no_key_is_on_disk(office: Office) -> None:
    """A ticket is as good as a password for five minutes."""
    path = page("protected", "canary")
    (token,) = office.tokens("jansen")
    office.connection("opened").get(path, token)
    assert office.sidecar.names(path, 1) == [JANSEN]

    written = office.sidecar.written()

    assert JANSEN.encode() in written
    assert b"CANARY" not in written
    assert token.removeprefix("Negotiate ").encode()[:64] not in written
    assert (office.rules / "sidecar.keytab").read_bytes()[-16:] not in written
