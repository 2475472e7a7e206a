"""Heads keep framing and names."""

from __future__ import annotations

import base64

from proxy.redaction.heads import request_head, response_head
from proxy.redaction.standin import StandIns

HIDE = StandIns(b"k" * 32)

HEAD = (
    b"GET /client/4711?name=Jansen HTTP/1.1\r\nHost: app.example\r\n"
    b"Content-Length: 12\r\nCOOKIE : SID=9a8b7c6d5e; theme=dark7\r\n"
    b"Referer: https://app.example/client/4711;jsessionid=9a8b7c6d5e\r\n"
    b"X-User: Jansen\r\n  folded Jansen\r\nBearer9a8b\r\n"
    b'Authorization: Digest username="jansen", response="9a8b7c6d5e"\r\n\r\n'
)


def test_framing_and_names_stay_and_values_do_not() -> None:
    """Folded lines and lines that are none as well."""
    hidden = request_head(HIDE, HEAD)

    assert len(hidden) == len(HEAD)
    for kept in (
        b"GET /client/",
        b"?name=",
        b" HTTP/1.1\r\nHost: app.example\r\nContent-Length: 12\r\nCOOKIE : SID=",
        b"; theme=",
        b"https://app.example/client/",
        b";jsessionid=",
        b'Digest username="',
    ):
        assert kept in hidden, kept
    for gone in (b"4711", b"9a8b", b"Jansen", b"jansen", b"dark7"):
        assert gone not in hidden, gone


def test_a_session_key_is_the_same_one_everywhere() -> None:
    """In the cookie that is set, the one that is sent, and addresses."""
    hidden = request_head(HIDE, HEAD)
    key = HIDE.text(b"9a8b7c6d5e")
    answer = (
        b"HTTP/1.1 302 Found\r\nSet-Cookie: SID=9a8b7c6d5e; Path=/; Max-Age=0\r\n\r\n"
    )

    assert hidden.count(key) == 3
    told = response_head(HIDE, answer)
    assert told == answer.replace(b"9a8b7c6d5e", key)


def test_basic_stays_basic_with_another_name_and_password() -> None:
    """The name as it is elsewhere; of the password only its length."""
    given = base64.b64encode(b"jansen:Zomer2026!")
    hidden = request_head(HIDE, b"GET / HTTP/1.1\r\nAuthorization: Basic " + given)

    name, _, password = base64.b64decode(hidden.rpartition(b" ")[2]).partition(b":")
    assert name == HIDE.text(b"jansen")
    assert len(password) == 10
    assert password.isalnum()


def test_what_was_no_base64_and_other_schemes_are_hidden_too() -> None:
    """Length kept."""
    for value in (b"Basic %%%", b"Bearer abc.def-1", b"nonsense", b"Negotiate YII="):
        head = b"GET / HTTP/1.1\r\nAuthorization: " + value
        hidden = request_head(HIDE, head)
        assert len(hidden) == len(head)
        assert hidden != head


def test_an_attachment_keeps_its_kind_not_its_name() -> None:
    """Files are named after clients."""
    head = b'HTTP/1.1 200 OK\nContent-Disposition: attachment; filename="Jansen.x"\n\n'

    hidden = response_head(HIDE, head)

    assert b"attachment; filename=" in hidden
    assert b"Jansen" not in hidden
