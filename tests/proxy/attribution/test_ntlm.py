"""NTLM messages: names that are there, and reasons where they are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution import ntlm
from proxy.attribution.schemes.base import MAX_NAME
from tests.support import ntlm_messages as messages


def said(message: bytes, charset: str = "ascii") -> str:
    """The name, or the reason for none."""
    found = ntlm.authenticated(message, charset)
    assert bool(found.name) != bool(found.reason)
    return found.name or found.reason


def test_a_name_is_domain_and_user_or_the_user_alone() -> None:
    """A user principal name comes without a domain."""
    assert said(messages.type3("jansen", "OFFICE")) == "OFFICE\\jansen"
    assert said(messages.type3("jansen@office.example", "")) == "jansen@office.example"
    assert said(messages.type3("Müller", "BÜRO")) == "BÜRO\\Müller"


def test_names_in_a_code_page_are_read_as_the_rule_set_says() -> None:
    """The message does not say which code page it is in."""
    old = messages.type3("müller", "OFFICE", flags=0x2, charset="cp850")

    assert said(old) == "unknown_charset"
    assert said(old, "cp850") == "OFFICE\\müller"
    assert said(messages.type3(flags=0x2, charset="ascii")) == "OFFICE\\jansen"


def test_unicode_wins_when_both_flags_are_set() -> None:
    """MS-NLMP 2.2.2.5: with A and B, A counts."""
    assert said(messages.type3(flags=0x3)) == "OFFICE\\jansen"


@pytest.mark.parametrize(
    "message",
    [
        messages.type3("", ""),
        messages.type3("", "OFFICE"),
        messages.type3(flags=0x8201 | ntlm.ANONYMOUS),
        messages.type3(nt=b"", lm=b"\0"),
        messages.type3(nt=b"", lm=b""),
    ],
    ids=["empty", "no user", "flag", "no proof", "no responses"],
)
def test_an_anonymous_login_names_nobody(message: bytes) -> None:
    """Whatever is written beside an empty proof."""
    assert said(message) == "anonymous"


@pytest.mark.parametrize(
    "user",
    ["a\\b", "a\0b", "a\nb", " jansen", "jansen ", "x" * (MAX_NAME + 1), "  "],
)
def test_a_user_two_servers_may_take_for_two_is_not_named(user: str) -> None:
    """Backslashes, control characters, blanks at an end, more than a name holds."""
    assert said(messages.type3(user)) == "unusable_name"


def test_a_domain_with_a_backslash_is_not_named() -> None:
    r"""``A\B`` and ``C`` would look like ``A`` and ``B\C``."""
    assert said(messages.type3("c", "a\\b")) == "unusable_name"


def test_fields_that_reach_outside_or_into_the_head_are_refused() -> None:
    """A lenient server may read something else there."""
    whole = messages.type3()
    outside = bytearray(whole)
    outside[40:44] = (len(whole) - 3).to_bytes(4, "little")
    inside = bytearray(whole)
    inside[40:44] = (12).to_bytes(4, "little")

    assert said(bytes(outside)) == "malformed_token"
    assert said(bytes(inside)) == "malformed_token"
    assert said(messages.type3(fixed=52)) == "malformed_token"


def test_half_a_character_is_refused() -> None:
    """UTF-16 has an even number of bytes."""
    odd = bytearray(messages.type3())
    odd[36:38] = (11).to_bytes(2, "little")

    assert said(bytes(odd)) == "malformed_token"


def test_message_types_are_told_apart() -> None:
    """Everything else is type 0."""
    assert ntlm.message_type(messages.type1()) == 1
    assert ntlm.message_type(messages.type2()) == 2
    assert ntlm.message_type(messages.type3()) == 3
    assert ntlm.message_type(b"NTLMSSP\0\x04\0\0\0") == 0
    assert ntlm.message_type(b"NTLMSSP\0") == 0
    assert ntlm.message_type(b"") == 0


def test_a_challenge_has_flags() -> None:
    """A message of another type, or a short one, has none."""
    assert ntlm.challenge_flags(messages.type2(0x8201)) == 0x8201
    assert ntlm.challenge_flags(messages.type2()[:31]) is None
    assert ntlm.challenge_flags(messages.type3()) is None


def test_every_prefix_of_a_message_names_nobody() -> None:
    """A cut message is not a shorter one."""
    whole = messages.type3()

    for size in range(len(whole)):
        assert not ntlm.authenticated(whole[:size]).name


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_a_name_or_a_reason(tail: bytes, signed: bool) -> None:
    """Traffic is hostile."""
    message = (b"NTLMSSP\0\x03\0\0\0" if signed else b"") + tail

    found = ntlm.authenticated(message)

    assert bool(found.name) != bool(found.reason)
    assert len(found.name) <= MAX_NAME
    assert found.name.isprintable()


@given(st.integers(0, 63), st.integers(0, 255))
def test_one_wrong_byte_in_the_head_never_raises(at: int, value: int) -> None:
    """Offsets, lengths and flags of every kind."""
    message = bytearray(messages.type3())
    message[at] = value

    found = ntlm.authenticated(bytes(message))

    assert bool(found.name) != bool(found.reason)
