"""A trusted header: a single sign-on proxy in front says who it is.

Believed only from the addresses of that proxy, which are compared with the peer
of the TCP connection, whatever other headers say. From anybody else it is a
forged identity: recorded as one, and nobody's name. A listed proxy that lets a
client's own header through beside its own makes two; then it is nobody's.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from proxy.attribution.asked import Asked
from proxy.attribution.schemes.accompanying import Claim, Peer
from proxy.attribution.schemes.account import account_name
from proxy.attribution.schemes.names import folded, folded_values
from proxy.attribution.specs.headers import HeaderIdentity
from proxy.events import Strength
from proxy.exchange.model import Response


class HeaderScheme:
    """Reads one ``HeaderIdentity``."""

    def __init__(self, identity: HeaderIdentity) -> None:
        self._identity = identity
        self._wanted = folded(identity.header.encode("latin-1", "replace"))
        self._last: tuple[str, bool] = ("", False)

    def claim(self, asked: Asked, peer: Peer) -> Claim | None:
        """See ``Accompanying``."""
        found = folded_values(asked.request.headers, self._wanted)
        if not found:
            return None
        if not self._listed(peer.address):
            named = any(value.strip() for _, value in found)
            return self._claim("", "forged", forged=True) if named else None
        # One proxy joins two headers into one with a comma, another does not.
        if len(found) > 1 or b"," in found[0][1]:
            return self._claim("", "ambiguous")
        return self._claim(*account_name(found[0][1], self._identity.charset))

    def challenged(self, asked: Asked, response: Response) -> None:
        """Nothing to learn: the application does not ask for this header."""

    def _claim(self, name: str, reason: str, *, forged: bool = False) -> Claim:
        return Claim(
            name=name,
            scheme=self._identity.name,
            strength=Strength.ASSERTED if name else Strength.NONE,
            reason=reason,
            forged=forged,
        )

    def _listed(self, address: str) -> bool:
        """Whether a peer may say so; the last answer is remembered."""
        if self._last[0] != address:
            self._last = (address, self._is_listed(address))
        return self._last[1]

    def _is_listed(self, text: str) -> bool:
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._identity.peers)
