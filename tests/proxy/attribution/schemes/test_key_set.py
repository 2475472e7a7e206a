"""Key sets: which keys may sign what, and what is said about the rest."""

from __future__ import annotations

import json

import pytest

from proxy.attribution.schemes.key_set import KeySet
from proxy.errors import UsageError
from tests.support.tokens import Issuer, key_set

SHORT = {"kty": "oct", "kid": "s", "k": "c2hvcnQ"}
LONG = {"kty": "oct", "kid": "s", "k": "A" * 43}


def refused(content: bytes, *algorithms: str) -> str:
    """What is said about a file."""
    with pytest.raises(UsageError) as error:
        KeySet(content, algorithms, "keys.json")
    return str(error.value)


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "RS256", "PS256", "EdDSA"])
def test_key_signs_what_its_type_can(algorithm: str) -> None:
    """One token of each family."""
    issuer = Issuer(algorithm)
    keys = KeySet(key_set(issuer), (algorithm,), "keys.json")

    reason = keys.refuses(issuer.token().encode(), {"alg": algorithm, "kid": "one"})

    assert reason == ""


def test_keys_without_a_name_are_all_tried() -> None:
    """Old sets have none."""
    first, second = Issuer(kid=None), Issuer(kid=None)
    keys = KeySet(key_set(first, second), ("ES256",), "keys.json")

    assert keys.refuses(second.token().encode(), {"alg": "ES256"}) == ""


def test_algorithm_of_the_key_itself_is_kept() -> None:
    """A key published for one algorithm does not sign with another."""
    issuer = Issuer("RS256", alg="RS256")

    said = refused(key_set(issuer), "PS256")

    assert said == "keys.json: no key can sign with PS256"


def test_key_for_encryption_is_left_out() -> None:
    """``use: enc`` signs nothing."""
    said = refused(key_set(Issuer(use="enc")), "ES256")

    assert said == "keys.json: no key can sign with ES256"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"keys": []}', b'{"keys": 7}', b"\xff", b"7"]
)
def test_file_that_is_no_key_set_is_refused(content: bytes) -> None:
    """Before anything listens."""
    assert "no JSON Web Key Set" in refused(content, "ES256")


def test_key_that_cannot_be_read_is_never_quoted() -> None:
    """A set may hold secrets."""
    broken = {"kty": "EC", "crv": "P-256", "x": "c2VjcmV0", "y": "c2VjcmV0"}
    content = json.dumps({"keys": [broken]}).encode()

    said = refused(content, "ES256")

    assert said == "keys.json: key 1 cannot be read"


def test_secret_that_is_too_short_is_refused() -> None:
    """RFC 7518 3.2: as long as the hash at least."""
    content = json.dumps({"keys": [SHORT]}).encode()

    assert refused(content, "HS256") == "keys.json: key 1 is too short for HS256"


def test_shared_secret_counts_only_when_allowed() -> None:
    """Whoever can check with it can sign with it."""
    content = json.dumps({"keys": [LONG]}).encode()

    assert KeySet(content, ("HS256",), "keys.json").refuses(b"a.b.c", {"alg": "RS256"})
    assert "no key can sign" in refused(content, "RS256")
