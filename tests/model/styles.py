"""How six kinds of application speak: their requests, their answers, their state.

Each style is an application of its own with the truth inside it: ``answer``
says whom it took a request for. What is on the wire is made of bytes here, so
that the product's own framing, rules and attribution read it.
"""

from __future__ import annotations

import base64
import json
import random
import struct
from dataclasses import dataclass, field

from typing_extensions import override

PAGE = b"<html><body><p>client</p></body></html>"
LOGIN_PAGE = (
    b'<html><body><form action="/login"><input type="password"></form></body></html>'
)


@dataclass(slots=True)
class Jar:
    """What a browser keeps of one application."""

    key: str = ""
    """Session value the browser sends; empty before it got one."""
    user: str = ""
    """Who sits there, and logs in."""


@dataclass(slots=True)
class Said:
    """One exchange: its bytes and the truth."""

    request: bytes
    response: bytes
    truth: str = ""
    """The account the application answered; empty: nobody."""
    knowable: bool = False
    """Whether everything before it on the wire tells that account."""
    offers: bool = False
    """Begins an NTLM handshake."""
    answers_challenge: bool = False
    """Ends one."""
    key: str = ""
    """The session value it was sent with."""
    does: str = ""
    """What it does to sessions: login, logout, login_page, issue, rotate."""
    to: str = ""
    """The session value its answer made valid."""


@dataclass(slots=True)
class Session:
    """What an application knows of a session value."""

    user: str = ""
    seen: bool = False
    """Its login passed the sidecar."""


def request(
    line: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """A request head with its body."""
    head = f"{line} HTTP/1.1\r\nHost: office\r\n"
    for name, value in (headers or {}).items():
        head += f"{name}: {value}\r\n"
    if body:
        head += f"Content-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def response(
    status: int, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """A response head with its body."""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\n"
    for name, value in (headers or {}).items():
        head += f"{name}: {value}\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


@dataclass
class Style:
    """An application with sessions; the styles differ in where the key stands."""

    name: str
    rng: random.Random
    sessions: dict[str, Session] = field(default_factory=dict)
    _serial: int = 0

    rules = ""

    def value(self) -> str:
        """A session value nobody had before."""
        self._serial += 1
        return f"{self.name}{self.rng.randrange(10**9)}x{self._serial}"

    def session(self, jar: Jar) -> Session:
        """What the application knows of the jar's key."""
        return self.sessions.get(jar.key, Session())

    def get(self, path: str, jar: Jar) -> bytes:
        """A request for a page, with the key where this style has it."""
        raise NotImplementedError

    def page(self, jar: Jar) -> Said:
        """A client's page, or the way to the login when there is no session."""
        path = f"/client/{self.rng.randrange(900000, 950000)}"
        asked = self.get(path, jar)
        session = self.session(jar)
        if not session.user:
            sent = response(302, {"Location": "/login"})
            return Said(asked, sent, key=jar.key, does="login_page")
        page = response(200, {}, PAGE)
        return Said(asked, page, session.user, session.seen, key=jar.key)

    def before(self, jar: Jar) -> Said | None:
        """What a browser fetches before it logs in, if anything."""
        return None

    def login(self, jar: Jar, *, right: bool = True) -> Said:
        """The login request and its answer."""
        raise NotImplementedError

    def logged_in(self, asked: bytes, answer: bytes, jar: Jar, old: str) -> Said:
        """The exchange of a login that was taken; ``old``: the value sent."""
        return Said(
            asked, answer, jar.user, knowable=True, key=old, does="login", to=jar.key
        )

    def logout(self, jar: Jar) -> Said:
        """Ends the session; some styles change no cookie by it."""
        session = self.session(jar)
        said = Said(
            self.get("/logout", jar),
            response(302, {"Location": "/login"}),
            session.user,
            session.seen,
            key=jar.key,
            does="logout",
        )
        self.sessions.pop(jar.key, None)
        return said

    def expire(self, jar: Jar) -> None:
        """The application forgets the session by itself."""
        self.sessions.pop(jar.key, None)

    def old_session(self, jar: Jar) -> None:
        """A session from before the sidecar stood there."""
        jar.key = self.value()
        self.sessions[jar.key] = Session(jar.user)

    def form(self, jar: Jar, *, right: bool) -> bytes:
        """The body of a login form."""
        word = "right" if right else "wrong"
        return f"username={jar.user}&password={word}-{jar.user}".encode()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class RotatingCookie(Style):
    """JSESSIONID changes at login; logout deletes it; it rotates now and then."""

    rules = """
session: {cookie: JSESSIONID}
login:
  - form: {request: "POST /login", user: form.username}
    confirmed_when: {status: 302, set_cookie: {JSESSIONID: changed}}
logout: [{request: "GET /logout"}]
"""

    @override
    def get(self, path: str, jar: Jar) -> bytes:
        cookie = {"Cookie": f"JSESSIONID={jar.key}"} if jar.key else {}
        return request(f"GET {path}", cookie)

    @override
    def before(self, jar: Jar) -> Said | None:
        asked = self.get("/login", Jar())
        jar.key = self.value()
        cookie = f"JSESSIONID={jar.key}; Path=/"
        page = response(200, {"Set-Cookie": cookie}, LOGIN_PAGE)
        return Said(asked, page, does="issue", to=jar.key)

    @override
    def page(self, jar: Jar) -> Said:
        said = super().page(jar)
        if said.truth and self.rng.random() < 0.04:
            session = self.sessions.pop(jar.key)
            jar.key = self.value()
            self.sessions[jar.key] = session
            cookie = f"JSESSIONID={jar.key}; Path=/"
            said.response = response(200, {"Set-Cookie": cookie}, PAGE)
            said.does, said.to = "rotate", jar.key
        return said

    @override
    def login(self, jar: Jar, *, right: bool = True) -> Said:
        headers = dict(FORM)
        if jar.key:
            headers["Cookie"] = f"JSESSIONID={jar.key}"
        asked = request("POST /login", headers, self.form(jar, right=right))
        if not right:
            return Said(asked, response(200, {}, LOGIN_PAGE))
        old = jar.key
        self.sessions.pop(old, None)
        jar.key = self.value()
        self.sessions[jar.key] = Session(jar.user, seen=True)
        answer = {"Location": "/", "Set-Cookie": f"JSESSIONID={jar.key}; Path=/"}
        return self.logged_in(asked, response(302, answer), jar, old)

    @override
    def logout(self, jar: Jar) -> Said:
        said = super().logout(jar)
        gone = "JSESSIONID=; Path=/; Max-Age=0"
        said.response = response(302, {"Location": "/login", "Set-Cookie": gone})
        jar.key = ""
        return said


class SteadyCookie(Style):
    """SID is set on the first page and never changes: not at login, not at logout.

    That is what makes fixation possible: a key planted in a browser before the
    login is as good as the browser's own after it.
    """

    rules = """
session: {cookie: SID}
login:
  - form: {request: "POST /login", user: form.username}
    confirmed_when: {status: 302, location: "/home*"}
logout: [{request: "GET /logout"}]
"""

    @override
    def get(self, path: str, jar: Jar) -> bytes:
        return request(f"GET {path}", {"Cookie": f"SID={jar.key}"} if jar.key else {})

    @override
    def before(self, jar: Jar) -> Said | None:
        if jar.key:
            return None
        asked = self.get("/login", jar)
        jar.key = self.value()
        page = response(200, {"Set-Cookie": f"SID={jar.key}; Path=/"}, LOGIN_PAGE)
        return Said(asked, page, does="issue", to=jar.key)

    @override
    def login(self, jar: Jar, *, right: bool = True) -> Said:
        headers = {**FORM, "Cookie": f"SID={jar.key}"}
        asked = request("POST /login", headers, self.form(jar, right=right))
        if not right:
            return Said(asked, response(302, {"Location": "/login?wrong=1"}))
        self.sessions[jar.key] = Session(jar.user, seen=True)
        return self.logged_in(asked, response(302, {"Location": "/home"}), jar, jar.key)


class UrlKey(Style):
    """;jsessionid= in every address, new at login, in Location."""

    rules = """
session: {path_parameter: jsessionid}
login:
  - form: {request: "POST /login", user: form.username}
    confirmed_when: {status: 302, location: "/home*"}
logout: [{request: "GET /logout"}]
"""

    @override
    def get(self, path: str, jar: Jar) -> bytes:
        key = f";jsessionid={jar.key}" if jar.key else ""
        return request(f"GET {path}{key}")

    @override
    def login(self, jar: Jar, *, right: bool = True) -> Said:
        key = f";jsessionid={jar.key}" if jar.key else ""
        asked = request(f"POST /login{key}", FORM, self.form(jar, right=right))
        if not right:
            return Said(asked, response(200, {}, LOGIN_PAGE))
        old = jar.key
        self.sessions.pop(old, None)
        jar.key = self.value()
        self.sessions[jar.key] = Session(jar.user, seen=True)
        answer = response(302, {"Location": f"/home;jsessionid={jar.key}"})
        return self.logged_in(asked, answer, jar, old)


class JsonToken(Style):
    """The key comes in the JSON answer of the login and goes in a header."""

    rules = """
session: {header: {name: X-Session, issued: json.token}}
login:
  - form: {request: "POST /login", user: form.username}
    confirmed_when: {status: 200, body: {contains: token}}
logout: [{request: "GET /logout"}]
"""

    @override
    def get(self, path: str, jar: Jar) -> bytes:
        return request(f"GET {path}", {"X-Session": jar.key} if jar.key else {})

    @override
    def login(self, jar: Jar, *, right: bool = True) -> Said:
        asked = request("POST /login", FORM, self.form(jar, right=right))
        if not right:
            return Said(asked, response(403, {}, b"no"))
        jar.key = self.value()
        self.sessions[jar.key] = Session(jar.user, seen=True)
        body = json.dumps({"token": jar.key}).encode()
        answer = response(200, {"Content-Type": "application/json"}, body)
        answer = answer.replace(b"Content-Type: text/html\r\n", b"", 1)
        return self.logged_in(asked, answer, jar, "")


class Basic(Style):
    """No session: every request carries the name; a wrong password gets 401."""

    rules = """
session: none
identity:
  - basic: {realm: Office, protected: ["/**"]}
"""

    @override
    def get(self, path: str, jar: Jar) -> bytes:
        return request(f"GET {path}", {"Authorization": self._header(jar, right=True)})

    @override
    def page(self, jar: Jar) -> Said:
        path = f"/client/{self.rng.randrange(900000, 950000)}"
        return Said(
            self.get(path, jar), response(200, {}, PAGE), jar.user, knowable=True
        )

    @override
    def login(self, jar: Jar, *, right: bool = True) -> Said:
        if right:
            return self.page(jar)
        asked = request(
            "GET /client/900000", {"Authorization": self._header(jar, right=False)}
        )
        return Said(asked, response(401, {"WWW-Authenticate": 'Basic realm="Office"'}))

    @override
    def logout(self, jar: Jar) -> Said:
        return self.page(jar)

    @override
    def old_session(self, jar: Jar) -> None:
        """There are none."""

    def _header(self, jar: Jar, *, right: bool) -> str:
        word = "right:word" if right else "wrong"
        pair = f"{jar.user}:{word}".encode()
        return "Basic " + base64.b64encode(pair).decode()


class Ntlm(Style):
    """The connection is the session; ``jar.key`` stands for the connection."""

    rules = """
session: none
identity:
  - ntlm
"""

    @override
    def get(self, path: str, jar: Jar) -> bytes:
        return request(f"GET {path}")

    @override
    def page(self, jar: Jar) -> Said:
        asked = self.get(f"/client/{self.rng.randrange(900000, 950000)}", jar)
        session = self.session(jar)
        if not session.user:
            return Said(asked, response(401, {"WWW-Authenticate": "NTLM"}))
        return Said(asked, response(200, {}, PAGE), session.user, session.seen)

    def offer(self, jar: Jar) -> Said:
        """Type 1 and the challenge."""
        self.sessions.pop(jar.key, None)
        asked = request("GET /client/900000", {"Authorization": _ntlm(_TYPE1)})
        challenge = response(401, {"WWW-Authenticate": _ntlm(_TYPE2)})
        return Said(asked, challenge, offers=True)

    @override
    def login(self, jar: Jar, *, right: bool = True) -> Said:
        asked = request(
            "GET /client/900000", {"Authorization": _ntlm(_type3(jar.user))}
        )
        if not right:
            refused = response(401, {"WWW-Authenticate": "NTLM"})
            return Said(asked, refused, answers_challenge=True)
        self.sessions[jar.key] = Session(jar.user, seen=True)
        taken = response(200, {}, PAGE)
        return Said(asked, taken, jar.user, knowable=True, answers_challenge=True)

    @override
    def logout(self, jar: Jar) -> Said:
        return self.page(jar)


def _ntlm(message: bytes) -> str:
    return "NTLM " + base64.b64encode(message).decode()


_FLAGS = 0x00000201
_TYPE1 = b"NTLMSSP\0" + struct.pack("<II", 1, _FLAGS) + bytes(16)
_TYPE2 = (
    b"NTLMSSP\0"
    + struct.pack("<I", 2)
    + struct.pack("<HHI", 0, 0, 48)
    + struct.pack("<I", _FLAGS)
    + b"12345678"
    + bytes(8)
    + struct.pack("<HHI", 0, 0, 48)
)


def _type3(user: str) -> bytes:
    """A type 3 for this user: UTF-16LE, empty domain, an NT response of 24 bytes."""
    name, proof = user.encode("utf-16-le"), bytes(24)
    after = 64 + len(name)
    empty = struct.pack("<HHI", 0, 0, 64)
    fields = (
        empty
        + struct.pack("<HHI", len(proof), len(proof), after)
        + empty
        + struct.pack("<HHI", len(name), len(name), 64)
        + empty
        + empty
    )
    head = b"NTLMSSP\0" + struct.pack("<I", 3) + fields + struct.pack("<I", _FLAGS)
    return head + name + proof


STYLES: tuple[type[Style], ...] = (
    RotatingCookie,
    SteadyCookie,
    UrlKey,
    JsonToken,
    Basic,
    Ntlm,
)
RECORDS = """
records:
  client:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
"""
