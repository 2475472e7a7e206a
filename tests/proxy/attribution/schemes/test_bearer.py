"""Bearer tokens: verified here, by local keys, as of the request."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.materials import Materials
from proxy.attribution.schemes.accompanying import Peer
from proxy.attribution.schemes.bearer import MAX_TOKEN, BearerScheme
from proxy.attribution.specs.headers import BearerIdentity
from proxy.events import Strength
from tests.support.claims import Reading, request
from tests.support.tokens import NOW, Issuer, key_set, resigned, unsigned

NS = 10**9
EC = Issuer("ES256", "one")
RSA = Issuer("RS256", "two")
STRANGER = Issuer("ES256", "one")
IDENTITY = BearerIdentity(
    jwks="keys.json",
    algorithms=("ES256", "RS256"),
    issuer="https://idp.test",
    audience="app",
)
LAX = BearerIdentity(jwks="keys.json", algorithms=("ES256", "RS256"))
KEYS = Materials(files={"keys.json": key_set(EC, RSA)})
HERE = Peer("192.0.2.7", 1, 1, wall_minus_monotonic_ns=NOW * NS - 5 * NS)
"""A clock whose request times below are seconds after ``NOW`` minus five."""


def said(
    token: str,
    identity: BearerIdentity = LAX,
    *,
    materials: Materials = KEYS,
    after: float = 0.0,
) -> str | None:
    """What a token says, so many seconds after ``NOW``."""
    asked = request(
        "/api/7", ("Authorization", f"Bearer {token}"), at=int((after + 5) * NS)
    )
    return Reading.of(identity, materials).said(asked, HERE)


def test_signed_token_is_worth_verified() -> None:
    """The proof was checked here, whatever the application does with it."""
    token = EC.token(iss="https://idp.test", aud=["other", "app"])
    asked = request("/api", ("Authorization", f"bearer {token}"), at=5 * NS)

    claim = Reading.of(IDENTITY, KEYS).claim(asked, HERE)

    assert claim is not None
    assert (claim.name, claim.scheme) == ("jansen", "bearer")
    assert claim.strength is Strength.VERIFIED
    assert token not in repr(claim)


@pytest.mark.parametrize("issuer", [EC, RSA], ids=["ES256", "RS256"])
def test_every_key_of_the_set_may_sign(issuer: Issuer) -> None:
    """With the algorithm of its type."""
    assert said(issuer.token()) == "jansen"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, "jansen"),
        ({"iss": "https://evil.test"}, "<wrong_issuer>"),
        ({"iss": None}, "<wrong_issuer>"),
        ({"aud": "other"}, "<wrong_audience>"),
        ({"aud": ["app", "other"]}, "jansen"),
        ({"aud": None}, "<wrong_audience>"),
        ({"aud": {"app": 1}}, "<wrong_audience>"),
        ({"sub": None}, "<no_name_claim>"),
        ({"sub": 7}, "<no_name_claim>"),
        ({"sub": ""}, "<anonymous>"),
        ({"sub": "jan\nsen"}, "<unusable_name>"),
        ({"exp": "soon"}, "<malformed_token>"),
        ({"exp": True}, "<malformed_token>"),
        ({"exp": 1e308}, "<malformed_token>"),
        ({"exp": 0}, "<expired_token>"),
        ({"exp": -1}, "<expired_token>"),
        ({"nbf": [1]}, "<malformed_token>"),
    ],
)
def test_claims_must_be_those_of_the_rule_set(
    claims: dict[str, Any], expected: str
) -> None:
    """A good signature on a token for somebody else names nobody here."""
    token = EC.token(**{"iss": "https://idp.test", "aud": "app", **claims})

    assert said(token, IDENTITY) == expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (-91, "<token_not_yet_valid>"),
        (-89, "jansen"),
        (0, "jansen"),
        (3629, "jansen"),
        (3630, "<expired_token>"),
    ],
)
def test_times_are_those_of_the_request_within_the_leeway(
    after: int, expected: str
) -> None:
    """Neither the time of reading nor a clock of this host: replay agrees."""
    token = EC.token(nbf=NOW - 60, exp=NOW + 3600)

    assert said(token, after=after) == expected


def test_remembered_token_still_expires() -> None:
    """Its signature does not change; the time does."""
    reading = Reading.of(LAX, KEYS)
    header = ("Authorization", f"Bearer {EC.token(exp=NOW + 10)}")

    answers = [
        reading.said(request("/", header, at=at * NS), HERE) for at in (5, 44, 45, 44)
    ]

    assert answers == ["jansen", "jansen", "<expired_token>", "jansen"]


def test_memory_of_tokens_is_bounded() -> None:
    """Anybody may send as many as he likes."""
    scheme = BearerScheme(LAX, KEYS, remembered=2)
    reading = Reading(scheme)

    for number in range(5):
        token = EC.token(sub=f"user{number}")
        reading.said(request("/", ("Authorization", f"Bearer {token}"), at=0), HERE)

    assert len(scheme) == 2


def test_name_is_the_configured_claim() -> None:
    """Issuers put a random id into sub and the account elsewhere."""
    identity = dataclasses.replace(LAX, claim="preferred_username")

    assert said(EC.token(preferred_username="jansen", sub="8f1e"), identity) == "jansen"


def test_token_of_another_key_is_a_forgery() -> None:
    """Recorded as one, and nobody's name."""
    asked = request("/", ("Authorization", f"Bearer {STRANGER.token(sub='boss')}"))

    claim = Reading.of(LAX, KEYS).claim(asked, HERE)

    assert claim is not None
    assert (claim.name, claim.reason, claim.forged) == ("", "bad_signature", True)
    assert claim.strength is Strength.NONE


def test_claims_under_another_tokens_signature_are_a_forgery() -> None:
    """The signature is over the claims."""
    assert said(resigned(EC.token())) == "<bad_signature>"


@pytest.mark.parametrize("word", ["none", "None", "NONE", "nOnE"])
def test_algorithm_none_is_nobodys(word: str) -> None:
    """In any spelling, with or without something in place of a signature."""
    claims = {"sub": "boss", "exp": NOW + 3600}

    assert said(unsigned({"alg": word}, claims)) == "<unsigned_token>"
    assert said(unsigned({"alg": word}, claims, "AAAA")) == "<unsigned_token>"


def test_public_key_is_no_secret() -> None:
    """HMAC with the RSA public key, which everybody has, is the classic forgery."""
    allowed = dataclasses.replace(LAX, algorithms=("RS256", "HS256"))
    claims = json.dumps({"sub": "boss", "exp": NOW + 3600}).encode()
    # PyJWT refuses to sign so; any other tool does not.
    algorithm = jwt.get_algorithm_by_name("HS256")
    head = unsigned({"alg": "HS256", "kid": "two"}, json.loads(claims))[:-1]
    signature = algorithm.sign(head.encode(), RSA.pem())
    forged = f"{head}.{jwt.utils.base64url_encode(signature).decode()}"

    assert said(forged, allowed) == "<algorithm_refused>"
    assert said(forged) == "<algorithm_refused>"


@pytest.mark.parametrize("header", [{"kid": "three"}, {"kid": 7}, {"kid": ["one"]}])
def test_key_that_is_not_in_the_set_is_unknown(header: dict[str, object]) -> None:
    """A key that was rotated is no forgery; it is not known here."""
    claims = {"sub": "boss", "exp": NOW + 3600}

    token = unsigned({"alg": "ES256", **header}, claims, "A" * 86)

    assert said(token) == "<unknown_key>"


@pytest.mark.parametrize("extra", [{"crit": ["exp"], "exp": 1}, {"b64": False}])
def test_token_that_changes_the_rules_is_refused(extra: dict[str, object]) -> None:
    """RFC 7515 4.1.11: what is critical and not understood is invalid."""
    claims = {"sub": "boss", "exp": NOW + 3600}

    token = unsigned({"alg": "ES256", "kid": "one", **extra}, claims, "A" * 86)

    assert said(token) == "<unsupported_token>"


def test_key_inside_the_token_is_not_looked_at() -> None:
    """``jwk`` and ``jku`` say who signed in the words of whoever signed."""
    token = STRANGER.token({"jwk": STRANGER.jwk(), "jku": "https://evil.test"})

    assert said(token) == "<bad_signature>"


@pytest.mark.parametrize(
    "token",
    ["8f1e2d3c", "a.b", "a.b.c", "a.b.c.d.e", "e30.e30.", "", "W10.W10.x", "." * 9],
)
def test_what_is_no_signed_token_names_nobody(token: str) -> None:
    """Opaque tokens are the issuer's to look up."""
    found = said(token)

    assert found is not None
    assert found.startswith("<")


def test_endless_token_is_not_read() -> None:
    """Servers refuse such headers too."""
    assert said(EC.token(padding="x" * MAX_TOKEN)) == "<opaque_token>"


def test_token_may_stand_in_a_cookie() -> None:
    """Where applications put it for browsers."""
    identity = dataclasses.replace(LAX, header=None, cookie="token")
    reading = Reading.of(identity, KEYS)
    good, other = EC.token(), EC.token(sub="devries")

    one = reading.said(request("/", ("Cookie", f"a=b; token={good}")), HERE)
    two = reading.said(request("/", ("Cookie", f"token={good}; token={other}")), HERE)
    same = reading.said(request("/", ("Cookie", f"token={good}; token={good}")), HERE)
    none = reading.said(request("/", ("Authorization", f"Bearer {good}")), HERE)

    assert (one, two, same, none) == ("jansen", "<ambiguous>", "jansen", None)


def test_token_may_stand_in_a_header_of_its_own() -> None:
    """Bare or after the word, under every spelling of its name."""
    identity = dataclasses.replace(LAX, header="x-access-token")
    reading = Reading.of(identity, KEYS)
    good, other = EC.token(), EC.token(sub="devries")

    bare = reading.said(request("/", ("X-Access-Token", good)), HERE)
    word = reading.said(request("/", ("X-Access-Token", f"Bearer {good}")), HERE)
    both = reading.said(
        request("/", ("X-Access-Token", good), ("X_Access_Token", other)), HERE
    )

    assert (bare, word, both) == ("jansen", "jansen", "<ambiguous>")


def test_header_and_cookie_that_differ_are_ambiguous() -> None:
    """Which one the application takes is not known."""
    reading = Reading.of(dataclasses.replace(LAX, cookie="token"), KEYS)
    good, other = EC.token(), EC.token(sub="devries")
    header = ("Authorization", f"Bearer {good}")

    differ = reading.said(request("/", header, ("Cookie", f"token={other}")), HERE)
    agree = reading.said(request("/", header, ("Cookie", f"token={good}")), HERE)

    assert (differ, agree) == ("<ambiguous>", "jansen")


def test_two_headers_are_ambiguous() -> None:
    """Servers differ in which one counts."""
    header = ("Authorization", f"Bearer {EC.token()}")

    found = Reading.of(LAX, KEYS).said(request("/", header, header), HERE)

    assert found == "<ambiguous>"


@given(st.binary(max_size=300))
def test_no_token_raises(value: bytes) -> None:
    """Anything may stand after the word."""
    asked = request("/", ("Authorization", b"Bearer " + value))

    Reading.of(LAX, KEYS).claim(asked, HERE)
