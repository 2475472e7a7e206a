"""Identities that accompany a request, rather than being posted to a login.

Basic, Digest, NTLM, Kerberos, bearer tokens, client certificates and trusted
headers have one thing in common: a request *carries* a claim, and the answer
says whether the application took it. A scheme of this kind reads the claim; the
mechanism (``observing``) does the rest for all of them alike:

* ``Scope.REQUEST``: the claim is about this exchange alone;
* ``Scope.CONNECTION``: once accepted it stays for the connection, and later
  requests carry nothing (NTLM, persistent Kerberos);
* a session key issued in answer to an accepted claim is bound to its name
  (header first, cookie afterwards).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from proxy.attribution.asked import Asked
from proxy.attribution.spec import Predicate
from proxy.events import Strength
from proxy.exchange.model import Response


class Scope(Enum):
    """How long an accepted claim counts."""

    REQUEST = "request"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Peer:
    """The connection a request came on, as far as schemes may ask."""

    address: str
    """The peer of the TCP connection, whatever headers say."""
    wire: int
    connection: int
    certificate: bytes | None = None
    """DER of the client certificate, *not* verified by the wire."""
    chain: tuple[bytes, ...] = ()
    """DER of the certificates the client sent beside it; not verified either."""
    wall_minus_monotonic_ns: int = 0
    """Added to a time of the exchange gives the wall clock: what tokens and
    certificates were valid *then* is asked, never what they are now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a request says about who sent it."""

    name: str
    """As it was on the wire; empty when it is not readable or not to be believed
    (``reason`` says why), and then the exchange stays nameless for that reason."""
    scheme: str
    strength: Strength
    """What the name is worth once it was accepted."""
    scope: Scope = Scope.REQUEST
    reason: str = ""
    """Why there is no name: ``anonymous``, ``no_key``, ``userhash``,
    ``bad_signature``, ``forged``, ``malformed_token``, ... lower_snake."""
    accepted_when: Predicate | None = None
    """None: the response is neither 401 nor 407, and there is one."""
    retried: Callable[[Response], bool] | None = None
    """True of a 401 that asks for the same again (a stale nonce): it refuses
    nobody. None: every 401 and 407 refuses."""
    clears: bool = False
    """The handshake on this connection starts anew (an NTLM Type 1): whoever the
    connection was before is over from the first byte of this request on."""
    on_wire: str = ""
    """What was readable beside or instead of the name, for ``Actor.on_wire`` (the
    realm of a ticket that could not be opened: ``@EXAMPLE.NL``); empty: the name."""
    forged: bool = False
    """Somebody who may not say so said so: recorded as a forged identity."""


class Accompanying(Protocol):
    """One scheme of a rule set, ready to read requests. Never raises."""

    def claim(self, asked: Asked, peer: Peer) -> Claim | None:
        """The claim of this request; None when it carries none of this scheme."""

    def challenged(self, asked: Asked, response: Response) -> None:
        """Told of every 401/407: a scheme may learn what is protected."""
