"""The demonstration application in each of its dialects, against its own truth.

One sidecar stands in front of all of them; everything goes over real sockets.
"""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from deploy.demo.application.forms import Form
from deploy.demo.application.staff import ADVISORS, Advisor
from deploy.demo.application.truth import read_truth
from deploy.demo.scoring import ViewRow, score
from proxy.keys import load as load_keys
from proxy.pseudonym import pseudonym
from tests.support.sidecars import Front, Running, sidecar

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
FORMS: list[Form] = [form for form in Form if form is not Form.PAGES]
"""``tests/proxy/cli/test_demo.py`` runs the pages, with forty advisors at once."""
JOHN, MARY = ADVISORS[3], ADVISORS[40]
SHIELDED = "900013"


class Application:
    """A form as a process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        self.url: str = said["url"]
        self.truth = Path(said["truth"])
        self._control: str = said["control_url"]

    def exchanges(self) -> int:
        """Answered so far; the truth is complete up to here."""
        with urllib.request.urlopen(f"{self._control}/__truth") as answer:
            return int(json.load(answer)["exchanges"])


@contextmanager
def application(form: Form, truth: Path) -> Iterator[Application]:
    """It runs until the block ends."""
    command = [sys.executable, "-m", "deploy.demo.application", "--stop-with-parent"]
    with subprocess.Popen(
        [*command, "--form", form.value, "--truth", str(truth)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield Application(process)
        finally:
            process.terminate()


class Browser:
    """One connection, its cookies, and headers that go with every request."""

    def __init__(self, port: int, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {k.replace("_", "-"): v for k, v in headers.items()}

    def ask(
        self, method: str, path: str, body: str = "", kind: str = ""
    ) -> tuple[int, bytes]:
        """Status and content."""
        headers = dict(self._headers) | ({"Content-Type": kind} if kind else {})
        self._connection.request(method, path, body.encode() or None, headers)
        answer = self._connection.getresponse()
        cookie = answer.getheader("Set-Cookie")
        if cookie:
            self._headers["Cookie"] = cookie.partition(";")[0]
        return answer.status, answer.read()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def basic(who: Advisor) -> str:
    """Credentials that come with each request."""
    said = f"{who.account}:{who.password}".encode()
    return f"Basic {base64.b64encode(said).decode()}"


def use_api(port: int, who: Advisor) -> None:
    """A wrong password first; what is asked before a login shows nobody."""
    with closing(Browser(port, Accept_Encoding="gzip")) as browser:

        def login(password: str) -> int:
            body = json.dumps({"user": who.account, "password": password})
            return browser.ask("POST", "/api/login", body, "application/json")[0]

        assert browser.ask("GET", "/api/clients/900001")[0] == 401
        assert login("wrong") == 401
        assert login(who.password) == 200
        for path in ("clients/900001", "clients?name=jans", "caseload?page=2"):
            assert browser.ask("GET", f"/api/{path}")[0] == 200
        assert browser.ask("GET", f"/api/clients/{SHIELDED}")[0] == 404
        assert browser.ask("GET", "/api/export")[0] == 200
        assert browser.ask("POST", "/api/logout")[0] == 204
        assert browser.ask("GET", "/api/clients/900002")[0] == 401


def use_webforms(port: int, who: Advisor) -> None:
    """Whole pages and deltas; a row is selected by its place only."""
    form = "application/x-www-form-urlencoded"
    with closing(Browser(port)) as browser:

        def post(path: str, **fields: str) -> tuple[int, bytes]:
            named = {name.replace("ctl00_", "ctl00$"): v for name, v in fields.items()}
            return browser.ask("POST", path, urlencode(named), form)

        def login(password: str) -> int:
            path, name = "/login.aspx", who.account
            return post(path, ctl00_user=name, ctl00_password=password)[0]

        asked = {"__ASYNCPOST": "true", "ctl00_sm": "up|grid"}
        before = post("/Clients.aspx", __EVENTTARGET="mine", **asked)
        assert b"pageRedirect" in before[1]
        assert login("wrong") == 200
        assert login(who.password) == 302
        assert browser.ask("GET", "/Clients.aspx")[0] == 200
        post("/Clients.aspx", __EVENTTARGET="search", name="ja")
        post("/Clients.aspx", __EVENTTARGET="grid", __EVENTARGUMENT="Select$3", **asked)
        post("/Clients.aspx", __EVENTTARGET="mine", **asked)
        for row in ("0", "7"):
            said = f"Select${row}"
            post("/Clients.aspx", __EVENTTARGET="grid", __EVENTARGUMENT=said)


def use_jsonrpc(port: int, who: Advisor) -> None:
    """Single calls, a batch, and one that fails inside a 200."""

    def call(number: int, method: str, *params: object) -> dict[str, object]:
        named = {"jsonrpc": "2.0", "id": number, "method": method}
        return {**named, "params": list(params)}

    with closing(Browser(port, Authorization=basic(who))) as browser:
        for said in (
            call(1, "client.get", 900005),
            call(2, "client.get", SHIELDED),
            call(3, "client.caseload", 1),
            [
                call(4, "client.find", "de"),
                call(5, "client.get", 900006),
                call(6, "client.get", "nobody"),
            ],
        ):
            body = json.dumps(said)
            assert browser.ask("POST", "/rpc", body, "application/json")[0] == 200
    with closing(Browser(port)) as browser:
        body = json.dumps(call(1, "client.get", 900005))
        assert browser.ask("POST", "/rpc", body, "application/json")[0] == 401


def use_soap(port: int, who: Advisor) -> None:
    """Three operations at one address, and a Fault."""
    around = "http://schemas.xmlsoap.org/soap/envelope/"
    with closing(Browser(port, Authorization=basic(who))) as browser:
        for operation, argument, status in (
            ("GetClient", "900007", 200),
            ("GetClient", SHIELDED, 500),
            ("FindClients", "Bak", 200),
            ("GetCaseload", "3", 200),
        ):
            asked = f'<v:{operation} xmlns:v="urn:vesta"><v:a>{argument}</v:a>'
            body = (
                f'<s:Envelope xmlns:s="{around}"><s:Body>{asked}</v:{operation}>'
                "</s:Body></s:Envelope>"
            )
            assert browser.ask("POST", "/service", body, "text/xml")[0] == status


USE = {
    Form.API: use_api,
    Form.WEBFORMS: use_webforms,
    Form.JSONRPC: use_jsonrpc,
    Form.SOAP: use_soap,
}


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Running, dict[Form, Application]]]:
    """Every form behind one sidecar, used by two advisors."""
    directory = tmp_path_factory.mktemp("forms")
    with (
        application(Form.API, directory / "api") as api,
        application(Form.WEBFORMS, directory / "webforms") as webforms,
        application(Form.JSONRPC, directory / "jsonrpc") as jsonrpc,
        application(Form.SOAP, directory / "soap") as soap,
    ):
        served: dict[Form, Application] = dict(
            zip(FORMS, (api, webforms, jsonrpc, soap), strict=True)
        )
        fronts = [
            Front(
                name=f"vesta-{form.value}",
                rules=DEMO / "forms" / form.value / "rules.yaml",
                upstream=each.url,
                more="max_connections: 100",
            )
            for form, each in served.items()
        ]
        with sidecar(directory / "sidecar", fronts) as running:
            for form in FORMS:
                for who in (JOHN, MARY):
                    USE[form](running.port(f"vesta-{form.value}"), who)
            running.until_exchanges(sum(each.exchanges() for each in served.values()))
            yield running, served


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.value)
def test_what_a_form_showed_is_what_was_recorded(
    place: tuple[Running, dict[Form, Application]], form: Form
) -> None:
    """Every client, action, category and name; nothing more."""
    running, served = place
    name = f"vesta-{form.value}"
    key = load_keys(running.config.keys).subject_key
    seen = served[form].exchanges()

    rows = running.asked(
        "SELECT actor, subject, toString(action), categories FROM views "
        f"WHERE application = '{name}'"
    )
    (stored,) = running.asked(
        f"SELECT count() FROM exchanges WHERE application = '{name}'"
    )
    result = score(
        read_truth(served[form].truth),
        [ViewRow(str(r[0]), bytes(r[1]), str(r[2]), tuple(r[3])) for r in rows],  # type: ignore[call-overload, arg-type] # as the store gives them
        pseudonym=lambda client: pseudonym(key, "client", client),
        exchanges_seen=seen,
        exchanges_recorded=seen,
        exchanges_stored=int(str(stored[0])),
    )

    assert result.records_shown > 40
    assert result.clean, result.examples


def test_nothing_a_form_said_was_left_unread(
    place: tuple[Running, dict[Form, Application]],
) -> None:
    """No page failed, was partial or unmapped, and none is a gap."""
    running, _ = place

    assert (
        running.asked(
            "SELECT application, path, toString(extraction), extraction_reason "
            "FROM exchanges WHERE extraction NOT IN ('recorded', 'nothing_expected')"
        )
        == []
    )
    assert running.asked("SELECT kind, reason FROM gaps") == []
