"""Promises of the rules, in the words of either tool."""

from __future__ import annotations

import pytest

from addons import settings
from proxy.config import TransparentMethod
from proxy.transparent import iptables, nftables, routing
from proxy.transparent.plan import OWN_MARK, Led, Plan

ADDRESSES = (("192.0.2.10", 443), ("2001:db8::10", 443))


def plan(method: TransparentMethod) -> Plan:
    """One application with an address of either family."""
    return Plan((Led("crm", method, 9443, ADDRESSES),))


def test_wires_mark_their_packets_as_the_rules_expect() -> None:
    """Two packages that may not import each other have one number."""
    assert OWN_MARK == settings.OWN_MARK


@pytest.mark.parametrize("method", TransparentMethod)
def test_only_the_first_packet_of_a_connection_is_led(
    method: TransparentMethod,
) -> None:
    """A connection that was open before is never led in its middle."""
    leading = [
        line
        for line in nftables.present(plan(method)).splitlines()
        if "redirect to" in line or "tproxy ip" in line
    ]

    assert len(leading) == 2
    assert all("== syn" in line for line in leading)
    for ipv6 in (False, True):
        rules = iptables.present(plan(method), ipv6=ipv6).splitlines()
        led = [line for line in rules if "--to-ports" in line or "--on-port" in line]
        assert len(led) == 1
        assert "--tcp-flags FIN,SYN,RST,ACK SYN" in led[0]
        assert ADDRESSES[ipv6][0] in led[0]


def test_a_redirect_needs_no_route_and_no_mark() -> None:
    """What is not needed is not put there."""
    text = nftables.present(plan(TransparentMethod.REDIRECT))

    assert not plan(TransparentMethod.REDIRECT).routed
    assert "socket transparent" not in text
    assert "hook output" not in text


def test_what_is_put_there_can_be_taken_away() -> None:
    """Each chain that iptables is given is flushed and deleted; each route too."""
    made = {
        line[1:].split()[0]
        for line in iptables.present(
            plan(TransparentMethod.TPROXY), ipv6=False
        ).splitlines()
        if line.startswith(":")
    }
    gone = {words[3] for words in iptables.absent() if words[2] == "-X"}

    assert made == gone
    assert len(routing.present(ipv6=True)) == len(routing.absent(ipv6=True))
