"""What an ``Authorization: NTLM`` or ``Negotiate`` header carries, unwrapped."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from enum import Enum

from typing_extensions import override

from proxy.attribution import ntlm
from proxy.attribution.spnego import Mechanism, unwrap
from proxy.exchange.model import Request, Response

_WORDS = frozenset({b"ntlm", b"negotiate"})


class Kind(Enum):
    """What was offered."""

    NTLM = "ntlm"
    KERBEROS = "kerberos"
    OTHER = "other"
    """Credentials of another scheme or mechanism."""
    BROKEN = "broken"
    """Readable in two ways, or not at all."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One header's token; a secret."""

    kind: Kind
    token: bytes = b""
    """NTLM: the message. Kerberos: the RFC 4121 token. Else empty."""

    @override
    def __repr__(self) -> str:
        return f"Offered({self.kind})"


def offered(request: Request) -> Offered | None:
    """What the request's Authorization offers; None without that header."""
    values = request.get_all(b"authorization")
    if not values:
        return None
    if len(values) > 1:
        return Offered(Kind.BROKEN)
    return _read(values[0])


def challenge_flags(response: Response) -> int | None:
    """Flags of the NTLM challenge in a 401; None when there is none, or two."""
    found = [
        each.token
        for each in map(_read, response.get_all(b"www-authenticate"))
        if each.kind is Kind.NTLM
    ]
    return ntlm.challenge_flags(found[0]) if len(found) == 1 else None


def _read(value: bytes) -> Offered:
    word, _, text = value.partition(b" ")
    word = word.lower()
    if word not in _WORDS:
        return Offered(Kind.OTHER)
    try:
        token = binascii.a2b_base64(text.strip(b" \t"), strict_mode=True)
    except binascii.Error:
        return Offered(Kind.BROKEN)
    inner = unwrap(token)
    if inner is None:
        return Offered(Kind.BROKEN)
    if inner.mechanism is Mechanism.NTLM:
        return Offered(Kind.NTLM, inner.token)
    if inner.mechanism is Mechanism.KERBEROS and word == b"negotiate":
        return Offered(Kind.KERBEROS, inner.token)
    return Offered(Kind.OTHER)
