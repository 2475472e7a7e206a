"""Digest: whose proof it says it is, and of which request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.schemes.digest import is_stale
from proxy.attribution.specs.headers import DigestIdentity
from proxy.events import Strength
from proxy.exchange.patterns import compile_pattern
from tests.support.claims import Reading, challenge, request

EVERYWHERE = (compile_pattern("/**"),)
PROOF = 'realm="Intranet", nonce="bm9uY2U=", nc=00000001, cnonce="c", qop=auth, '
PROOF += 'response="6629fae49393a05397450978507c4ef1"'


def said(
    who: str | bytes,
    *,
    target: str = "/app/7?x=1",
    uri: str = "/app/7?x=1",
    proof: str = PROOF,
) -> str | None:
    """What a header says with these words about the user."""
    reading = Reading.of(DigestIdentity(realm="Intranet", protected=EVERYWHERE))
    who = who if isinstance(who, bytes) else who.encode()
    value = b"Digest " + who + f', uri="{uri}", {proof}'.encode()
    return reading.said(request(target, ("Authorization", value)))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ('username="jansen"', "jansen"),
        ("username=jansen", "jansen"),
        ("username*=UTF-8''j%C3%B6rg", "jörg"),
        ("username*=iso-8859-1'nl'j%F6rg", "jörg"),
        ("username*=utf-8''j%F6rg", "<undecodable_name>"),
        ("username*=koi8-r''jansen", "<malformed_credentials>"),
        ("username*=jansen", "<malformed_credentials>"),
        ("username=\"jansen\", username*=UTF-8''devries", "<ambiguous>"),
        ('username="jansen", username="devries"', "<ambiguous>"),
        (r'username="KANTOOR\\jansen"', r"KANTOOR\jansen"),
        (r'username="KANTOOR\jansen"', "<ambiguous>"),
        (r'username="jan\"sen"', 'jan"sen'),
        ('username="488869477bf257147b804c45308cd62a", userhash=true', "<userhash>"),
        ('username="jansen", userhash=false', "jansen"),
        ('username=""', "<anonymous>"),
        ('nobody="x"', "<malformed_credentials>"),
        ('username="jansen" nonsense', "<malformed_credentials>"),
    ],
)
def test_user_name_is_read_in_every_form_of_the_standard(
    who: str, expected: str
) -> None:
    """Or the reason says why it cannot be."""
    assert said(who) == expected


def test_quoted_name_of_old_browsers_is_latin_1() -> None:
    """UTF-8 where valid, else Latin-1, as for Basic."""
    assert said(b'username="j\xf6rg"') == "jörg"
    assert said('username="jörg"') == "jörg"


@pytest.mark.parametrize(
    ("target", "uri", "expected"),
    [
        ("/app/7?x=1", "/app/7?x=1", "jansen"),
        ("/app/7?x=1", "/app/8?x=1", "<uri_mismatch>"),
        ("/app/7?x=1", "/app/7", "<uri_mismatch>"),
        ("/app/7", "", "<uri_mismatch>"),
        ("http://app.test/app/7?x=1", "/app/7?x=1", "jansen"),
        ("http://app.test/app/7", "http://app.test/app/7", "jansen"),
        ("http://app.test/app/7", "/app/8", "<uri_mismatch>"),
    ],
)
def test_proof_of_another_request_is_nobodys(
    target: str, uri: str, expected: str
) -> None:
    """A header copied from another request proves nothing about this one."""
    assert said('username="jansen"', target=target, uri=uri) == expected


def test_proof_for_another_realm_is_nobodys() -> None:
    """The rule set names the realm whose accounts these are."""
    other = PROOF.replace("Intranet", "Printers")

    assert said('username="jansen"', proof=other) == "<other_realm>"


def test_only_where_it_is_asked_for() -> None:
    """As for Basic: a public address looks at no header."""
    reading = Reading.of(DigestIdentity())
    value = f'Digest username="jansen", uri="/app/7", {PROOF}'
    asked = request("/app/7", ("Authorization", value))

    before = reading.said(asked)
    reading.challenged("/app/7", 'Digest realm="Intranet", nonce="x"')
    after = reading.claim(asked)

    assert before is None
    assert after is not None
    assert (after.name, after.strength) == ("jansen", Strength.CONFIRMED)
    assert after.retried is is_stale


def test_two_headers_are_ambiguous() -> None:
    """Servers differ in which one counts."""
    reading = Reading.of(DigestIdentity(protected=EVERYWHERE))
    value = f'Digest username="jansen", uri="/a", {PROOF}'
    asked = request("/a", ("Authorization", value), ("Authorization", value))

    assert reading.said(asked) == "<ambiguous>"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (['Digest realm="x", stale=true, nonce="n"'], True),
        (['Digest realm="x", stale="TRUE"'], True),
        (['Digest realm="x", stale=false'], False),
        (['Digest realm="x", nonce="stale=true"'], False),
        (['Basic realm="x", stale=true'], False),
        ([], False),
    ],
)
def test_stale_nonce_is_told_from_a_refusal(values: list[str], expected: bool) -> None:
    """It asks for the same again; nobody typed a wrong password."""
    assert is_stale(challenge(*values)) is expected


@given(st.binary(max_size=300))
def test_no_header_raises(value: bytes) -> None:
    """Anything may stand after the word."""
    said(value)
