"""A JSON Web Key Set (RFC 7517) from a file, and what its keys may sign.

Each key is paired with the allowed algorithms its type can have when the set is
read; a token only chooses among these pairs. Messages name the file and the
key's number, never a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from proxy.attribution.materials import extra
from proxy.errors import UsageError

MAX_KEYS = 64
"""Keys read of one set; an issuer publishes two or three."""

_FITTING: Mapping[tuple[str, str], frozenset[str]] = {
    ("RSA", ""): frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA"}),
    ("oct", ""): frozenset({"HS256", "HS384", "HS512"}),
}
"""(key type, curve) → what it can sign (RFC 7518 3.1, RFC 8037 3.1)."""
ALGORITHMS = frozenset().union(*_FITTING.values())
"""Every algorithm a rule set may allow."""


class KeySet:
    """The keys of one file, with the algorithms they are used for.

    Raises:
        UsageError: the file is no key set, or none of its keys can be used.
    """

    def __init__(self, content: bytes, algorithms: tuple[str, ...], file: str) -> None:
        self._jwt: Any = extra("jwt", "jwt", use="bearer tokens")
        self._signatures: Any = self._jwt.PyJWS(algorithms=list(algorithms))
        self._keys: list[tuple[str | None, str, Any]] = []
        try:
            keys = msgspec.json.decode(content)["keys"]
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            keys = None
        if not isinstance(keys, list) or not keys:
            raise UsageError(f"{file}: no JSON Web Key Set (an object with keys)")
        for number, key in enumerate(keys[:MAX_KEYS], 1):
            if isinstance(key, dict) and key.get("use", "sig") == "sig":
                self._add(key, algorithms, f"{file}: key {number}")
        if not self._keys:
            allowed = ", ".join(algorithms)
            raise UsageError(f"{file}: no key can sign with {allowed}")

    def refuses(self, token: bytes, header: Mapping[str, Any]) -> str:
        """Why this token is not believed; empty when its signature is good."""
        algorithm, kid = header.get("alg"), header.get("kid")
        if isinstance(algorithm, str) and algorithm.lower() == "none":
            return "unsigned_token"
        if "crit" in header or "b64" in header:
            return "unsupported_token"
        fitting = [(known, key) for known, name, key in self._keys if name == algorithm]
        if not fitting:
            return "algorithm_refused"
        if kid is not None:
            fitting = [pair for pair in fitting if pair[0] in (kid, None)]
        if not fitting:
            return "unknown_key"
        if any(self._signed(token, key, algorithm) for _, key in fitting):
            return ""
        return "bad_signature"

    def _signed(self, token: bytes, key: Any, algorithm: object) -> bool:
        try:
            self._signatures.decode_complete(token, key, algorithms=[algorithm])
        except (self._jwt.PyJWTError, ValueError, TypeError):
            return False
        return True

    def _add(
        self, key: dict[str, Any], algorithms: tuple[str, ...], where: str
    ) -> None:
        kind = (str(key.get("kty")), str(key.get("crv", "")))
        own = key.get("alg")
        for algorithm in algorithms:
            if algorithm not in _FITTING.get(kind, ()) or own not in (None, algorithm):
                continue
            try:
                made = self._jwt.PyJWK(key, algorithm=algorithm)
                short = made.Algorithm.check_key_length(made.key)
            except (self._jwt.PyJWTError, ValueError, TypeError, KeyError):
                # The library quotes the key in its message.
                raise UsageError(f"{where} cannot be read") from None
            if short:
                raise UsageError(f"{where} is too short for {algorithm}")
            kid = key.get("kid")
            self._keys.append((kid if isinstance(kid, str) else None, algorithm, made))
