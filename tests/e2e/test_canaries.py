"""No secret rests: canaries in every place a login can have one, then everything
that is left behind is searched, byte by byte."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from typing_extensions import override

from proxy.store.tables import TABLES
from tests.support.ntlm_messages import type1, type2, type3
from tests.support.saml_idp import IDP, IdentityProvider, Statement, response
from tests.support.sidecars import Front, Running, sidecar, whosaw
from tests.support.tokens import Issuer, key_set

CANARIES = {
    name: f"canary-{name}-{number:04x}q7"
    for number, name in enumerate(
        [
            "password",
            "wrong",
            "basic",
            "cookie",
            "rotated",
            "token",
            "reset",
            "path",
            "query",
            "hidden",
            "digest",
            "cnonce",
            "ntproof",
            "lmproof",
            "saml",
            "bearer",
            "opaque",
        ],
        start=0xA001,
    )
}
"""What must be nowhere, by where it was."""
C = CANARIES
NTLM_PROOF = C["ntproof"].encode().ljust(24, b"!")
LM_PROOF = C["lmproof"].encode().ljust(24, b"!")
RECORDS = """
records:
  client:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
"""
RULES = {
    "forms": """
session: {cookie: SID}
login:
  - form: {request: "POST /login", user: form.username}
    confirmed_when: {status: 302, set_cookie: {SID: changed}}
logout: [{request: "GET /logout"}]
""",
    "addresses": """
session: {path_parameter: jsessionid}
login:
  - form: {request: "POST /login", user: form.username}
    confirmed_when: {status: 302, location: "/home*"}
""",
    "tokens": """
session: {header: {name: X-Session, issued: json.token}}
login:
  - form: {request: "POST /json", user: json.username}
    confirmed_when: {status: 200, body: {contains: token}}
""",
    "claims": """
identity:
  - ntlm
  - basic: {realm: Office, protected: ["/**"]}
  - digest: {realm: Office, protected: ["/**"]}
  - header: {name: X-Remote-User, peers: [10.9.9.9]}
""",
    "bearer": """
identity:
  - bearer: {jwks: keys.json, algorithms: [ES256], name: sub}
""",
    "saml": f"""
session: {{cookie: SID}}
login:
  - saml:
      request: "POST /saml/acs"
      certificate: idp.pem
      audience: https://app.example/metadata
      issuer: {IDP}
      recipient: https://app.example/saml/acs
      name: attribute.uid
    confirmed_when: {{status: 302, set_cookie: {{SID: changed}}}}
""",
}


class _Handler(BaseHTTPRequestHandler):
    """Lets everybody in, and hands out canaries."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A page with a secret in it; a challenge to the first NTLM message."""
        said = self.headers.get("Authorization", "")
        if said == "NTLM " + base64.b64encode(type1()).decode():
            challenge = "NTLM " + base64.b64encode(type2()).decode()
            self._answer(401, "", WWW_Authenticate=challenge)
        elif self.path.startswith("/logout"):
            self._answer(302, "", Location=f"/?reset={C['reset']}")
        elif self.path.startswith("/rotate"):
            self._answer(200, "<p>ok</p>", Set_Cookie=f"SID={C['rotated']}; Path=/")
        else:
            hidden = f"<input type='hidden' name='csrf' value='{C['hidden']}'>"
            self._answer(200, f"<h1>Client</h1><form>{hidden}</form>")

    def do_POST(self) -> None:
        """Every login is taken, except the one with the wrong password."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if C["wrong"].encode() in body:
            self._answer(200, "<form action='/login'>again</form>")
        elif self.path == "/json":
            self._answer(200, json.dumps({"token": C["token"], "ok": True}))
        else:
            key = f"/home;jsessionid={C['path']}?s={C['query']}"
            cookie = f"SID={C['cookie']}; Path=/"
            self._answer(302, "", Location=key, Set_Cookie=cookie)

    def _answer(self, status: int, text: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        kind = "application/json" if text.startswith("{") else "text/html"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def application() -> Iterator[str]:
    """Its address, until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class Browsers:
    """One connection to each application; counts what it asked."""

    def __init__(self, running: Running) -> None:
        self.asked = 0
        self._running = running
        self._to: dict[str, http.client.HTTPConnection] = {}

    def close(self) -> None:
        """Every connection."""
        for each in self._to.values():
            each.close()

    def ask(
        self, name: str, target: str, body: str | None = None, **headers: str
    ) -> None:
        """GET, or POST with a body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if name not in self._to:
            port = self._running.port(name)
            self._to[name] = http.client.HTTPConnection("127.0.0.1", port)
        to = self._to[name]
        to.request("POST" if body is not None else "GET", target, body, named)
        to.getresponse().read()
        self.asked += 1


FORM = "application/x-www-form-urlencoded"


def _use(browsers: Browsers, issuer: Issuer, assertion: str) -> list[str]:
    """Every scheme, right and wrong; texts made on the way that are secret as well."""
    wrong = f"username=joan&password={C['wrong']}"
    right = f"username=joan&password={C['password']}"
    browsers.ask("forms", "/login", wrong, Content_Type=FORM)
    browsers.ask("forms", "/login", right, Content_Type=FORM)
    cookie = f"SID={C['cookie']}"
    browsers.ask(
        "forms", "/client/1", Cookie=cookie, Referer=f"/x;jsessionid={C['path']}"
    )
    browsers.ask("forms", "/rotate", Cookie=cookie)
    rotated = f"SID={C['rotated']}"
    browsers.ask("forms", f"/client/2?reset={C['reset']}", Cookie=rotated)
    browsers.ask("forms", f"/nowhere/{C['token']}?t={C['query']}", Cookie=rotated)
    browsers.ask("forms", "/logout", Cookie=rotated)
    browsers.ask("addresses", "/login", right, Content_Type=FORM)
    browsers.ask("addresses", f"/client/3;jsessionid={C['path']}?s={C['query']}")
    asked = json.dumps({"username": "joan", "password": C["password"]})
    browsers.ask("tokens", "/json", asked, Content_Type="application/json")
    browsers.ask("tokens", "/client/4", X_Session=C["token"])
    pair = base64.b64encode(f"joan:{C['basic']}".encode()).decode()
    browsers.ask("claims", "/client/5", Authorization=f"Basic {pair}")
    digest = (
        f'Digest username="joan", realm="Office", nonce="n", uri="/client/6", '
        f'response="{C["digest"]}", cnonce="{C["cnonce"]}", nc=1, qop=auth'
    )
    browsers.ask("claims", "/client/6", Authorization=digest)
    browsers.ask("claims", "/client/6", X_Remote_User="mallory")
    browsers.ask("claims", "/client/7", Authorization="NTLM " + _base64(type1()))
    proof = _base64(type3("joan", nt=NTLM_PROOF, lm=LM_PROOF))
    browsers.ask("claims", "/client/7", Authorization=f"NTLM {proof}")
    token = issuer.token(exp=4_000_000_000, sub="joan", jti=C["bearer"])
    browsers.ask("bearer", "/client/8", Authorization=f"Bearer {token}")
    browsers.ask("bearer", "/client/8", Authorization=f"Bearer {C['opaque']}")
    browsers.ask(
        "saml",
        "/saml/acs",
        f"SAMLResponse={quote(assertion, safe='')}",
        Content_Type=FORM,
    )
    browsers.ask("saml", "/client/9", Cookie=cookie)
    return [pair, proof[-40:], token[-40:], token[60:100], assertion[-60:]]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _spellings(secret: str) -> Iterator[bytes]:
    """As somebody may have written it down."""
    plain = secret.encode()
    yield plain
    yield secret.encode("utf-16-le")
    yield plain.hex().encode()
    for shift in range(3):
        # Inside of a longer text in base64, wherever it begins.
        yield base64.b64encode(bytes(shift) + plain)[4 : -4 or None]


@pytest.mark.timeout(180)
def test_no_secret_of_any_scheme_is_left_anywhere(tmp_path: Path) -> None:
    """Journal, seals, status, logs, the store's files and every table of it, and what
    commands print: none holds a password, cookie, token, proof or session key."""
    issuer, idp = Issuer(), IdentityProvider()
    (tmp_path / "keys.json").write_bytes(key_set(issuer))
    (tmp_path / "idp.pem").write_bytes(idp.certificate)
    with application() as upstream:
        fronts = []
        for name, text in RULES.items():
            rules = tmp_path / f"{name}.yaml"
            rules.write_text(f"application: {name}\n{text}{RECORDS}")
            fronts.append(
                Front(
                    name=name,
                    rules=rules,
                    upstream=upstream,
                    more="max_connections: 64",
                )
            )
        with sidecar(tmp_path / "run", fronts) as running:
            with closing(Browsers(running)) as browsers:
                assertion = response(Statement(request=C["saml"]), idp)
                made = _use(browsers, issuer, assertion)
            running.until_exchanges(browsers.asked)
            told = _told(running)
        told["sidecar.log"] = running.log.read_bytes()

    named = json.loads(told["seen-by"])["views"]
    applications = {view["application"] for view in named}
    assert applications >= {"forms", "addresses", "tokens", "claims", "bearer"}
    for path in sorted((tmp_path / "run").rglob("*")):
        if path.is_file():
            told[str(path.relative_to(tmp_path))] = path.read_bytes()
    assert b"joan" in told["sessions"]
    assert any(".journal" in place and b"joan" in data for place, data in told.items())
    found = [
        (secret[:24], place)
        for secret in [*CANARIES.values(), *made]
        for spelling in _spellings(secret)
        for place, data in told.items()
        if spelling in data
    ]
    assert found == []


def _told(running: Running) -> dict[str, bytes]:
    """What tables hold and commands say."""
    told = {
        table.name: repr(running.asked(f"SELECT * FROM {table.name}")).encode()
        for table in TABLES
    }
    config = ("--config", running.config.file)
    why = (*config, "--reason", "case 7")
    views = running.asked("SELECT node, epoch, seq FROM views")
    told["seen-by"] = whosaw("seen-by", "joan", "--json", *why).stdout.encode()
    told["who-saw"] = whosaw("who-saw", "1", "--json", *why).stdout.encode()
    told["status"] = whosaw("status", "--json", *config).stdout.encode()
    node, epoch, seq = views[0]
    told["why"] = whosaw("why", f"{node}:{epoch}:{seq}", *why).stdout.encode()
    assert all(told[word] for word in ("seen-by", "who-saw", "status", "why"))
    return told
