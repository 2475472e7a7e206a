"""Tokens as an issuer would sign them, and as somebody who is none would."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

NOW = 1_800_000_000
"""Seconds since the epoch."""

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class Issuer:
    """One key of an identity provider, and what it signs."""

    def __init__(
        self, algorithm: str = "ES256", kid: str | None = "one", **more: str
    ) -> None:
        self.algorithm = algorithm
        self.kid = kid
        self.more = more
        self.key = _key(algorithm)

    def jwk(self) -> dict[str, Any]:
        """The public half, as in a key set."""
        made = jwt.get_algorithm_by_name(self.algorithm).to_jwk(
            self.key.public_key(), as_dict=True
        )
        named = {} if self.kid is None else {"kid": self.kid}
        return {**made, **named, **self.more}

    def pem(self) -> bytes:
        """The public half, as a file anybody may have."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def token(self, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token of ``jansen``, good for an hour, unless claims say otherwise."""
        said = {"sub": "jansen", "exp": NOW + 3600, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        named = {} if self.kid is None else {"kid": self.kid}
        return jwt.api_jws.encode(
            json.dumps(said).encode(),
            self.key,
            algorithm=self.algorithm,
            headers={**named, **(headers or {})},
        )


def key_set(*issuers: Issuer) -> bytes:
    """A file with their public keys."""
    return json.dumps({"keys": [issuer.jwk() for issuer in issuers]}).encode()


def unsigned(
    header: dict[str, Any], claims: dict[str, Any], signature: str = ""
) -> str:
    """A token nobody signed."""
    return ".".join((_part(header), _part(claims), signature))


def resigned(token: str, **claims: Any) -> str:
    """The token with other claims and the signature it had."""
    header, _, signature = token.split(".")
    said = {"sub": "boss", "exp": NOW + 3600, **claims}
    return ".".join((header, _part(said), signature))


def _part(value: dict[str, Any]) -> str:
    data = json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _key(algorithm: str) -> PrivateKey:
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm.startswith("ES"):
        curve = ec.SECP384R1() if algorithm == "ES384" else ec.SECP256R1()
        return ec.generate_private_key(curve)
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
