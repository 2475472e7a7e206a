"""The ``transparent`` part of an application: connections the kernel leads here.

Destinations are addresses, not names: they stand in the kernel's rules, and a name
may mean another host tomorrow.
"""

from __future__ import annotations

from ipaddress import ip_address

from proxy.config.model import Transparent, TransparentMethod
from proxy.document import Address, Fields, Problems
from proxy.document.values import parse_address

MOST = 64
"""Addresses of one application; each is looked up in a set, the bound is for people."""


def transparent(
    fields: Fields, upstream: Address, problems: Problems
) -> Transparent | None:
    """What is said of an application; mistakes go to ``problems``."""
    node = fields.child("transparent")
    if node is None:
        return None
    found: list[Address] = []
    with Fields(node, problems) as inner:
        method = inner.choice("method", TransparentMethod, TransparentMethod.REDIRECT)
        written = inner.elements("destinations")
        for each in written[:MOST]:
            address = parse_address(each.text)
            if address is None or not _numeric(address):
                inner.wrong(each, "not an address and a port", "such as 192.0.2.10:443")
            else:
                found.append(_plain(address))
        if len(written) > MOST:
            inner.wrong(node, f"more than {MOST} destinations", "fewer, or a network")
        if not written and _numeric(upstream):
            found.append(_plain(upstream))
        elif not written:
            inner.required("destinations", "addresses such as 192.0.2.10:443")
        if fields.has("proxy_protocol"):
            inner.wrong(
                node,
                "behind a load balancer that speaks PROXY nothing is led here",
                "transparent or proxy_protocol",
            )
    return Transparent(method=method, destinations=tuple(dict.fromkeys(found)))


def _numeric(address: Address) -> bool:
    try:
        ip_address(address.host)
    except ValueError:
        return False
    return True


def _plain(address: Address) -> Address:
    return Address(str(ip_address(address.host)), address.port)
