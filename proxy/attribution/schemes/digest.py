r"""Digest (RFC 7616): a user name in clear, and proof of a password.

The proof needs the password to be checked, so the application's acceptance is
what counts, as with Basic. Traps:

* ``username*`` (RFC 5987) instead of ``username``; both: two readings;
* ``userhash=true``: the name is a hash, readable by the server alone;
* ``uri`` must be the request's own target, or the proof is of another request;
* a backslash that is not an escape (``DOMAIN\user`` of old browsers) is read
  in two ways;
* a 401 with ``stale=true`` asks for the same again and refuses nobody.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from proxy.attribution.asked import Asked
from proxy.attribution.schemes.accompanying import Claim, Peer
from proxy.attribution.schemes.account import account_name
from proxy.attribution.schemes.authorization import (
    LOOKED_AT,
    Protected,
    credentials,
)
from proxy.attribution.schemes.challenges import Parameter, challenges, parameters
from proxy.attribution.specs.headers import DigestIdentity, NameCharset
from proxy.events import Strength
from proxy.exchange.model import Response

_CHARSETS = {"utf-8": NameCharset.UTF_8, "iso-8859-1": NameCharset.LATIN_1}


class DigestScheme:
    """Reads one ``DigestIdentity``."""

    def __init__(self, identity: DigestIdentity) -> None:
        self._identity = identity
        self._protected = Protected(b"digest", identity.realm, identity.protected)

    def claim(self, asked: Asked, peer: Peer) -> Claim | None:  # noqa: ARG002 - the port
        """See ``Accompanying``. None where the header proves nothing."""
        found = credentials(asked.request, b"digest")
        if found is None or not self._protected.covers(asked):
            return None
        name, reason = "", found.reason
        if not reason:
            name, reason = self._name(asked, found.text)
        return Claim(
            name=name,
            scheme=self._identity.name,
            strength=Strength.CONFIRMED if name else Strength.NONE,
            reason=reason,
            accepted_when=LOOKED_AT,
            retried=is_stale,
        )

    def challenged(self, asked: Asked, response: Response) -> None:
        """See ``Accompanying``."""
        self._protected.learn(asked, response)

    def _name(self, asked: Asked, text: bytes) -> tuple[str, str]:
        found = parameters(text)
        if found is None:
            return "", "malformed_credentials"
        by_name: dict[bytes, Parameter] = {}
        for parameter in found:
            if parameter.name in by_name:
                return "", "ambiguous"
            by_name[parameter.name] = parameter
        if _value(by_name, b"userhash").lower() == b"true":
            return "", "userhash"
        realm = self._identity.realm
        if realm is not None and _value(by_name, b"realm") != realm.encode():
            return "", "other_realm"
        if not _same_target(asked, _value(by_name, b"uri")):
            return "", "uri_mismatch"
        return self._user(by_name)

    def _user(self, by_name: dict[bytes, Parameter]) -> tuple[str, str]:
        plain, extended = by_name.get(b"username"), by_name.get(b"username*")
        if plain is not None and extended is not None:
            return "", "ambiguous"
        if extended is not None:
            return _extended(extended.value)
        if plain is None:
            return "", "malformed_credentials"
        if plain.odd:
            return "", "ambiguous"
        return account_name(plain.value, self._identity.charset)


def is_stale(response: Response) -> bool:
    """Whether a 401 says only that the nonce was old (RFC 7616 3.3)."""
    return any(
        challenge.scheme == b"digest"
        and (challenge.get(b"stale") or b"").lower() == b"true"
        for challenge in challenges(response)
    )


def _value(by_name: dict[bytes, Parameter], name: bytes) -> bytes:
    parameter = by_name.get(name)
    return b"" if parameter is None else parameter.value


def _extended(value: bytes) -> tuple[str, str]:
    """``UTF-8''J%C3%A4s%C3%B8n`` (RFC 5987 3.2)."""
    charset, quote, rest = value.partition(b"'")
    _, second, text = rest.partition(b"'")
    known = _CHARSETS.get(charset.decode("latin-1").lower())
    if not quote or not second or known is None:
        return "", "malformed_credentials"
    return account_name(unquote_to_bytes(text), known)


def _same_target(asked: Asked, uri: bytes) -> bool:
    if uri == asked.request.target:
        return True
    target = asked.target
    query = b"?" + target.raw_query if target.raw_query else b""
    # Of absolute-form, clients hash the path alone (RFC 7616 3.4.6).
    return bool(target.authority) and uri == target.raw_path + query
