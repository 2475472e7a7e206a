"""The rules in the words of nftables: one table of our own; pure.

``TABLE`` is replaced as a whole, in one transaction, and deleted as a whole: nobody
else's rules are touched and nothing is left behind.

Only the first packet of a connection (SYN) is ever led: connections that were open
before pass beside the sidecar as they did, and are listed in ``beside4`` and
``beside6`` while they do.
"""

from __future__ import annotations

from typing import Final

from proxy.config import TransparentMethod
from proxy.transparent.plan import OWN_MARK, ROUTE_MARK, Led, Plan

TABLE: Final = "inet whosaw"
LEADING: Final = ("lead_redirect", "lead_tproxy")
"""Chains whose rules lead new connections; the others keep open ones going."""
BESIDE: Final = ("beside4", "beside6")
BESIDE_MOST: Final = 65536
"""Connections listed; the kernel adds no more than these."""
BESIDE_FOR: Final = "10m"
"""Without a packet; then one is no longer listed."""

_SYN: Final = "tcp flags & (fin | syn | rst | ack) == syn"
_OVER: Final = "tcp flags & (fin | rst) != 0"


def present(plan: Plan) -> str:
    """A script that puts the rules there, in the place of those before."""
    return f"{absent()}table {TABLE} {{\n{_body(plan)}}}\n"


def absent() -> str:
    """A script that leaves nothing, whatever was there."""
    return f"table {TABLE}\ndelete table {TABLE}\n"


def leading_off() -> str:
    """A script: new connections are led no more, open ones go on."""
    return "".join(f"flush chain {TABLE} {chain}\n" for chain in LEADING)


def _body(plan: Plan) -> str:
    return "".join(
        (
            _listing(4, "ipv4_addr"),
            _listing(6, "ipv6_addr"),
            # Both are there in every case: ``leading_off`` is one script.
            _chain("lead_redirect", _lead(plan, TransparentMethod.REDIRECT)),
            _chain("lead_tproxy", _lead(plan, TransparentMethod.TPROXY)),
            _chain(
                "redirected",
                [
                    "type nat hook prerouting priority dstnat; policy accept;",
                    # Without a rule that asks for it the kernel would cease to
                    # track, and to translate, once nothing new is led.
                    "ct status dnat return",
                    'iifname "lo" return',
                    "jump lead_redirect",
                ],
            )
            if plan.by(TransparentMethod.REDIRECT)
            else "",
            _tproxy() if plan.routed else "",
            _chain("beside", _beside(plan)),
            _chain(
                "forwarded",
                [
                    "type filter hook forward priority filter; policy accept;",
                    "jump beside",
                ],
            ),
            _chain(
                "arriving",
                [
                    "type filter hook input priority filter; policy accept;",
                    'iifname "lo" return',
                    f"meta mark {ROUTE_MARK:#x} return",
                    "jump beside",
                ],
            ),
        )
    )


def _tproxy() -> str:
    marked = f"meta mark set {ROUTE_MARK:#x}"
    return _chain(
        "diverted",
        [
            "type filter hook prerouting priority mangle; policy accept;",
            # What comes back to a client's address, and what follows a SYN.
            f"meta l4proto tcp socket transparent 1 {marked} accept",
            'iifname "lo" return',
            f"meta mark {OWN_MARK:#x} return",
            "jump lead_tproxy",
        ],
    ) + _chain(
        "answered",
        [
            # An application on this very host would answer a client directly.
            "type route hook output priority mangle; policy accept;",
            f"meta mark {OWN_MARK:#x} ct mark set {OWN_MARK:#x}",
            f"ct direction reply ct mark {OWN_MARK:#x} {marked}",
        ],
    )


def _lead(plan: Plan, method: TransparentMethod) -> list[str]:
    return [
        _rule(each, address, method)
        for each in plan.by(method)
        for address in each.destinations
    ]


def _rule(led: Led, address: tuple[str, int], method: TransparentMethod) -> str:
    ip = "ip6" if ":" in address[0] else "ip"
    where = f"{ip} daddr {address[0]} tcp dport {address[1]} {_SYN}"
    if method is TransparentMethod.REDIRECT:
        return f"{where} redirect to :{led.port}"
    return f"{where} tproxy {ip} to :{led.port} meta mark set {ROUTE_MARK:#x} accept"


def _beside(plan: Plan) -> list[str]:
    found = []
    for ipv6, ip, listing in ((False, "ip", "beside4"), (True, "ip6", "beside6")):
        for host, port in plan.destinations(ipv6=ipv6):
            where = f"{ip} daddr {host} tcp dport {port}"
            key = f"{{ {ip} saddr . tcp sport . {ip} daddr . tcp dport }}"
            found.append(f"{where} {_OVER} delete @{listing} {key} return")
            found.append(f"{where} update @{listing} {key}")
    return found


def _listing(number: int, kind: str) -> str:
    return (
        f"  set beside{number} {{\n"
        f"    type {kind} . inet_service . {kind} . inet_service\n"
        f"    size {BESIDE_MOST}\n    flags dynamic,timeout\n"
        f"    timeout {BESIDE_FOR}\n  }}\n"
    )


def _chain(name: str, lines: list[str]) -> str:
    return f"  chain {name} {{\n" + "".join(f"    {x}\n" for x in lines) + "  }\n"
