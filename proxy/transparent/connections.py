"""Open connections of this host, and those its kernel tracks, read from /proc: an edge.

Failure modes: a kernel that tracks nothing, or does not say, gives none.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

_OPEN: Final = frozenset({"01", "04", "05", "08"})
"""ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT: bytes may still pass."""
TRACKED: Final = Path("/proc/net/nf_conntrack")


class Connection(NamedTuple):
    """A TCP connection, as its own end sees it."""

    local: tuple[str, int]
    peer: tuple[str, int]


def through(
    ports: Collection[int], addresses: Collection[tuple[str, int]]
) -> list[Connection]:
    """Those of this host that end at one of these ports or addresses."""
    return [each for each in own() if each.local[1] in ports or each.local in addresses]


def own() -> Iterator[Connection]:
    """Open ones of this host (its network namespace)."""
    for name in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if words[3] in _OPEN:
                yield Connection(_address(words[1]), _address(words[2]))


def tracked(
    addresses: Collection[tuple[str, int]], table: Path = TRACKED
) -> set[Connection] | None:
    """Established ones to these addresses that the kernel tracks; None: it does not."""
    try:
        lines = table.read_text().splitlines()
    except OSError:
        return None
    found = set()
    for line in lines:
        if " tcp " not in line or " ESTABLISHED " not in line:
            continue
        words: dict[str, str] = {}
        for word in line.split():
            key, equals, value = word.partition("=")
            if equals:
                words.setdefault(key, value)  # the first direction is the client's
        try:
            local = _plain(words["dst"]), int(words["dport"])
            peer = _plain(words["src"]), int(words["sport"])
        except (KeyError, ValueError, OSError):
            continue
        if local in addresses:
            found.add(Connection(local, peer))
    return found


def _plain(address: str) -> str:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_ntop(family, socket.inet_pton(family, address))


def _address(text: str) -> tuple[str, int]:
    """Of ``0100007F:1F90``: words of 32 bits, each in the host's order."""
    host, _, port = text.partition(":")
    raw = bytes.fromhex(host)
    packed = b"".join(
        struct.pack("!I", word) for (word,) in struct.iter_unpack("=I", raw)
    )
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    name = socket.inet_ntop(family, packed)
    if name.startswith("::ffff:") and "." in name:
        name = name[7:]
    return name, int(port, 16)
