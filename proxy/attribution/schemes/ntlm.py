"""NTLM over HTTP: an identity of the connection, proven in three messages.

The client offers (type 1), the server answers 401 with a challenge (type 2),
the client answers it with a name and a proof (type 3), and from then on every
request of the connection is that user's, without any header. What the name
says is free text; that the application did not refuse the proof is what counts.

A server that does not ask for credentials does not look at them, so a type 3
counts only where it was asked for: as the very next request of the connection
that was challenged, with the same method and target. A type 3 out of nowhere
names nobody (``no_challenge``), and neither does one that contradicts the
challenge about how its text is written.

A new type 1, and any other Authorization, is over whoever the connection was
before: a binding is never carried across a handshake.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from proxy.attribution import ntlm
from proxy.attribution.asked import Asked
from proxy.attribution.schemes.accompanying import Claim, Peer, Scope
from proxy.attribution.schemes.authorization import LOOKED_AT
from proxy.attribution.schemes.negotiate import (
    Kind,
    Offered,
    challenge_flags,
    offered,
)
from proxy.attribution.specs.windows import NtlmIdentity
from proxy.events import Strength
from proxy.exchange.model import Response

MAX_HANDSHAKES = 4096
"""Handshakes between type 1 and type 3; each lasts milliseconds. The oldest goes
when there are more: its user stays nameless."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """A type 1 that was sent, and the challenge it got, if it got one."""

    method: bytes
    target: bytes
    flags: int | None = None


class NtlmScheme:
    """Reads one ``NtlmIdentity``."""

    def __init__(
        self, identity: NtlmIdentity, *, handshakes: int = MAX_HANDSHAKES
    ) -> None:
        self._identity = identity
        self._most = handshakes
        self._underway: OrderedDict[tuple[int, int], _Asking] = OrderedDict()
        self._offering: tuple[Asked, tuple[int, int]] | None = None
        self._nobody = Claim(
            name="",
            scheme=identity.name,
            strength=Strength.NONE,
            scope=Scope.CONNECTION,
            accepted_when=LOOKED_AT,
            clears=True,
        )
        self.evicted = 0
        """Handshakes that were pushed out."""

    def __len__(self) -> int:
        return len(self._underway)

    def claim(self, asked: Asked, peer: Peer) -> Claim | None:
        """See ``Accompanying``."""
        key = peer.wire, peer.connection
        before = self._underway.pop(key, None)
        found = offered(asked.request)
        if found is None:
            return None
        if found.kind is Kind.OTHER or found.kind is Kind.KERBEROS:
            return replace(self._nobody, reason="other_credentials")
        kind = ntlm.message_type(found.token)
        if kind == 1:
            self._begin(asked, key)
            return replace(self._nobody, reason="handshake", retried=_is_challenge)
        if kind == 3:
            return self._authenticated(asked, found, before)
        return replace(self._nobody, reason="malformed_token")

    def challenged(self, asked: Asked, response: Response) -> None:
        """See ``Accompanying``: called for the request that was claimed last."""
        if self._offering is None or self._offering[0] is not asked:
            return
        key = self._offering[1]
        self._offering = None
        asking, flags = self._underway.get(key), challenge_flags(response)
        if asking is not None and flags is not None:
            self._underway[key] = replace(asking, flags=flags)

    def _begin(self, asked: Asked, key: tuple[int, int]) -> None:
        request = asked.request
        self._offering = asked, key
        self._underway[key] = _Asking(request.method, request.target)
        if len(self._underway) > self._most:
            self._underway.popitem(last=False)
            self.evicted += 1

    def _authenticated(
        self, asked: Asked, found: Offered, before: _Asking | None
    ) -> Claim:
        request = asked.request
        if (
            before is None
            or before.flags is None
            or (before.method, before.target) != (request.method, request.target)
        ):
            return replace(self._nobody, reason="no_challenge")
        read = ntlm.authenticated(found.token, self._identity.oem_charset)
        chosen = before.flags & (ntlm.UNICODE | ntlm.OEM)
        if read.name and chosen and read.unicode != bool(chosen & ntlm.UNICODE):
            return replace(self._nobody, reason="ambiguous")
        if not read.name:
            return replace(self._nobody, reason=read.reason)
        return replace(self._nobody, name=read.name, strength=Strength.CONFIRMED)


def _is_challenge(response: Response) -> bool:
    return challenge_flags(response) is not None
