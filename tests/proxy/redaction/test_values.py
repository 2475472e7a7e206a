"""Addresses and forms: names stay, values do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.redaction.standin import StandIns
from proxy.redaction.values import address, escaped, fields, is_secret

HIDE = StandIns(b"k" * 32, [b"login"])


def test_a_value_is_the_same_escaped_or_not() -> None:
    """In an address, in a form and on the page."""
    plain = HIDE.text("Wüt".encode())

    assert escaped(HIDE.text, b"W%C3%BCt") == plain.replace(b"\xc3\xa9", b"%C3%A9")
    assert escaped(HIDE.text, b"W%c3%bct") == plain.replace(b"\xc3\xa9", b"%c3%a9")


def test_an_address_keeps_its_host_its_words_and_its_names() -> None:
    """Not what has a digit, nor parameters, values, or who asks."""
    url = (
        b"https://jan:geheim@host:8/client/K4711/edit;jsessionid=9a?name=Jansen&x=7#Jan"
    )

    hidden = address(HIDE, url)

    assert len(hidden) == len(url)
    assert hidden.endswith(HIDE.text(b"Jan"))
    for kept in (
        b"https://",
        b"@host:8/client/",
        b"/edit;jsessionid=",
        b"?name=",
        b"&x=",
    ):
        assert kept in hidden
    for gone in (b"jan:", b"geheim", b"4711", b"=9a", b"Jansen"):
        assert gone not in hidden


def test_passwords_are_known_by_the_name_of_their_field() -> None:
    """However an application spells it."""
    for name in (b"password", b"j_Password", b"pwd", b"wachtwoord", b"pass1", b"pin"):
        assert is_secret(name)
    assert not is_secret(b"username")
    hidden = fields(HIDE, b"user=jansen&pass=jansen&amp;z=1")
    assert hidden.split(b"&")[0] == b"user=" + HIDE.text(b"jansen")
    assert hidden.split(b"&")[1] == b"pass=" + HIDE.secret(b"jansen")


@given(st.binary(max_size=120))
def test_any_bytes_keep_their_length(data: bytes) -> None:
    """Nothing raises."""
    assert len(address(HIDE, data)) == len(data)
    assert len(fields(HIDE, data)) == len(data)
    assert len(escaped(HIDE.secret, data)) == len(data)
