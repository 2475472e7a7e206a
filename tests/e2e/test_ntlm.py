"""NTLM through a real sidecar: the names are those the server itself has.

The server authenticates connections with pyspnego, as IIS does; the clients are
curl, requests-ntlm, httpx-ntlm and a browser of our own that can misbehave.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from proxy.events import SessionKind, Strength
from tests.support.debian import need
from tests.support.ntlm_messages import header, type3
from tests.support.ntlm_server import Browser, NtlmServer, ntlm_server
from tests.support.sidecars import Front
from tests.support.watched import Watched, watched

RULES = """
application: intranet
session: {cookie: SID}
identity:
  - ntlm
records:
  client: {request: "GET /client/{id}", action: view,
           subject: {type: client, id: path.id}}
"""
WORDS = {"jansen": "CANARY-word-of-jansen", "pieters": "CANARY-word-of-pieters"}
JANSEN, PIETERS = "OFFICE\\jansen", "OFFICE\\pieters"

REQUESTS = """
import requests, requests_ntlm, sys
with requests.Session() as session:
    session.auth = requests_ntlm.HttpNtlmAuth(sys.argv[2], sys.argv[3])
    for _ in range(2):
        session.get(sys.argv[1]).raise_for_status()
"""
HTTPX = """
import httpx, httpx_ntlm, sys
auth = httpx_ntlm.HttpNtlmAuth(sys.argv[2], sys.argv[3])
with httpx.Client(auth=auth) as client:
    for _ in range(2):
        client.get(sys.argv[1]).raise_for_status()
"""


@dataclass(frozen=True, slots=True)
class Intranet:
    """The server, and the sidecar in front of it."""

    server: NtlmServer
    sidecar: Watched
    stack: ExitStack

    def browser(self) -> Browser:
        """A new connection, through the sidecar."""
        browser = Browser(self.sidecar.port())
        self.stack.callback(browser.close)
        return browser

    def url(self, path: str) -> str:
        """Address of a page, through the sidecar."""
        return f"http://127.0.0.1:{self.sidecar.port()}{path}"

    def truth(self, path: str) -> list[str]:
        """Whom the server took each request of a path to be of; ``-``: nobody."""
        return [user for asked, user in self.server.users if asked == path]


@pytest.fixture(scope="module")
def intranet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intranet]:
    """One for all tests; each has paths of its own."""
    directory = tmp_path_factory.mktemp("intranet")
    rules = directory / "rules.yaml"
    rules.write_text(RULES)
    with ntlm_server(directory / "server", WORDS) as server:
        front = Front(
            name="intranet", rules=rules, upstream=f"http://127.0.0.1:{server.port}"
        )
        with watched(directory / "sidecar", [front]) as sidecar, ExitStack() as stack:
            yield Intranet(server, sidecar, stack)


def agree(names: list[str], truth: list[str]) -> bool:
    """Names where the server has them, and a reason everywhere else."""
    return len(names) == len(truth) and all(
        name == user if user != "-" else "\\" not in name
        for name, user in zip(names, truth, strict=True)
    )


@pytest.mark.matrix(scheme="ntlm", case="right login")
@pytest.mark.parametrize("protocol", ["NTLM", "Negotiate"])
def test_a_connection_is_of_whoever_authenticated_it(
    intranet: Intranet, protocol: str
) -> None:
    """Raw and inside SPNEGO; the later requests carry no header at all."""
    area = "negotiate" if protocol == "Negotiate" else "right"
    path = f"/{area}/page"
    browser = intranet.browser()
    assert browser.get(path) == 401
    assert browser.login(path, JANSEN, WORDS["jansen"], protocol)[0] == 200
    assert [browser.get(path) for _ in range(3)] == [200] * 3

    actors = intranet.sidecar.actors(path, 6)

    assert [actor.name for actor in actors] == ["", "", *[JANSEN] * 4]
    assert {actor.strength for actor in actors[2:]} == {Strength.CONFIRMED}
    assert {actor.scheme for actor in actors[2:]} == {"ntlm"}
    assert len({actor.binding for actor in actors[2:]}) == 1
    assert agree([actor.name for actor in actors], intranet.truth(path))


@pytest.mark.debian
@pytest.mark.matrix(scheme="ntlm", case="right login")
def test_curl_is_named_as_the_server_has_it(intranet: Intranet) -> None:
    """Two pages on one connection."""
    need("curl")
    url = intranet.url("/curl/page")
    command = ["curl", "-sf", "--ntlm", "-u", f"{JANSEN}:{WORDS['jansen']}", url, url]
    subprocess.run(command, check=True, capture_output=True)

    assert intranet.sidecar.names("/curl/page", 3) == ["handshake", JANSEN, JANSEN]
    assert intranet.truth("/curl/page") == ["-", JANSEN, JANSEN]


@pytest.mark.matrix(scheme="ntlm", case="right login")
@pytest.mark.parametrize("script", [REQUESTS, HTTPX], ids=["requests", "httpx"])
def test_python_clients_are_named_as_the_server_has_them(
    intranet: Intranet, script: str
) -> None:
    """Whatever they do with their connections."""
    path = "/requests/page" if script is REQUESTS else "/httpx/page"
    words = [intranet.url(path), PIETERS, WORDS["pieters"]]
    subprocess.run([sys.executable, "-c", script, *words], check=True)
    truth = intranet.truth(path)

    names = intranet.sidecar.names(path, len(truth))

    assert truth.count(PIETERS) == 2
    assert agree(names, truth), (names, truth)


@pytest.mark.matrix(scheme="ntlm", case="wrong password")
def test_a_refused_proof_names_nobody(intranet: Intranet) -> None:
    """Neither the exchange nor what follows; and an earlier user is over."""
    path = "/wrong/page"
    browser = intranet.browser()
    assert browser.login(path, JANSEN, WORDS["jansen"])[0] == 200
    assert browser.login(path, PIETERS, "CANARY-guess")[0] == 401
    assert browser.get(path) == 401

    names = intranet.sidecar.names(path, 5)

    assert names[:2] == ["handshake", JANSEN]
    assert names[2:4] == ["handshake", "credentials_refused"]
    assert names[4] != JANSEN
    assert agree(names, intranet.truth(path))
    failed = [
        c for c in intranet.sidecar.changes() if c.kind is SessionKind.LOGIN_FAILED
    ]
    assert failed
    assert not any(change.actor.name or change.actor.on_wire for change in failed)


@pytest.mark.matrix(scheme="ntlm", case="rotation")
def test_a_new_handshake_of_the_same_user_goes_on_under_a_new_binding(
    intranet: Intranet,
) -> None:
    """The handshake itself is nobody's: whose it will be is not known yet."""
    path = "/again/page"
    browser = intranet.browser()
    for _ in range(2):
        assert browser.login(path, JANSEN, WORDS["jansen"])[0] == 200
        assert browser.get(path) == 200

    actors = intranet.sidecar.actors(path, 6)

    names = [actor.name or actor.reason for actor in actors]
    assert names == ["handshake", JANSEN, JANSEN] * 2
    assert actors[1].binding == actors[2].binding
    assert actors[4].binding == actors[5].binding
    assert actors[1].binding != actors[4].binding


@pytest.mark.matrix(scheme="ntlm", case="logout")
def test_an_identity_ends_with_its_connection(intranet: Intranet) -> None:
    """There is no other logout, and the next connection begins as nobody's."""
    path = "/closed/page"
    browser = intranet.browser()
    assert browser.login(path, JANSEN, WORDS["jansen"])[0] == 200
    browser.close()
    assert intranet.browser().get(path) == 401

    names = intranet.sidecar.names(path, 3)

    assert names[:2] == ["handshake", JANSEN]
    assert "\\" not in names[2]


@pytest.mark.matrix(scheme="ntlm", case="sidecar restart with open session")
def test_an_open_connection_keeps_its_user_over_a_restart_of_the_recorder(
    intranet: Intranet,
) -> None:
    """The handshake is on disk; the connection never sends it again."""
    path = "/restart/page"
    browser = intranet.browser()
    assert browser.login(path, JANSEN, WORDS["jansen"])[0] == 200
    assert intranet.sidecar.names(path, 2) == ["handshake", JANSEN]

    intranet.sidecar.restart_recorder()

    assert browser.get(path) == 200
    assert intranet.sidecar.names(path, 3) == ["handshake", JANSEN, JANSEN]


@pytest.mark.matrix(scheme="ntlm", case="forged identity")
def test_a_name_written_to_a_page_that_does_not_look_names_nobody(
    intranet: Intranet,
) -> None:
    """Neither out of nowhere nor after a challenge of another page."""
    open_page, page = "/public/forged", "/forged/page"
    forged = header("NTLM", type3("director")).decode()
    browser = intranet.browser()
    assert browser.get(open_page, forged) == 200
    assert browser.get(open_page) == 200
    type1 = (
        "NTLM "
        + base64.b64encode(b"NTLMSSP\0\1\0\0\0\7\x82\x08\0" + bytes(16)).decode()
    )
    assert browser.get(page, type1) == 401
    assert browser.get(open_page, forged) == 200
    assert browser.get(open_page) == 200

    names = intranet.sidecar.names(open_page, 4)

    assert [names[0], names[2]] == ["no_challenge"] * 2
    assert not any("\\" in name for name in names)


@pytest.mark.matrix(scheme="ntlm", case="two users one connection")
def test_two_users_of_one_connection_are_ambiguous_not_the_last_one(
    intranet: Intranet,
) -> None:
    """A load balancer that pools: what carries no header may be of either."""
    path = "/pooled/page"
    browser = intranet.browser()
    assert browser.login(path, JANSEN, WORDS["jansen"])[0] == 200
    assert browser.get(path) == 200
    assert browser.login(path, PIETERS, WORDS["pieters"])[0] == 200
    assert browser.get(path) == 200
    assert browser.login(path, PIETERS, WORDS["pieters"])[0] == 200
    assert browser.get(path) == 200

    names = intranet.sidecar.names(path, 9)

    assert names[:3] == ["handshake", JANSEN, JANSEN]
    assert names[3:6] == ["handshake", PIETERS, "ambiguous"]
    assert names[6:] == ["handshake", PIETERS, "ambiguous"]


@pytest.mark.matrix(scheme="ntlm", case="right login")
def test_a_cookie_issued_to_a_connection_is_its_users_elsewhere(
    intranet: Intranet,
) -> None:
    """Browsers use six connections, and pages that ask for no handshake."""
    browser = intranet.browser()
    assert browser.login("/cookie/page", JANSEN, WORDS["jansen"])[0] == 200
    other = intranet.browser()
    other.cookie = browser.cookie
    assert other.get("/public/cookie") == 200

    (actor,) = intranet.sidecar.actors("/public/cookie", 1)

    assert (actor.name, actor.scheme) == (JANSEN, "ntlm")


def test_no_password_and_no_proof_is_on_disk(intranet: Intranet) -> None:
    """A type 3 is as good as a password to whoever has time to guess."""
    path = "/cookie/canary"
    browser = intranet.browser()
    status, proof = browser.login(path, JANSEN, WORDS["jansen"])
    assert status == 200
    assert intranet.sidecar.names(path, 2) == ["handshake", JANSEN]

    written = intranet.sidecar.written()

    assert b"OFFICE\\jansen" in written
    assert b"CANARY" not in written
    assert b"NTLMSSP" not in written
    assert proof.removeprefix("NTLM ").encode()[:64] not in written
    assert browser.cookie.startswith("SID=session-of-")
    assert b"session-of-" not in written
