"""Negotiate tokens: what is inside, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.spnego import Inner, Mechanism, realm_of, unwrap
from tests.support import ntlm_messages as messages
from tests.support.ntlm_messages import KERBEROS, NTLM, SPNEGO, der

MS_KERBEROS = bytes.fromhex("06092a864882f712010202")


def test_ntlm_is_found_bare_and_at_both_steps() -> None:
    """Some clients put NTLM into Negotiate without any SPNEGO."""
    for message in (messages.type1(), messages.type3()):
        found = Inner(Mechanism.NTLM, message)

        assert unwrap(message) == found
        assert unwrap(messages.initial(message)) == found
        assert unwrap(messages.response(message)) == found


def test_kerberos_is_found_bare_and_offered_under_both_names() -> None:
    """Windows 2000 wrote the mechanism's number wrong, and it stayed."""
    token = messages.kerberos()
    found = Inner(Mechanism.KERBEROS, token)

    assert unwrap(token) == found
    assert unwrap(messages.initial(token, KERBEROS, NTLM)) == found
    assert unwrap(messages.initial(token, MS_KERBEROS, KERBEROS)) == found


def test_a_token_is_for_the_first_mechanism_offered() -> None:
    """A ticket offered under another mechanism's name is no ticket."""
    token = messages.initial(messages.kerberos(), NTLM, KERBEROS)

    assert unwrap(token) == Inner(Mechanism.OTHER)


def test_steps_without_a_token_and_other_mechanisms_are_other() -> None:
    """They are whole, and say nothing here."""
    other = bytes.fromhex("06062b0601050503")

    assert unwrap(messages.initial(None)) == Inner(Mechanism.OTHER)
    assert unwrap(der(0x60, other, b"x")) == Inner(Mechanism.OTHER)
    assert unwrap(der(0xA1, der(0x30, der(0xA0, der(0x0A, b"\0"))))) == Inner(
        Mechanism.OTHER
    )
    assert unwrap(messages.response(b"x")) == Inner(Mechanism.OTHER)


def test_the_realm_of_a_ticket_is_readable_without_a_key() -> None:
    """All else in it is encrypted."""
    assert realm_of(messages.kerberos("OFFICE.EXAMPLE")) == "OFFICE.EXAMPLE"


def test_a_realm_that_is_no_text_is_not_read() -> None:
    """It ends in the evidence."""
    assert realm_of(messages.kerberos("A\nB")) == ""
    assert realm_of(messages.kerberos("é")) == ""
    assert realm_of(messages.kerberos("A" * 300)) == ""
    assert realm_of(messages.type3()) == ""


MECHANISMS = der(0xA0, der(0x30, NTLM))
TOKEN = der(0xA2, der(0x04, messages.type3()))


def spnego(*fields: bytes) -> bytes:
    """A first token of these fields."""
    return der(0x60, SPNEGO, der(0xA0, der(0x30, *fields)))


@pytest.mark.parametrize(
    "token",
    [
        messages.initial(messages.type1()) + b"x",
        spnego(MECHANISMS, TOKEN, TOKEN),
        spnego(TOKEN, MECHANISMS),
        spnego(TOKEN),
        der(0x60, SPNEGO, der(0xA1, der(0x30, MECHANISMS))),
        der(0x60, SPNEGO, der(0xA0, der(0x30, MECHANISMS)), b"x"),
        spnego(MECHANISMS, der(0xA2, der(0x05, messages.type3()))),
        b"\x60\x80" + SPNEGO + b"\0\0",
        b"\x60\x85" + bytes(5),
        b"\x7f\x21\x00",
        b"",
        b"x",
    ],
    ids=[
        "bytes after it",
        "two tokens",
        "fields out of order",
        "no mechanisms",
        "another field",
        "bytes inside after it",
        "not octets",
        "indefinite length",
        "length of lengths",
        "long tag",
        "nothing",
        "text",
    ],
)
def test_a_token_that_can_be_read_in_two_ways_is_broken(token: bytes) -> None:
    """What a lenient server makes of it is not known."""
    assert unwrap(token) is None


@pytest.mark.parametrize(
    "whole",
    [
        messages.initial(messages.type1()),
        messages.response(messages.type3()),
        messages.initial(messages.kerberos(), KERBEROS),
    ],
    ids=["initial", "response", "kerberos"],
)
def test_every_prefix_of_a_token_is_broken(whole: bytes) -> None:
    """A cut token is not a shorter one."""
    for size in range(len(whole)):
        assert unwrap(whole[:size]) is None
        assert realm_of(whole[:size]) == ""


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_broken(data: bytes) -> None:
    """Traffic is hostile."""
    unwrap(data)
    unwrap(b"\x60" + data)
    unwrap(messages.initial(data, KERBEROS))
    realm_of(der(0x60, KERBEROS, b"\x01\x00", data))


@given(st.data())
def test_one_wrong_byte_never_raises(data: st.DataObject) -> None:
    """Tags, lengths and numbers of every kind."""
    whole = data.draw(
        st.sampled_from(
            [messages.kerberos(), messages.initial(messages.kerberos(), KERBEROS)]
        )
    )
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]

    unwrap(changed)
    realm_of(changed)


def test_a_deep_token_is_not_walked() -> None:
    """Nothing recurses: a megabyte of brackets costs one look."""
    deep = b""
    for _ in range(500):
        deep = der(0x30, deep)

    assert unwrap(der(0x60, SPNEGO, der(0xA0, deep))) is None
