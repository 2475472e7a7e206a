"""Basic: the name before the first colon, and nothing of the password."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.schemes.authorization import LOOKED_AT
from proxy.attribution.specs.headers import BasicIdentity, NameCharset
from proxy.events import Strength
from proxy.exchange.patterns import compile_pattern
from tests.support.claims import Reading, basic, request

EVERYWHERE = (compile_pattern("/**"),)


def said(value: str | bytes, charset: NameCharset = NameCharset.AUTO) -> str | None:
    """What an Authorization header says on a protected address."""
    reading = Reading.of(BasicIdentity(protected=EVERYWHERE, charset=charset))
    return reading.said(request("/app", ("Authorization", value)))


def test_user_name_ends_at_the_first_colon() -> None:
    """Passwords may hold colons, user names may not."""
    assert said(basic("jansen", "a:b:c")) == "jansen"


def test_accepted_credentials_are_worth_confirmed() -> None:
    """The application checked the password; it was not checked here."""
    reading = Reading.of(BasicIdentity(protected=EVERYWHERE))

    claim = reading.claim(request("/app", ("Authorization", basic("jansen"))))

    assert claim is not None
    assert (claim.scheme, claim.strength) == ("basic", Strength.CONFIRMED)
    assert claim.accepted_when == LOOKED_AT
    assert "hush" not in repr(claim)


@pytest.mark.parametrize(
    ("user", "charset", "expected"),
    [
        ("jörg".encode(), NameCharset.AUTO, "jörg"),
        ("jörg".encode("latin-1"), NameCharset.AUTO, "jörg"),
        ("jörg".encode(), NameCharset.UTF_8, "jörg"),
        ("jörg".encode("latin-1"), NameCharset.UTF_8, "<undecodable_name>"),
        ("jörg".encode("latin-1"), NameCharset.LATIN_1, "jörg"),
        ("jörg".encode(), NameCharset.LATIN_1, "jÃ¶rg"),
    ],
)
def test_name_is_read_in_the_charset_of_the_application(
    user: bytes, charset: NameCharset, expected: str
) -> None:
    """UTF-8 where it is valid, else Latin-1, unless the rule set knows better."""
    assert said(basic(user), charset) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (basic(""), "<anonymous>"),
        (basic("  "), "<anonymous>"),
        (basic("jansen "), "<unusable_name>"),
        (basic("jan\0sen"), "<unusable_name>"),
        (basic("jan\r\nsen"), "<unusable_name>"),
        (basic("j" * 257), "<unusable_name>"),
        (basic("j" * 256), "j" * 256),
        (basic("j", "p" * 4000), "<malformed_credentials>"),
        ("Basic " + base64.b64encode(b"nocolon").decode(), "<malformed_credentials>"),
        ("Basic !!!", "<malformed_credentials>"),
        ("Basic", "<malformed_credentials>"),
        ("Basic amFuc2VuOmh1c2g", "jansen"),
        ("Bearer x.y.z", None),
    ],
)
def test_what_is_not_a_name_is_no_name(value: str, expected: str | None) -> None:
    """And the reason says which of the ways it was."""
    assert said(value) == expected


def test_header_on_an_address_that_does_not_ask_is_passed_over() -> None:
    """It proves nothing, and it must not cost a session its name."""
    reading = Reading.of(BasicIdentity())

    before = reading.said(request("/app/7", ("Authorization", basic("boss"))))
    reading.challenged("/app", 'Basic realm="Intranet"')
    after = reading.said(request("/app/7", ("Authorization", basic("boss"))))
    public = reading.said(request("/public", ("Authorization", basic("boss"))))

    assert (before, after, public) == (None, "boss", None)


def test_realm_of_the_rule_set_is_the_one_that_counts() -> None:
    """Another application behind the same address has another realm."""
    reading = Reading.of(BasicIdentity(realm="Intranet"))

    reading.challenged("/printers", 'Basic realm="Printers"')
    reading.challenged("/app", 'Basic realm="Intranet"')

    assert reading.said(request("/printers", ("Authorization", basic("x")))) is None
    assert reading.said(request("/app", ("Authorization", basic("x")))) == "x"


def test_two_headers_are_ambiguous() -> None:
    """Servers differ in which one counts."""
    reading = Reading.of(BasicIdentity(protected=EVERYWHERE))
    asked = request(
        "/app", ("Authorization", basic("jansen")), ("Authorization", basic("devries"))
    )

    assert reading.said(asked) == "<ambiguous>"


@given(st.binary(max_size=300))
def test_no_header_raises(value: bytes) -> None:
    """Anything may stand after the word."""
    said(b"Basic " + value)
