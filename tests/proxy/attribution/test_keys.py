"""Session keys wherever they stand: bound after a login, and never stored."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import pytest

from proxy.attribution.sessions import Sessions
from proxy.connection_context import ConnectionContext
from proxy.events import Event, ExchangeRecorded, ViewRecorded, encode
from proxy.exchange.model import Exchange
from proxy.pipeline import Keys, Pipeline
from proxy.ruleset.model import RuleSet
from proxy.ruleset.reader import load
from tests.support.browsing import LATER, exchange

RULES = """
application: app
session: {session}
login:
  - form: {{request: "POST /login", user: form.username}}
    confirmed_when: {{status: [200, 302], body: {{absent: wrong}}}}
logout: ["POST /logout"]
records:
  client:
    request: "GET /client/{{id}}"
    action: view
    subject: {{type: client, id: path.id}}
"""
CANARY = "cAnArYkEy"


@dataclass
class Place:
    """An application whose session key stands somewhere."""

    session: str
    at: int = LATER
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        rules = load(RULES.format(session=self.session).encode(), "rules.yaml")
        assert isinstance(rules, RuleSet), str(rules)
        keys = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)
        self.pipeline = Pipeline(rules, Sessions(), keys)

    def see(self, one: Exchange, connection: int = 1) -> ExchangeRecorded:
        """What is recorded of it."""
        self.at += LATER
        for part in (one.request, one.response):
            if part is not None:
                part.start_ns += self.at
                part.end_ns += self.at
        one.request.start_offset = self.at
        context = ConnectionContext(
            application="app",
            wire=1,
            connection=connection,
            client_address="10.0.0.1",
            wall_minus_monotonic_ns=0,
        )
        outcome = self.pipeline.finish(self.pipeline.observe(context, one))
        self.events += outcome.events
        (found,) = [e for e in outcome.events if isinstance(e, ExchangeRecorded)]
        return found

    def login(self, name: str, target: str = "/login", **more: Any) -> str:
        """The name of the login exchange itself."""
        form = more.pop("form", "")
        connection = more.pop("connection", 1)
        header = more.pop("header", None)
        one = exchange(target, form=f"username={name}&password=x{form}", **more)
        if header:
            one.request.headers.append(header)
        return self.see(one, connection).actor.name

    def who(self, target: str = "/client/1", **more: Any) -> str:
        """Name, or reason without one."""
        connection = more.pop("connection", 1)
        header = more.pop("header", None)
        one = exchange(target, **more)
        if header:
            one.request.headers.append(header)
        actor = self.see(one, connection).actor
        return actor.name or f"({actor.reason})"


def test_a_path_parameter_in_the_redirect_is_bound() -> None:
    """``;jsessionid=`` of a browser without cookies."""
    place = Place("{path_parameter: jsessionid}")

    place.login(
        "jansen", "/login;jsessionid=old", status=302, location="/home;jsessionid=new"
    )

    assert place.who("/client/1;jsessionid=new") == "jansen"
    assert place.who("/client/1;jsessionid=old") == "(before_login)"
    assert place.who("/client/1;jsessionid=other") == "(unknown_session)"
    assert place.who() == "(no_session)"


def test_a_path_parameter_that_stays_the_same_is_bound_at_the_login() -> None:
    """What came before stays nameless (fixation)."""
    place = Place("{path_parameter: jsessionid}")
    before = place.who("/client/1;jsessionid=k")

    place.login("jansen", "/login;jsessionid=k", status=302, location="/home")

    assert before == "(unknown_session)"
    assert place.who("/client/1;jsessionid=k") == "jansen"


def test_a_path_segment_is_bound_and_rules_do_not_see_it() -> None:
    """ASP.NET without cookies: the record rule still fits."""
    place = Place('{path_segment: "(S({key})*)"}')

    place.login("jansen", "/(S(old))/login", status=302, location="/(S(new)F(t))/home")

    assert place.who("/(S(new)F(t))/client/1") == "jansen"
    assert len([e for e in place.events if isinstance(e, ViewRecorded)]) == 1


def test_a_query_field_is_bound_from_the_links_of_the_page() -> None:
    """The answer to the login is a page whose links all carry it."""
    place = Place("{query: _sn}")
    body = b'<a href="/client/1?a=1&amp;_sn=new">x</a><form action="/search?_sn=new">'

    place.login("jansen", body=body)

    assert place.who("/client/1?_sn=new") == "jansen"


@pytest.mark.parametrize(
    "body",
    [
        b'<a href="/client/1?_sn=new">x</a><a href="/note?_sn=planted">y</a>',
        b'<a href="https://elsewhere.example/?_sn=new">x</a>',
        b'<a href="//elsewhere.example/?_sn=new">x</a>',
        b"<a href=\"javascript:go('?_sn=new')\">x</a>",
    ],
)
def test_links_in_doubt_bind_nothing(body: bytes) -> None:
    """Others may have written into the page, and other hosts' keys are not ours."""
    place = Place("{query: _sn}")

    place.login("jansen", body=body)

    assert place.who("/client/1?_sn=new") == "(unknown_session)"
    assert place.who("/client/1?_sn=planted") == "(unknown_session)"


def test_links_bind_nothing_when_a_cookie_was_given() -> None:
    """The application keeps its key in the cookie, so a link's may be planted."""
    place = Place("{query: _sn, cookie: SID}")

    place.login("jansen", set_cookie="SID=c", body=b'<a href="/x?_sn=planted">x</a>')

    assert place.who(cookie="SID=c") == "jansen"
    assert place.who("/client/1?_sn=planted") == "(unknown_session)"


def test_a_redirect_to_another_host_binds_nothing() -> None:
    """Its key is of another application."""
    place = Place("{query: _sn}")

    place.login("jansen", status=302, location="https://other.example/?_sn=new")

    assert place.who("/client/1?_sn=new") == "(unknown_session)"


def test_a_form_field_is_bound_from_a_hidden_field() -> None:
    """The key goes round in every form."""
    place = Place("{form: _sn}")
    body = b'<form action="/client/1"><input type=hidden name=_sn value=new></form>'

    place.login("jansen", body=body)

    assert place.who("/client/1", form="_sn=new") == "jansen"


def test_a_value_of_the_json_answer_is_bound_as_a_header() -> None:
    """Bare, as single-page applications send it."""
    place = Place("{header: {name: X-Session, issued: json.session.key}}")

    place.login(
        "jansen", body=b'{"session": {"key": "new"}}', content_type="application/json"
    )

    assert place.who(header=(b"x-session", b"new")) == "jansen"
    assert place.who(header=(b"x-session", b"old")) == "(unknown_session)"


def test_a_value_of_the_json_answer_is_bound_inside_base64() -> None:
    """With other parts around it, as Tryton does."""
    place = Place(
        '{header: {name: Authorization, prefix: "Session ", base64: true, part: 2,'
        ' issued: "json.result[1]"}}'
    )

    place.login(
        "jansen", body=b'{"result": [7, "new"]}', content_type="application/json"
    )

    value = b"session " + b64encode(b"jansen:7:new")
    assert place.who(header=(b"authorization", value)) == "jansen"
    assert place.who(header=(b"authorization", b"Session !")) == "(no_session)"
    assert place.who(header=(b"authorization", b"Bearer x")) == "(no_session)"


def test_a_key_that_stands_twice_in_json_is_nobodys() -> None:
    """Readers differ in which one counts."""
    place = Place("{header: {name: X-Session, issued: json.key}}")

    place.login(
        "jansen", body=b'{"key": "a", "key": "b"}', content_type="application/json"
    )

    assert place.who(header=(b"x-session", b"a")) == "(unknown_session)"


def test_a_connection_is_the_key_of_who_logs_in_on_it() -> None:
    """Until the logout, or the next login."""
    place = Place("{connection: true}")

    place.login("jansen")
    same, other = place.who(), place.who(connection=2)
    place.see(exchange("/logout", form="x=1"))

    assert (same, other) == ("jansen", "(unknown_session)")
    assert place.who() == "(logged_out)"


def test_a_cookie_may_be_named_by_a_pattern() -> None:
    """IIS generates the names of its session cookies."""
    place = Place('{cookie: "ASPSESSIONID*"}')

    place.login("jansen", set_cookie="ASPSESSIONIDQQAB=new; path=/")

    assert place.who(cookie="ASPSESSIONIDQQAB=new") == "jansen"
    assert place.who(cookie="ASPSESSIONIDOTHER=new") == "(unknown_session)"
    assert place.who(cookie="OTHER=new") == "(no_session)"


@pytest.mark.parametrize(
    ("which", "first_is_own", "last_is_own"),
    [
        ("first", "jansen", "(unknown_session)"),
        ("last", "(unknown_session)", "jansen"),
        ("all-equal", "(ambiguous)", "(ambiguous)"),
        ("agree", "jansen", "jansen"),
    ],
)
@pytest.mark.parametrize("place", ["cookie: SID", "query: SID"])
def test_which_of_two_values_counts_is_stated(
    place: str, which: str, first_is_own: str, last_is_own: str
) -> None:
    """A rewritten address may carry an old key and a new one."""
    app = Place(f"{{{place}, which: {which}}}")
    if place.startswith("cookie"):
        app.login("jansen", set_cookie="SID=own")

        def ask(text: str) -> str:
            return app.who(cookie=text.replace("&", "; "))
    else:
        app.login("jansen", status=302, location="/home?SID=own")

        def ask(text: str) -> str:
            return app.who(f"/client/1?{text}")

    assert ask("SID=own&SID=x") == first_is_own
    assert ask("SID=x&SID=own") == last_is_own
    assert ask("SID=own&SID=own") == "jansen"


def test_two_keys_of_two_people_are_ambiguous() -> None:
    """A mailed address opened in another's browser."""
    place = Place("{cookie: SID, path_parameter: jsessionid}")
    place.login("jansen", set_cookie="SID=j")
    place.login("pietersen", status=302, location="/home;jsessionid=p")

    assert place.who("/client/1;jsessionid=p", cookie="SID=j") == "(ambiguous)"


def test_a_key_that_a_redirect_replaces_moves_the_binding() -> None:
    """Rotation in the address."""
    place = Place("{path_parameter: jsessionid}")
    place.login("jansen", status=302, location="/home;jsessionid=a")

    place.who("/menu;jsessionid=a", status=302, location="/client/1;jsessionid=b")

    assert place.who("/client/1;jsessionid=b") == "jansen"


@pytest.mark.parametrize(
    ("session", "target", "location"),
    [
        ("{path_parameter: jsessionid}", "/x/{};jsessionid=#", "/y;jsessionid=#"),
        ("{path_parameter: jsessionid}", "/x/{}%3Bjsessionid=#", "/y;jsessionid=#"),
        ('{path_segment: "(S({key}))"}', "/(S(#))/x", "/(S(#))/y"),
        ("{query: _sn}", "/x?_sn=#", "/y?_sn=#"),
        ("{cookie: SID}", "/x", "/y"),
    ],
)
def test_no_key_rests_in_an_event(session: str, target: str, location: str) -> None:
    """Paths of pages no rule claims, Referer and Location included."""
    place = Place(session)
    target, location = target.replace("#", CANARY), location.replace("#", CANARY)
    for status in (200, 302):
        one = exchange(
            target,
            cookie=f"SID={CANARY}",
            status=status,
            location=location,
            body=f"<p>{CANARY}</p>".encode(),
            set_cookie=f"SID={CANARY}2",
        )
        one.request.headers += [
            (b"referer", f"https://app{target}".encode()),
            (b"authorization", f"Session {CANARY}".encode()),
        ]
        place.see(one)
    place.login(
        "jansen", target="/login", form=f"&_sn={CANARY}", status=302, location=location
    )

    assert len(place.events) >= 4
    assert not [e for e in place.events if CANARY.encode() in encode(e)]


def test_hostile_places_are_read_without_harm() -> None:
    """Deep JSON, broken base64, endless parameters: no key, and no exception."""
    place = Place("{header: {name: X-S, base64: true, part: -1, issued: json.a}}")

    place.login("jansen", body=b"[" * 100_000, content_type="application/json")
    place.login("jansen", body=b'{"a": {"b": 1}}', content_type="application/json")

    assert place.pipeline.counters.attribution_failed == 0
    assert place.who(header=(b"x-s", b"\xff\xfe")) == "(no_session)"
    many = ";".join(f"jsessionid={n}" for n in range(5000))
    crowd = Place("{path_parameter: jsessionid}")
    assert crowd.who(f"/client/1;{many}") == "(unknown_session)"
