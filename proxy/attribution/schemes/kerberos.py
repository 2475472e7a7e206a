"""Kerberos inside ``Negotiate``: a ticket that only the service can open.

With a copy of the service's keytab the sidecar opens it as well, and the name
is proven, whatever the application is (``verified``). The name still counts
only when the application did not refuse the request: a ticket may be stolen,
replayed or meant for another use, and replays are the application's to refuse,
since both see every ticket.

Without a keytab nothing but the realm of the service is readable.
"""

from __future__ import annotations

from proxy.attribution.asked import Asked
from proxy.attribution.materials import Acceptor, Materials, Refused
from proxy.attribution.schemes.accompanying import Claim, Peer, Scope
from proxy.attribution.schemes.authorization import LOOKED_AT
from proxy.attribution.schemes.base import MAX_NAME
from proxy.attribution.schemes.negotiate import Kind, offered
from proxy.attribution.specs.windows import KerberosIdentity
from proxy.attribution.spnego import realm_of
from proxy.errors import UsageError
from proxy.events import Strength
from proxy.exchange.model import Response


class KerberosScheme:
    """Reads one ``KerberosIdentity``.

    Raises:
        UsageError: the keytab was not handed over.
    """

    def __init__(self, identity: KerberosIdentity, materials: Materials) -> None:
        self._identity = identity
        self._accept: Acceptor | None = None
        if identity.keytab:
            self._accept = materials.acceptors.get(identity.keytab)
            if self._accept is None:
                raise UsageError(f"{identity.keytab}: the rule set needs this keytab")

    def claim(self, asked: Asked, peer: Peer) -> Claim | None:  # noqa: ARG002
        """See ``Accompanying``."""
        found = offered(asked.request)
        if found is None:
            return None
        if found.kind is Kind.BROKEN:
            return self._claim("", "malformed_token")
        if found.kind is not Kind.KERBEROS:
            # On a kept connection it may be somebody else who speaks now.
            if self._identity.persistent:
                return self._claim("", "other_credentials")
            return None
        if self._accept is None:
            realm = realm_of(found.token)
            return self._claim("", "no_keytab", f"@{realm}" if realm else "")
        name = self._accept(found.token)
        if isinstance(name, Refused):
            return self._claim("", name.reason)
        if not name or len(name) > MAX_NAME or not name.isprintable():
            return self._claim("", "unusable_name")
        return self._claim(name)

    def challenged(self, asked: Asked, response: Response) -> None:
        """See ``Accompanying``; nothing to learn."""

    def _claim(self, name: str, reason: str = "", on_wire: str = "") -> Claim:
        persistent = self._identity.persistent
        return Claim(
            name=name,
            scheme=self._identity.name,
            strength=Strength.VERIFIED if name else Strength.NONE,
            scope=Scope.CONNECTION if persistent else Scope.REQUEST,
            reason=reason,
            accepted_when=LOOKED_AT if persistent else None,
            clears=persistent,
            on_wire=on_wire,
        )
