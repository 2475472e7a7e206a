"""Basic (RFC 7617): user name and password, base64, with every request.

The user name ends at the *first* colon; it cannot hold one, a password can.
The password is never decoded into text. Without ``protected`` see
``authorization.Protected`` for where a header counts.
"""

from __future__ import annotations

import base64
import binascii

from proxy.attribution.asked import Asked
from proxy.attribution.schemes.accompanying import Claim, Peer
from proxy.attribution.schemes.account import account_name
from proxy.attribution.schemes.authorization import (
    LOOKED_AT,
    Protected,
    credentials,
)
from proxy.attribution.specs.headers import BasicIdentity
from proxy.events import Strength
from proxy.exchange.model import Response

MAX_CREDENTIALS = 4096
"""Bytes of base64 read: a name of 256 characters and a long passphrase."""


class BasicScheme:
    """Reads one ``BasicIdentity``."""

    def __init__(self, identity: BasicIdentity) -> None:
        self._identity = identity
        self._protected = Protected(b"basic", identity.realm, identity.protected)

    def claim(self, asked: Asked, peer: Peer) -> Claim | None:  # noqa: ARG002 - the port
        """See ``Accompanying``. None where the header proves nothing."""
        found = credentials(asked.request, b"basic")
        if found is None or not self._protected.covers(asked):
            return None
        name, reason = "", found.reason
        if not reason:
            name, reason = self._name(found.text)
        return Claim(
            name=name,
            scheme=self._identity.name,
            strength=Strength.CONFIRMED if name else Strength.NONE,
            reason=reason,
            accepted_when=LOOKED_AT,
        )

    def challenged(self, asked: Asked, response: Response) -> None:
        """See ``Accompanying``."""
        self._protected.learn(asked, response)

    def _name(self, text: bytes) -> tuple[str, str]:
        if len(text) > MAX_CREDENTIALS:
            return "", "malformed_credentials"
        try:
            # Padding is often left out, and servers do not mind.
            text = text.rstrip(b"=")
            pair = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            return "", "malformed_credentials"
        user, colon, _ = pair.partition(b":")
        if not colon:
            return "", "malformed_credentials"
        return account_name(user, self._identity.charset)
