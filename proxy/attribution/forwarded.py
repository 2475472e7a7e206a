"""The client's address behind proxies: X-Forwarded-For and Forwarded (RFC 7239).

Each proxy appends the address it was asked from, so the header is read from the
right: the last hop that no listed proxy vouches for is the client. What stands
left of it was written by that client and may be anything. From a peer that is
not listed the header is not read at all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from proxy.attribution.specs.accounts import ForwardedFor, Network
from proxy.exchange.model import Headers

MAX_HOPS = 16
"""Proxies in a row; beyond them nothing is read."""
_FOR = re.compile(
    r'(?:^|;)[ \t]*for[ \t]*=[ \t]*(?:"([^"\\]*)"|([^;,"\s]*))[ \t]*(?=;|\Z)',
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"[^"]*"')


def client_address(peer: str, headers: Headers, rules: ForwardedFor) -> str:
    """Who asked, as far as listed proxies say so; else the peer itself.

    A hop that cannot be read (``unknown``, an obfuscated identifier) ends the
    reading at the proxy that said it.
    """
    at = peer
    if not listed(at, rules.peers):
        return peer
    wanted = rules.header.encode("latin-1", "replace")
    text = b",".join(value for name, value in headers if name == wanted)
    hops = _hops(text.decode("latin-1"), elements=rules.header == "forwarded")
    for hop in hops[:MAX_HOPS]:
        address = _address(hop)
        if address is None:
            return at
        at = str(address)
        if not listed(at, rules.peers):
            break
    return at


@lru_cache(maxsize=4096)
def listed(address: str, peers: tuple[Network, ...]) -> bool:
    """Whether an address is in one of these networks."""
    found = _address(address)
    return found is not None and any(found in network for network in peers)


def _hops(text: str, *, elements: bool) -> list[str]:
    """Hops, the nearest first."""
    if not text:
        return []
    if not elements:
        return [hop.strip() for hop in reversed(text.split(","))]
    # A comma inside quotes separates nothing.
    masked = _QUOTED.sub(lambda quoted: quoted[0].replace(",", "\0"), text)
    found = []
    for element in reversed(masked.split(",")):
        named = _FOR.findall(element)
        # Two in one element, or none: which proxy said what is not known.
        found.append("".join(named[0]) if len(named) == 1 else "")
    return found


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """``192.0.2.1``, ``192.0.2.1:80``, ``2001:db8::1`` or ``[2001:db8::1]:80``."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
