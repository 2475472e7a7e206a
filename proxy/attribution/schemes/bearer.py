"""Bearer tokens (RFC 6750) that are signed JWTs (RFC 7519), checked here.

The keys come from a local file, never from an address in a token: ``jku``,
``x5u`` and ``jwk`` are not looked at. A key is used with the algorithms the rule
set allows *and* its own type can have, so that a public RSA key never serves as
an HMAC secret, and ``none`` is nobody's algorithm. Issuer, audience and times
are compared as of the request's first byte. Tokens that are no JWTs are opaque:
their bearer is not known here.

What a token's signature and claims say does not change, so it is remembered by
the token's hash; its times are asked anew for every request.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import OrderedDict
from typing import Any, NamedTuple

import msgspec

from proxy.attribution.asked import Asked
from proxy.attribution.keys import request_cookies
from proxy.attribution.materials import Materials
from proxy.attribution.schemes.accompanying import Claim, Peer
from proxy.attribution.schemes.account import checked_name
from proxy.attribution.schemes.authorization import credentials
from proxy.attribution.schemes.key_set import KeySet
from proxy.attribution.schemes.names import folded, folded_values
from proxy.attribution.specs.headers import BearerIdentity
from proxy.events import Strength
from proxy.exchange.model import Request, Response

MAX_TOKEN = 16 * 1024
"""Bytes of a token; servers take headers of 8 KiB, some 16."""
REMEMBERED = 4096
"""Tokens whose outcome is remembered: more than people active at a time."""

_FORGED = frozenset({"bad_signature", "unsigned_token"})
"""No issuer wrote such a token."""


class _Found(NamedTuple):
    """What a token says, its times aside."""

    name: str
    reason: str
    not_before_ns: int = 0
    expires_ns: int = 0
    """0: never."""


class BearerScheme:
    """Reads one ``BearerIdentity``.

    Raises:
        UsageError: PyJWT is not installed, or the key set is unusable.
    """

    def __init__(
        self,
        identity: BearerIdentity,
        materials: Materials,
        *,
        remembered: int = REMEMBERED,
    ) -> None:
        self._identity = identity
        self._keys = KeySet(
            materials.file(identity.jwks), identity.algorithms, identity.jwks
        )
        header = (identity.header or "").encode("latin-1", "replace")
        self._header = folded(header)
        self._is_authorization = header == b"authorization"
        self._cookie = (identity.cookie or "").encode("latin-1", "replace")
        self._memory: OrderedDict[bytes, _Found] = OrderedDict()
        self._most = remembered

    def __len__(self) -> int:
        return len(self._memory)

    def claim(self, asked: Asked, peer: Peer) -> Claim | None:
        """See ``Accompanying``."""
        tokens = self._tokens(asked.request)
        if not tokens:
            return None
        if len(tokens) > 1 or not tokens[0]:
            return self._claim("", "ambiguous")
        found = self._read(tokens[0])
        name, reason = found.name, found.reason
        if name:
            now = asked.request.start_ns + peer.wall_minus_monotonic_ns
            reason = self._time_reason(found, now)
        return self._claim("" if reason else name, reason)

    def challenged(self, asked: Asked, response: Response) -> None:
        """Nothing to learn: a signature is checked wherever it stands."""

    def _claim(self, name: str, reason: str) -> Claim:
        return Claim(
            name=name,
            scheme=self._identity.name,
            strength=Strength.VERIFIED if name else Strength.NONE,
            reason=reason,
            forged=reason in _FORGED,
        )

    def _tokens(self, request: Request) -> list[bytes]:
        """Every token that may count, each once; empty bytes for "several"."""
        found: list[bytes] = []
        if self._is_authorization:
            mine = credentials(request, b"bearer")
            if mine is not None:
                found.append(mine.text)
        elif self._header:
            for _, value in folded_values(request.headers, self._header):
                word, _, rest = value.partition(b" ")
                found.append(rest.strip() if word.lower() == b"bearer" else value)
        if self._cookie:
            found += [
                value
                for name, value in request_cookies(request.headers)
                if name == self._cookie and value
            ]
        return list(dict.fromkeys(found))

    def _read(self, token: bytes) -> _Found:
        digest = hashlib.sha256(token).digest()
        found = self._memory.get(digest)
        if found is not None:
            self._memory.move_to_end(digest)
            return found
        found = self._verify(token)
        self._memory[digest] = found
        if len(self._memory) > self._most:
            self._memory.popitem(last=False)
        return found

    def _verify(self, token: bytes) -> _Found:
        parts = token.split(b".")
        header = _json(parts[0]) if len(parts) == 3 else None
        if len(token) > MAX_TOKEN or not isinstance(header, dict):
            # Opaque tokens and encrypted ones (five parts) name nobody here.
            return _Found("", "opaque_token")
        reason = self._keys.refuses(token, header)
        if reason:
            return _Found("", reason)
        claims = _json(parts[1])
        if not isinstance(claims, dict):
            return _Found("", "malformed_token")
        return self._named(claims)

    def _named(self, claims: dict[str, Any]) -> _Found:
        identity = self._identity
        if identity.issuer is not None and claims.get("iss") != identity.issuer:
            return _Found("", "wrong_issuer")
        if identity.audience is not None:
            audience = claims.get("aud")
            meant = audience if isinstance(audience, list) else [audience]
            if identity.audience not in meant:
                return _Found("", "wrong_audience")
        try:
            not_before = _nanoseconds(claims.get("nbf", 0))
            expires = _nanoseconds(claims.get("exp", 0))
        except (TypeError, ValueError, OverflowError):
            return _Found("", "malformed_token")
        if "exp" in claims and expires <= 0:
            return _Found("", "expired_token")
        name = claims.get(identity.claim)
        if not isinstance(name, str):
            return _Found("", "no_name_claim")
        return _Found(*checked_name(name), not_before, expires)

    def _time_reason(self, found: _Found, now_ns: int) -> str:
        leeway = self._identity.leeway_ns
        if found.expires_ns and now_ns >= found.expires_ns + leeway:
            return "expired_token"
        if now_ns + leeway < found.not_before_ns:
            return "token_not_yet_valid"
        return ""


def _json(part: bytes) -> object:
    """A part of a token, decoded; None when it is no JSON."""
    try:
        data = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
        return msgspec.json.decode(data)
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return None


def _nanoseconds(seconds: object) -> int:
    """A NumericDate (RFC 7519 2)."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError
    return int(seconds * 1_000_000_000)
