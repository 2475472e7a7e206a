"""The rules in the words of iptables, for hosts without nft; pure.

Chains of our own (``WHOSAW…``) and one jump to each. What connections pass beside the
sidecar cannot be listed here: iptables keeps no such set.
"""

from __future__ import annotations

from typing import Final

from proxy.config import TransparentMethod
from proxy.transparent.plan import OWN_MARK, ROUTE_MARK, Plan

Words = tuple[str, ...]

JUMPS: Final = (
    ("nat", "PREROUTING", "WHOSAW"),
    ("mangle", "PREROUTING", "WHOSAW"),
    ("mangle", "OUTPUT", "WHOSAW_OUT"),
)
"""Table, the kernel's chain, ours."""
LEAD: Final = "WHOSAW_LEAD"
_SYN: Final = ("-p", "tcp", "--tcp-flags", "FIN,SYN,RST,ACK", "SYN")
_LO: Final = ("-i", "lo", "-j", "RETURN")


def present(plan: Plan, *, ipv6: bool) -> str:
    """Input of ``ip(6)tables-restore --noflush``: our chains, as they shall be."""
    return _table("nat", _nat(plan, ipv6=ipv6)) + _table(
        "mangle", _mangle(plan, ipv6=ipv6)
    )


def jump(table: str, hook: str, chain: str, how: str) -> Words:
    """``-C``, ``-I`` or ``-D`` of the jump to one of our chains."""
    return ("-t", table, how, hook, "-j", chain)


def leading_off() -> tuple[Words, ...]:
    """New connections are led no more, open ones go on."""
    return tuple(("-t", table, "-F", LEAD) for table in ("nat", "mangle"))


def absent() -> tuple[Words, ...]:
    """What leaves nothing; each may fail where it was not there."""
    chains = [(table, chain) for table, _, chain in JUMPS]
    chains += [("nat", LEAD), ("mangle", LEAD)]
    return (
        *(jump(*each, "-D") for each in JUMPS),
        *(("-t", table, "-F", chain) for table, chain in chains),
        *(("-t", table, "-X", chain) for table, chain in chains),
    )


def _table(name: str, rules: list[tuple[str, Words]]) -> str:
    chains = dict.fromkeys(
        [chain for table, _, chain in JUMPS if table == name] + [LEAD]
    )
    lines = [f"*{name}", *(f":{chain} - [0:0]" for chain in chains)]
    lines += [" ".join(("-A", chain, *words)) for chain, words in rules]
    return "\n".join([*lines, "COMMIT", ""])


def _nat(plan: Plan, *, ipv6: bool) -> list[tuple[str, Words]]:
    rules: list[tuple[str, Words]] = [
        # As in ``nftables``: open connections are to be translated to their end.
        ("WHOSAW", ("-m", "conntrack", "--ctstate", "DNAT", "-j", "RETURN")),
        ("WHOSAW", _LO),
        ("WHOSAW", ("-j", LEAD)),
    ]
    for led in plan.by(TransparentMethod.REDIRECT):
        for address in led.family(ipv6=ipv6):
            target = ("-j", "REDIRECT", "--to-ports", str(led.port))
            rules.append((LEAD, (*_where(address), *target)))
    return rules


def _mangle(plan: Plan, *, ipv6: bool) -> list[tuple[str, Words]]:
    if not plan.routed:
        return []
    route, own = f"{ROUTE_MARK:#x}", f"{OWN_MARK:#x}"
    by_mark = ("-m", "connmark", "--mark", own)
    marked = ("-j", "MARK", "--set-mark", route)
    rules: list[tuple[str, Words]] = [
        ("WHOSAW", ("-p", "tcp", "-m", "socket", "--transparent", *marked)),
        ("WHOSAW", ("-m", "mark", "--mark", route, "-j", "ACCEPT")),
        ("WHOSAW", _LO),
        ("WHOSAW", ("-m", "mark", "--mark", own, "-j", "RETURN")),
        ("WHOSAW", ("-j", LEAD)),
        (
            "WHOSAW_OUT",
            ("-m", "mark", "--mark", own, "-j", "CONNMARK", "--set-mark", own),
        ),
        (
            "WHOSAW_OUT",
            ("-m", "conntrack", "--ctdir", "REPLY", *by_mark, *marked),
        ),
    ]
    for led in plan.by(TransparentMethod.TPROXY):
        for address in led.family(ipv6=ipv6):
            target = ("-j", "TPROXY", "--on-port", str(led.port))
            rules.append((LEAD, (*_where(address), *target, "--tproxy-mark", route)))
    return rules


def _where(address: tuple[str, int]) -> Words:
    return (*_SYN, "-d", address[0], "--dport", str(address[1]))
