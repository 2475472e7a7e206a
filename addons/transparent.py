"""Connections that were meant for the application and were led here by the kernel.

Two ways (docs/transparent.md). With REDIRECT the kernel rewrote the destination and
still knows the first one (SO_ORIGINAL_DST). With TPROXY it rewrote nothing: the
accepted socket's own address is the application's, and the upstream socket is
bound to the client's address, so that the application sees the client. The port
differs: the same four numbers on both sides would be one connection to the
kernel's connection tracking.

Only listed destinations are relayed. Whoever connects to the listening port
itself would otherwise have the wire connect to itself, or to anywhere.

Failure modes: no original destination is known (the connection was not led here):
None, and the caller ends the connection. IP_TRANSPARENT without CAP_NET_RAW:
``OSError``, told as an upstream that cannot be reached.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Final

from addons.settings import OWN_MARK, Method

if TYPE_CHECKING:
    from addons.handler import WireHandler

SO_ORIGINAL_DST: Final = 80
"""linux/netfilter_ipv4.h; the same number for IPv6."""
IP_TRANSPARENT: Final = 19
IP_BIND_ADDRESS_NO_PORT: Final = 24
IPV6_TRANSPARENT: Final = 75
SO_MARK: Final = 36
_IPV4: Final = struct.Struct("!HH4s")
_IPV6: Final = struct.Struct("!HHI16sI")
"""sockaddr_in and sockaddr_in6; the family, in host order, is not read."""

Destination = tuple[str, int]


def destination(
    sock: socket.socket, method: Method, own: Destination
) -> Destination | None:
    """Where the client of this accepted socket wanted to go.

    Args:
        sock: just accepted.
        method: how it was led here.
        own: the socket's own address, IPv4 as such.
    """
    if method is Method.TPROXY:
        return own
    try:
        if ":" in own[0]:
            data = sock.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, _IPV6.size)
            _, port, _, packed, _ = _IPV6.unpack(data)
            return socket.inet_ntop(socket.AF_INET6, packed), port
        # Also for an IPv4 client of a dual-stack socket.
        data = sock.getsockopt(socket.IPPROTO_IP, SO_ORIGINAL_DST, 16)
        _, port, packed = _IPV4.unpack_from(data)
        return socket.inet_ntop(socket.AF_INET, packed), port
    except (OSError, struct.error):
        return None


def allow_foreign(sock: socket.socket) -> None:
    """Let a socket be bound to, or accept for, addresses this host does not have.

    Raises:
        OSError: without CAP_NET_RAW or CAP_NET_ADMIN.
    """
    if sock.family is socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_TRANSPARENT, 1)


def upstream_socket(
    client: Destination, application: Destination, mark: int
) -> socket.socket:
    """A socket that reaches the application in the client's name.

    Args:
        client: whose address it is bound to; the port is the kernel's choice.
        application: decides the family.
        mark: of its packets, so that they are not led here again.

    Raises:
        OSError: no right to do so, or no port left for this client.
    """
    family = socket.AF_INET6 if ":" in application[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
        allow_foreign(sock)
        # The port is chosen at connect: free for this destination, not for all.
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((client[0], 0))
    except OSError:
        sock.close()
        raise
    return sock


async def reach(
    handler: WireHandler, side: asyncio.Protocol, address: Destination
) -> None:
    """Connect this side to the application, in the client's name where it is led.

    Raises:
        OSError: it cannot be reached, or not so.
    """
    loop = handler.loop
    transparent = handler.settings.transparent
    if transparent is None or transparent.method is not Method.TPROXY:
        await loop.create_connection(lambda: side, *address)
        return
    sock = upstream_socket(handler.client.peername, address, OWN_MARK)
    try:
        await loop.sock_connect(sock, address)
        await loop.create_connection(lambda: side, sock=sock)
    except BaseException:  # a connect that is cancelled leaves it open
        sock.close()
        raise
