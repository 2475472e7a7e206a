"""A service provider: python3-saml, which verifies by itself, behind waitress.

What it accepts is its own decision (libxmlsec), so that the tests compare two
implementations of one standard. Its session is a plain cookie.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from tests.support.saml_idp import AUDIENCE, IDP, IdentityProvider
from tests.support.waiting import until

SERVER = """\
import json, secrets, sys
from urllib.parse import parse_qsl
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from waitress import serve
settings, public, port = json.loads(sys.argv[1])
sessions = {}
def app(environ, start):
    cookies = dict(
        part.strip().partition("=")[::2]
        for part in environ.get("HTTP_COOKIE", "").split(";")
    )
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    user = sessions.get(cookies.get("SPSESSION", ""))
    if path == "/saml/acs" and method == "POST":
        size = int(environ.get("CONTENT_LENGTH") or 0)
        form = dict(parse_qsl(environ["wsgi.input"].read(size).decode()))
        asked = {"https": "off", "http_host": f"127.0.0.1:{public}",
                 "server_port": public, "script_name": path,
                 "get_data": {}, "post_data": form}
        try:
            auth = OneLogin_Saml2_Auth(asked, settings)
            auth.process_response()
            good = auth.is_authenticated() and not auth.get_errors()
        except Exception:
            good = False
        if not good:
            start("403 Forbidden", [("Content-Type", "text/plain")])
            return [b"no"]
        key = secrets.token_hex(16)
        sessions[key] = auth.get_nameid()
        start("303 See Other", [("Location", "/client/1"),
              ("Set-Cookie", f"SPSESSION={key}; Path=/; HttpOnly")])
        return [b""]
    if path == "/logout" and method == "POST":
        sessions.pop(cookies.get("SPSESSION", ""), None)
        start("303 See Other", [("Location", "/bye")])
        return [b""]
    if user is None:
        start("302 Found", [("Location", "https://idp.example/sso")])
        return [b""]
    start("200 OK", [("Content-Type", "text/html")])
    return [f"<p id=user>{user}</p><p>client</p>".encode()]
serve(app, host="127.0.0.1", port=port, threads=2)
"""
RULES = """\
application: portal
session: {cookie: SPSESSION}
login:
  - saml:
      request: "POST /saml/acs"
      certificate: idp.pem
      audience: AUDIENCE
      issuer: ISSUER
      recipient: ACS
    confirmed_when: {status: 303, set_cookie: {SPSESSION: changed}}
logout: [{request: "POST /logout"}]
login_page: {status: 302, location: "https://idp.example/*"}
records:
  client:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
"""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where it listens, and the address the identity provider sends users to."""

    port: int
    acs: str


@contextlib.contextmanager
def service_provider(directory: Path, public: int) -> Iterator[Provider]:
    """Running, found by browsers at ``public``; ``rules.yaml`` is written beside."""
    acs = f"http://127.0.0.1:{public}/saml/acs"
    certificate = IdentityProvider().certificate
    settings = {
        "strict": True,
        "sp": {
            "entityId": AUDIENCE,
            "assertionConsumerService": {
                "url": acs,
                "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
            },
        },
        "idp": {
            "entityId": IDP,
            "singleSignOnService": {
                "url": "https://idp.example/sso",
                "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
            },
            "x509cert": certificate.decode(),
        },
    }
    (directory / "idp.pem").write_bytes(certificate)
    rules = RULES.replace("AUDIENCE", AUDIENCE).replace("ISSUER", IDP)
    (directory / "rules.yaml").write_text(rules.replace("ACS", acs))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (directory / "provider.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", SERVER, json.dumps([settings, public, port])],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            until(lambda: _answers(child, port), "the provider listens", 60)
            yield Provider(port, acs)
        finally:
            child.terminate()
            child.wait(20)


def _answers(child: subprocess.Popen[bytes], port: int) -> bool:
    assert child.poll() is None, "the service provider ended"
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


@dataclass(slots=True)
class Browser:
    """One user's browser."""

    port: int
    session: str = field(default="", repr=False)
    connection: HTTPConnection | None = field(default=None, repr=False)

    def bring(self, response: str) -> int:
        """Post what the identity provider said; the status of the answer."""
        body = urlencode({"SAMLResponse": response, "RelayState": "/"})
        return self.send("POST", "/saml/acs", body)

    def send(self, method: str, path: str, body: str | None = None) -> int:
        """One exchange; its status."""
        headers = {"Cookie": f"SPSESSION={self.session}"} if self.session else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        given = answer.headers.get("Set-Cookie", "")
        if given.startswith("SPSESSION="):
            self.session = given.partition("=")[2].partition(";")[0]
        return answer.status

    def close(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None
