"""Three hosts on one machine: a client, a gateway and the application's, each a
network namespace of its own; ``with network() as net``. Needs root and iproute2.

    client 10.77.1.2, fd77:1::2 - .1 gateway .1 - application 10.77.2.2, fd77:2::2
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.support.debian import need
from tests.support.waiting import until

CLIENT = {4: "10.77.1.2", 6: "fd77:1::2"}
GATEWAY = {4: "10.77.1.1", 6: "fd77:1::1"}
INSIDE = {4: "10.77.2.1", 6: "fd77:2::1"}
"""The gateway's, as the application sees it."""
APPLICATION = {4: "10.77.2.2", 6: "fd77:2::2"}


@dataclass(frozen=True, slots=True)
class Host:
    """One namespace."""

    name: str

    @property
    def prefix(self) -> tuple[str, ...]:
        """Words that run a command there; the process is the command's own."""
        return ("ip", "netns", "exec", self.name)

    def run(
        self, *words: str, given: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        done = subprocess.run(
            [*self.prefix, *words],
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=60,
        )
        assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
        return done

    def start(self, words: Sequence[str], **how: object) -> subprocess.Popen[bytes]:
        """A command that goes on."""
        return subprocess.Popen([*self.prefix, *words], **how)  # type: ignore[call-overload,no-any-return]

    def kernel(self) -> str:
        """Rules, routes and routing rules, as they can be compared."""
        rules = self.run("nft", "list", "ruleset", check=False).stdout.splitlines()
        # iptables leaves its own tables, empty.
        empty = ("table ", "chain ", "type ", "}")
        shown = [x for x in map(str.strip, rules) if x and not x.startswith(empty)]
        shown += [
            self.run(*words, check=False).stdout
            for words in (
                ("ip", "-4", "rule"),
                ("ip", "-6", "rule"),
                ("ip", "-4", "route", "show", "table", "all"),
                ("ip", "-6", "route", "show", "table", "all"),
            )
        ]
        return "\n".join(shown)


@dataclass(frozen=True, slots=True)
class Network:
    """The three of them."""

    client: Host
    gateway: Host
    application: Host


@contextmanager
def network() -> Iterator[Network]:
    """Until the block ends; what runs in a namespace has to be ended before."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    need("iproute2", "nftables", "iptables")
    tag = secrets.token_hex(3)
    net = Network(*(Host(f"whosaw-{tag}-{role}") for role in ("c", "g", "a")))
    hosts = (net.client, net.gateway, net.application)
    try:
        for host in hosts:
            _ip("netns", "add", host.name)
            _ip("-n", host.name, "link", "set", "lo", "up")
        _link(net.client, CLIENT, net.gateway, GATEWAY)
        _link(net.application, APPLICATION, net.gateway, INSIDE)
        for family in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            net.gateway.run("sh", "-c", f"echo 1 > /proc/sys/net/{family}")
        for host, via in ((net.client, GATEWAY), (net.application, INSIDE)):
            for number, address in via.items():
                _ip("-n", host.name, f"-{number}", *_default(address))
        # The kernel takes a second over its own addresses, and each brings routes:
        # whoever compares two looks at them starts when they are all there.
        until(lambda: all(map(_settled, hosts)), "link-local addresses are in use")
        yield net
    finally:
        for host in hosts:
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "del", host.name)


def _settled(host: Host) -> bool:
    shown = host.run("ip", "-6", "-o", "addr", "show", "scope", "link").stdout
    devices = host.run("ip", "-o", "link", "show", "type", "veth").stdout
    found = shown.splitlines()
    return len(found) == len(devices.splitlines()) and "tentative" not in shown


def _default(address: str) -> tuple[str, ...]:
    return ("route", "add", "default", "via", address)


def _link(
    edge: Host, at_edge: dict[int, str], gateway: Host, at_gateway: dict[int, str]
) -> None:
    here, there = "wire0", "to-" + edge.name[-1]
    _ip(
        *("link", "add", here, "netns", edge.name, "type", "veth"),
        *("peer", "name", there, "netns", gateway.name),
    )
    for host, device, addresses in (
        (edge, here, at_edge),
        (gateway, there, at_gateway),
    ):
        for family, address in addresses.items():
            _ip(
                *("-n", host.name, f"-{family}", "addr", "add"),
                *(f"{address}/{24 if family == 4 else 64}", "dev", device),
                *(("nodad",) if family == 6 else ()),
            )
        _ip("-n", host.name, "link", "set", device, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
