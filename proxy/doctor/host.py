"""The host: its clock, and what its kernel allows."""

from __future__ import annotations

import ctypes
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from addons import descriptors
from proxy.app.listening import BACKLOG
from proxy.config import Config
from proxy.doctor.finding import Finding, Grade
from proxy.errors import UsageError

_SYS: Final = Path("/proc/sys")
_UNSYNCHRONISED: Final = 0x40
"""STA_UNSYNC of adjtimex(2)."""


class _Timex(ctypes.Structure):
    """The fields of ``struct timex`` that are read, and room for the others."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 200),
    )


def clock(_: Config) -> Iterator[Finding]:
    """Whether the kernel's clock is kept right by something."""
    timex = _Timex()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(ctypes.byref(timex)) < 0:
        yield Finding("clock", "host", Grade.NOTE, "the kernel does not say")
        return
    yield synchronised(bool(timex.status & _UNSYNCHRONISED), timex.maxerror)


def synchronised(free_running: bool, error_us: int) -> Finding:
    """When is part of every row: a clock nobody keeps right is no evidence."""
    if free_running:
        do = "run chrony or systemd-timesyncd; sessions on two sidecars need it, too"
        return Finding("clock", "host", Grade.BAD, "is not synchronised", do)
    said = f"is synchronised, within {error_us / 1e3:.0f} ms"
    return Finding("clock", "host", Grade.GOOD, said)


def kernel(config: Config) -> Iterator[Finding]:
    """Settings that bound how many connections a host carries."""
    most = sum(each.max_connections for each in config.applications)
    yield files(most)
    yield queue(_number("net/core/somaxconn"))
    ports = _pair("net/ipv4/ip_local_port_range")
    if ports is not None:
        largest = max((each.max_connections for each in config.applications), default=0)
        yield local_ports(ports, largest * config.wires)
    tracked = _number("net/netfilter/nf_conntrack_max")
    if tracked is not None:
        yield tracking(tracked, most * config.wires)


def files(connections: int) -> Finding:
    """Two descriptors a connection."""
    try:
        needed = descriptors.check(connections)
    except UsageError as error:
        do = "LimitNOFILE= of the unit, or ulimit -n"
        return Finding("descriptors", "nofile", Grade.REFUSED, str(error), do)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = "any number" if hard == resource.RLIM_INFINITY else f"{hard:,}"
    said = f"{needed:,} needed by a wire, {allowed} allowed"
    return Finding("descriptors", "nofile", Grade.GOOD, said)


def queue(most: int | None) -> Finding:
    """Connections the kernel keeps while wires are replaced."""
    if most is None:
        return Finding("kernel", "net.core.somaxconn", Grade.NOTE, "not told")
    said = f"{most:,} of {BACKLOG:,}"
    if most >= BACKLOG:
        return Finding("kernel", "net.core.somaxconn", Grade.GOOD, said)
    do = f"sysctl -w net.core.somaxconn={BACKLOG}: connections are refused above"
    return Finding("kernel", "net.core.somaxconn", Grade.BAD, said, do)


def local_ports(ports: tuple[int, int], connections: int) -> Finding:
    """One local port per connection to one address of an application."""
    room = ports[1] - ports[0] + 1
    said = f"{room:,} local ports for {connections:,} connections to one application"
    about = "net.ipv4.ip_local_port_range"
    if room >= connections:
        return Finding("kernel", about, Grade.GOOD, said)
    do = f'sysctl -w {about}="1024 65535", or a lower max_connections'
    return Finding("kernel", about, Grade.BAD, said, do)


def tracking(most: int, connections: int) -> Finding:
    """Connections the packet filter follows: two a user, towards each side."""
    said = f"{most:,} of {2 * connections:,}"
    about = "net.netfilter.nf_conntrack_max"
    if most >= 2 * connections:
        return Finding("kernel", about, Grade.GOOD, said)
    do = f"sysctl -w {about}={2 * connections}: above it packets are dropped"
    return Finding("kernel", about, Grade.BAD, said, do)


def _number(name: str) -> int | None:
    try:
        return int((_SYS / name).read_text())
    except (OSError, ValueError):
        return None


def _pair(name: str) -> tuple[int, int] | None:
    try:
        first, last = (_SYS / name).read_text().split()
        return int(first), int(last)
    except (OSError, ValueError):
        return None
