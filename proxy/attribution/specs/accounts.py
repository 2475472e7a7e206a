"""What a rule set says about names of accounts and addresses of clients."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class NameRules:
    r"""``names: {ignore_case: true, domains: [EXAMPLE], suffixes: [example.nl]}``.

    How the spellings of one account become one name. Only listed domains are
    taken off: ``OTHER\\jansen`` is somebody else than ``EXAMPLE\\jansen``.
    """

    ignore_case: bool = False
    """Names are written in lower case."""
    domains: tuple[str, ...] = ()
    """NetBIOS domains that are left out of ``DOMAIN\\user``; no case."""
    suffixes: tuple[str, ...] = ()
    """Realms and UPN suffixes left out of ``user@suffix``; no case."""
    aliases: str | None = None
    """Path of the alias file, as the rule set wrote it."""

    def files(self) -> tuple[str, ...]:
        """Files it refers to, as written."""
        return () if self.aliases is None else (self.aliases,)


@dataclass(frozen=True, slots=True)
class ForwardedFor:
    """``client_address: {forwarded_for: {peers: [10.0.0.0/8]}}``."""

    peers: tuple[Network, ...]
    """Proxies whose word counts."""
    header: str = "x-forwarded-for"
    """Lower-case name of the header they write: this one or ``forwarded``. One
    and not both: a proxy that writes the one lets clients write the other."""
