"""Puts the rules there, takes them away, and says what is there: an edge.

``up`` and ``down`` may be said any number of times, in any order. ``down`` leaves
nothing behind, also what another run, or the other tool, had put there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from proxy.config import TransparentMethod
from proxy.errors import UnavailableError
from proxy.transparent import iptables, kernel, nftables, routing
from proxy.transparent.connections import Connection, through
from proxy.transparent.plan import Plan

LOOK_SECONDS: Final = 0.1
_NFT_OFF: Final = nftables.leading_off()
FAMILIES: Final = ((False, "iptables"), (True, "ip6tables"))


class Tool(Enum):
    """Whose words the rules are in."""

    NFT = "nft"
    IPTABLES = "iptables"


@dataclass(frozen=True, slots=True)
class State:
    """What the kernel has."""

    led: bool
    """New connections are led to the sidecar."""
    tool: Tool | None
    """Whose rules are there; None: nothing is."""
    beside: int | None
    """Connections that pass beside it; None: the tool cannot say."""


def up(plan: Plan, tool: Tool) -> None:
    """Lead the applications' new connections here.

    Raises:
        UnavailableError: the kernel refused; nothing of it is left.
    """
    other = Tool.IPTABLES if tool is Tool.NFT else Tool.NFT
    if state(other).tool is other:
        _rules_off(other)
    try:
        if plan.routed:
            _routes_on(plan)
        if tool is Tool.NFT:
            kernel.say("nft", "-f", "-", given=nftables.present(plan))
        else:
            _iptables_on(plan)
    except UnavailableError:
        down_now()
        raise


def down_now() -> None:
    """Take everything away; connections that are led end by a reset."""
    for tool in Tool:
        if kernel.has(tool.value):
            _rules_off(tool)
    for ipv6, _ in FAMILIES:
        for words in routing.absent(ipv6=ipv6):
            # Until there is no more of it: two runs may have added one each.
            for _ in range(8):
                if not kernel.tries("ip", *words) or words[1] == "route":
                    break


def lead_none() -> None:
    """Lead no new connections; open ones go on, or are reset by whoever holds them.

    Raises:
        UnavailableError: the kernel refused.
    """
    if kernel.has("nft") and kernel.tries("nft", "-f", "-", given=_NFT_OFF):
        return
    for _, command in _families(None):
        for words in iptables.leading_off():
            kernel.tries(command, "-w", *words)
    if state().led:
        down_now()


def down(plan: Plan, drain: float, waits: Callable[[float], None] = time.sleep) -> int:
    """Lead no new ones; once open ones have ended, take everything away.

    Args:
        plan: whose connections are waited for.
        drain: seconds to wait at most.
        waits: between two looks.

    Returns:
        How many were still open and end by a reset.
    """
    left = 0
    if state().tool is not None:
        lead_none()
        deadline = time.monotonic() + drain
        while (left := len(led_now(plan))) and time.monotonic() < deadline:
            waits(LOOK_SECONDS)
    down_now()
    return left


def led_now(plan: Plan) -> list[Connection]:
    """Open connections that were led here."""
    return through(
        ports={e.port for e in plan.by(TransparentMethod.REDIRECT)},
        addresses={
            address
            for each in plan.by(TransparentMethod.TPROXY)
            for address in each.destinations
        },
    )


def state(only: Tool | None = None) -> State:
    """What is there now."""
    if only is not Tool.IPTABLES and kernel.has("nft"):
        found = _nft_table()
        if found is not None:
            chains = {rule["rule"]["chain"] for rule in found if "rule" in rule} & set(
                nftables.LEADING
            )
            return State(bool(chains), Tool.NFT, _listed(found))
    if only is not Tool.NFT and kernel.has("iptables"):
        for _, command in _families(None):
            for table in ("nat", "mangle"):
                if kernel.tries(command, "-w", "-t", table, "-L", iptables.LEAD, "-n"):
                    rules = kernel.say(command, "-w", "-t", table, "-S", iptables.LEAD)
                    if "-A" in rules or table == "mangle":
                        return State("-A" in rules, Tool.IPTABLES, None)
    return State(led=False, tool=None, beside=None)


def _nft_table() -> list[dict[str, dict[str, object]]] | None:
    if not kernel.tries("nft", "list", "table", *nftables.TABLE.split()):
        return None
    text = kernel.say("nft", "-j", "list", "table", *nftables.TABLE.split())
    found = json.loads(text)["nftables"]
    return [each for each in found if isinstance(each, dict)]


def _listed(table: list[dict[str, dict[str, object]]]) -> int:
    count = 0
    for each in table:
        listing = each.get("set")
        if listing and listing.get("name") in nftables.BESIDE:
            elements = listing.get("elem")
            count += len(elements) if isinstance(elements, list) else 0
    return count


def _routes_on(plan: Plan) -> None:
    for ipv6, _ in FAMILIES:
        if not any(e.family(ipv6=ipv6) for e in plan.by(TransparentMethod.TPROXY)):
            continue
        kernel.tries("ip", *routing.absent(ipv6=ipv6)[0])
        for words in routing.present(ipv6=ipv6):
            kernel.say("ip", *words)


def _iptables_on(plan: Plan) -> None:
    for ipv6, command in _families(plan):
        given = iptables.present(plan, ipv6=ipv6)
        kernel.say(f"{command}-restore", "-w", "--noflush", given=given)
        for jump in iptables.JUMPS:
            if not kernel.tries(command, "-w", *iptables.jump(*jump, "-C")):
                kernel.say(command, "-w", *iptables.jump(*jump, "-I"))


def _rules_off(tool: Tool) -> None:
    if tool is Tool.NFT:
        kernel.say("nft", "-f", "-", given=nftables.absent())
        return
    for _, command in _families(None):
        for words in iptables.absent():
            kernel.tries(command, "-w", *words)


def _families(plan: Plan | None) -> list[tuple[bool, str]]:
    """Those a plan has addresses of, or those this host has tools for."""
    return [
        (ipv6, command)
        for ipv6, command in FAMILIES
        if (kernel.has(command) if plan is None else plan.destinations(ipv6=ipv6))
    ]
