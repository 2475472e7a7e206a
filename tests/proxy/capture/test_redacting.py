"""Frames of a capture, redacted: same places, times and lengths; nothing said."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.sessions import Sessions
from proxy.capture.redacting import redacted
from proxy.capture.replaying import play
from proxy.events import Event, ExchangeRecorded, ViewRecorded
from proxy.pipeline import Keys, Pipeline
from proxy.redaction.standin import StandIns
from proxy.redaction.words import words_of
from proxy.ruleset import RuleSet, load
from proxy.tapstream import Ended, Frame, Kind, Opened
from tests.support.frames import Conversation, encode, hello

RULES = b"""
application: sonar
session: {cookie: SID}
login:
  - form: {request: "POST /login", user: form.user}
    confirmed_when: {status: 302, set_cookie: {SID: changed}}
logout: [{request: "GET /logout"}]
confirm_user: {css: "#user"}
records:
  detail:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id, same_as: {type: bsn, id: {css: ".bsn"}}}
    data: {health: {css: "#medical"}}
    body: {contains: "Client file"}
  list:
    request: "GET /clients"
    action: search
    context: {term: query.q}
    each: {css: "tr[data-id]"}
    subject: {type: client, id: attr.data-id}
"""
HIDE = StandIns(b"k" * 32, words_of([RULES]))
NAMES = ("jansen", "pieters", "de Wit", "Müller")


def answer(
    body: str, *more: str, status: str = "200 OK", packed: bool = False
) -> bytes:
    """A response in HTML."""
    data = body.encode()
    if packed:
        data, more = gzip.compress(data), (*more, "Content-Encoding: gzip")
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/html; charset=utf-8", *more]
    head = "\r\n".join([*lines, f"Content-Length: {len(data)}", "", ""])
    return head.encode() + data


def login(name: str, cookie: str) -> tuple[bytes, bytes]:
    """A login that succeeds."""
    form = f"user={name}&password=geheim-{name}".replace(" ", "+").encode()
    head = (
        b"POST /login HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n" % len(form)
    )
    set_cookie = f"Set-Cookie: SID={cookie}; Path=/"
    return head + form, answer("", set_cookie, "Location: /", status="302 Found")


def get(
    path: str, cookie: str, body: str, *, packed: bool = False
) -> tuple[bytes, bytes]:
    """A page."""
    head = f"GET {path} HTTP/1.1\r\nHost: a\r\nCookie: SID={cookie}\r\n\r\n"
    return head.encode(), answer(body, packed=packed)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("login"), st.sampled_from(NAMES)),
        st.tuples(
            st.just("client"), st.sampled_from(["7", "8", "K4711", "0815", "815"])
        ),
        st.tuples(st.just("list"), st.sampled_from([(), ("7", "8"), ("1", "1", "2")])),
        st.tuples(st.just("other"), st.sampled_from(["/x/12", "/logout", "/y?bsn=1"])),
    ),
    max_size=12,
)


def talk(steps: list[tuple[str, object]], *, packed: bool = False) -> list[Frame]:
    """What a browser and the application say."""
    wire = Conversation()
    frames = [Frame(Kind.HELLO, 0, 0, 0, encode(hello())), wire.open(1)]
    name, cookie, now = "", "none", 10
    for number, (kind, said) in enumerate(steps):
        if kind == "login":
            name, cookie = str(said), f"9a8b7c6d-{number}"
            pair = login(name, cookie)
        elif kind == "client":
            page = f"<p id=user>{name}</p><h1>Client file</h1><b class=bsn>{said}1</b>"
            page += "<p id=medical>Flu &eacute;"
            pair = get(f"/client/{said}", cookie, page, packed=packed)
        elif kind == "list":
            ids: tuple[str, ...] = said if isinstance(said, tuple) else ()
            rows = "".join(f"<tr data-id='{each}'><td>x" for each in ids)
            table = f"<table>{rows}</table>"
            pair = get("/clients?q=Jans%20en", cookie, table, packed=packed)
        else:
            text = "<p>123456782 naar huis</p>"
            pair = get(str(said), cookie, text, packed=packed)
        frames += (wire.data(True, pair[0], now), wire.data(False, pair[1], now + 1))
        now += 10
    return [*frames, wire.end(now)]


def events(frames: list[Frame]) -> list[Event]:
    """What the recorder would make of it."""
    ruleset = load(RULES, "rules.yaml")
    assert isinstance(ruleset, RuleSet), str(ruleset)
    keys = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)
    return list(play(frames, {"sonar": Pipeline(ruleset, Sessions(), keys)}))


def shapes(frames: list[Frame]) -> list[tuple[int, ...]]:
    """All of the frames but what they hold."""
    return [(*frame[:4], len(frame.payload)) for frame in frames]


def structure(found: list[Event]) -> list[object]:
    """Exchanges, names, sessions and subjects, with numbers in place of identities:
    the first is 0, the next other one 1."""
    numbers: dict[object, int] = {}

    def number(value: object) -> int:
        return numbers.setdefault(value, len(numbers))

    told: list[object] = []
    for event in found:
        if isinstance(event, ExchangeRecorded | ViewRecorded):
            actor = event.actor
            who = (
                number(actor.name),
                number(actor.session),
                actor.reason,
                actor.binding,
            )
            told.append((type(event), event.rule, event.started_ns, who))
        if isinstance(event, ExchangeRecorded):
            terms = [(term.name, number(term.value)) for term in event.context]
            told.append(
                (event.path, event.status, event.extraction, event.views, terms)
            )
            told.append((event.extraction_reason, event.request_bytes))
        elif isinstance(event, ViewRecorded):
            told.append((number(event.subject), event.position, event.categories))
        else:
            told.append(type(event))
    return told


@pytest.mark.parametrize("packed", [False, True])
@given(steps=_STEPS)
def test_a_redacted_capture_replays_to_the_same_structure(
    steps: list[tuple[str, object]], *, packed: bool
) -> None:
    """Same exchanges, bindings, rules, counts and positions; whoever and whatever was
    one still is one, and different ones are different."""
    frames = talk(steps, packed=packed)

    hidden = list(redacted(frames, HIDE))

    assert shapes(hidden) == shapes(frames)
    assert structure(events(hidden)) == structure(events(frames))


def test_nothing_that_was_said_is_in_it() -> None:
    """Names, passwords, session keys, ids and texts."""
    steps: list[tuple[str, object]] = [("login", "pieters"), ("client", "K4711")]
    frames = talk([*steps, ("other", "/y?bsn=1"), ("list", ("815",))])

    hidden = b"".join(frame.payload for frame in redacted(frames, HIDE))

    for secret in (
        b"pieters",
        b"geheim",
        b"9a8b7c6d",
        b"4711",
        b"815",
        b"Flu",
        b"huis",
    ):
        assert secret not in hidden, secret


def test_bytes_that_are_no_message_become_zeros() -> None:
    """After an upgrade, and what nobody could read."""
    wire = Conversation()
    switch = (
        b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    )
    frames = [
        Frame(Kind.HELLO, 0, 0, 0, encode(hello())),
        wire.open(1),
        wire.data(True, switch[0] + b"secret", 2),
        wire.data(False, switch[1], 3),
        wire.data(False, b"other secret", 4),
        wire.end(5),
    ]

    hidden = list(redacted(frames, HIDE))

    assert hidden[2].payload == switch[0] + bytes(6)
    assert hidden[4].payload == bytes(12)


def test_of_an_open_connection_what_is_half_said_is_left_out() -> None:
    """Its last whole exchange stays."""
    wire = Conversation()
    ask, told = get("/client/7", "none", "<p>x")
    frames = [
        Frame(Kind.HELLO, 0, 0, 0, encode(hello())),
        wire.open(1),
        wire.data(True, ask + b"GET /half", 2),
        wire.data(False, told, 3),
        wire.data(True, b" HTTP/1.1\r\nCookie: canary", 4),
    ]

    hidden = list(redacted(frames, HIDE))

    assert len(hidden) == 4
    assert len(hidden[2].payload) == len(ask)


def test_certificates_that_clients_showed_are_left_out() -> None:
    """They name an employee."""
    opened = Opened(
        application="sonar", client=("192.0.2.1", 1), client_certificate=b"canary"
    )
    frames = [
        Frame(Kind.HELLO, 0, 0, 0, encode(hello())),
        Frame(Kind.OPEN, 1, 0, 1, encode(opened)),
        Frame(Kind.END, 1, 0, 2, encode(Ended(up=0, down=0))),
    ]

    hidden = list(redacted(frames, HIDE))

    assert b"canary" not in hidden[1].payload
    assert hidden[2] == frames[2]
