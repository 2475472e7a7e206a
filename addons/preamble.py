"""The PROXY protocol: a load balancer's word on who its client is.

A balancer that relays TCP, as the wire does, may send a preamble before the
first byte of the connection, versions 1 (text) and 2 (binary) of
https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt. The wire takes it off
from *listed* peers and tells the tap the client's address; the application gets
the connection as if that client had come by itself. From anybody else such bytes
are data and pass.

Until the preamble is read this protocol has the transport; then the client's
side gets it, so that nothing is paid per read afterwards. What a listed peer
sends instead of a preamble passes as data, and is counted; so does a preamble
that is not whole within five seconds. Not one byte is ever dropped but those of
a preamble that was understood.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final, cast

from typing_extensions import override

from addons.settings import Network
from addons.status import Counters

if TYPE_CHECKING:
    from addons.handler import WireHandler

SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
"""Twelve bytes that begin version 2, and no protocol that is known."""
TEXT: Final = b"PROXY "
TEXT_MOST: Final = 107
"""Bytes of a version 1 line (the specification's own bound)."""
BINARY_MOST: Final = 4096
"""Bytes behind a version 2 header: addresses have 36 at most, the rest are
extensions, of which a balancer sends some dozens of bytes."""
SECONDS: Final = 5.0
"""A balancer sends the preamble with the connection's first packet."""
_HEADER: Final = struct.Struct("!12sBBH")
_ADDRESSES: Final = {0x11: (struct.Struct("!4s4sHH")), 0x21: struct.Struct("!16s16sHH")}
"""TCP over IPv4, TCP over IPv6."""
_KINDS: Final[dict[str, type[IPv4Address | IPv6Address]]] = {
    "TCP4": IPv4Address,
    "TCP6": IPv6Address,
}


@dataclass(frozen=True, slots=True)
class Preamble:
    """A preamble that was understood."""

    length: int
    """Bytes it takes."""
    client: tuple[str, int] | None
    """None: the balancer speaks for itself (a health check), or does not know."""


def read_preamble(data: bytes) -> Preamble | bool:
    """The preamble these bytes begin with.

    Returns:
        The preamble; True when more bytes could make one; False when they
        cannot.
    """
    start = data[: len(SIGNATURE)]
    if start == SIGNATURE:
        return _binary(data)
    if data.startswith(TEXT):
        return _text(data)
    return SIGNATURE.startswith(data) or TEXT.startswith(data)


def _text(data: bytes) -> Preamble | bool:
    end = data.find(b"\r\n", 0, TEXT_MOST)
    if end < 0:
        return len(data) < TEXT_MOST
    words = data[:end].decode("latin-1").split(" ")
    if words[1] == "UNKNOWN":
        return Preamble(end + 2, None)
    kind = _KINDS.get(words[1])
    if kind is None or len(words) != 6:
        return False
    try:
        source, _ = kind(words[2]), kind(words[3])
        ports = [
            int(word) if word.isascii() and word.isdigit() else -1 for word in words[4:]
        ]
    except ValueError:
        return False
    if not all(0 <= port <= 65535 for port in ports):
        return False
    return Preamble(end + 2, (_plain(source), ports[0]))


def _binary(data: bytes) -> Preamble | bool:
    if len(data) < _HEADER.size:
        return True
    _, command, family, length = _HEADER.unpack_from(data)
    if command not in (0x20, 0x21) or length > BINARY_MOST:
        return False
    whole = _HEADER.size + length
    if len(data) < whole:
        return True
    layout = _ADDRESSES.get(family)
    if command == 0x20 or layout is None:
        return Preamble(whole, None)
    if length < layout.size:
        return False
    source, _, port, _ = layout.unpack_from(data, _HEADER.size)
    return Preamble(whole, (_plain(_address(source)), port))


def _address(packed: bytes) -> IPv4Address | IPv6Address:
    return IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)


def _plain(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


@lru_cache(maxsize=4096)
def speaks(peer: str, peers: tuple[Network, ...]) -> bool:
    """Whether a peer's preamble counts."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    return any(address in network for network in peers)


class PreambleReader(asyncio.Protocol):
    """Has a listed peer's transport until its preamble is read."""

    def __init__(self, handler: WireHandler, counters: Counters) -> None:
        self._handler = handler
        self._counters = counters
        self._collected = b""
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        # Whoever aborts the connection meanwhile must find it.
        self._handler.client_side.transport = self._transport
        self._timer = self._handler.loop.call_later(SECONDS, self._pass, None)

    @override
    def data_received(self, data: bytes) -> None:
        self._collected += data
        found = read_preamble(self._collected)
        if found is not True:
            self._pass(found or None)

    @override
    def eof_received(self) -> bool:
        self._pass(None)
        return self._handler.client_side.eof_received()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._over()
        self._handler.client_side.connection_lost(None)

    def _pass(self, preamble: Preamble | None) -> None:
        """Hand the connection over, with what came behind the preamble."""
        self._over()
        handler, side, rest = self._handler, self._handler.client_side, self._collected
        if preamble is None:
            self._counters.preambles_missing += 1
        else:
            rest = rest[preamble.length :]
            if preamble.client is not None:
                handler.client.peername = preamble.client
        self._transport.set_protocol(side)
        side.connection_made(self._transport)
        if rest:
            side.data_received(rest)

    def _over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
