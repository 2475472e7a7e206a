"""One end of a relayed connection: a transport, its flow control, its ways to end.

A side reads unless something holds it: the other side's unflushed bytes, the
recorder's pace, an upstream that is not open yet. Holds add up; reading goes on
when the last one is gone. A full side thus pauses only the reading of the other
one, never its own, so a client that sends everything before it reads cannot
deadlock, and neither direction buffers more than ``WRITE_HIGH`` and one read.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Final, cast

from mitmproxy.connection import Connection
from mitmproxy.proxy.events import DataReceived
from typing_extensions import override

if TYPE_CHECKING:
    from addons.handler import WireHandler

WRITE_HIGH: Final = 128 * 1024
"""Unflushed bytes at which the other side's reading pauses: a few round trips of
a fast network; it goes on at a quarter of it (asyncio's default)."""

FULL: Final = 1
"""The other side does not take more."""
PACE: Final = 2
"""The recorder asked for time."""
SETUP: Final = 4
"""The upstream is not open yet."""
HELD: Final = 8
"""As much as may be held for its record is held."""

LINGER_NOT: Final = struct.pack("ii", 1, 0)
PACE_MOST: Final = 1.0
"""Longest single pause, seconds, whatever the tap asks for."""

KEEPALIVE: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 300),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 6),
)
"""Without an idle timeout only keep-alive probes find a peer that vanished."""


class Side(asyncio.Protocol):
    """The client's or the server's end."""

    __slots__ = (
        "_aborted",
        "_closing",
        "_handler",
        "_holds",
        "_sends",
        "connection",
        "lost",
        "other",
        "transport",
    )

    def __init__(
        self, handler: WireHandler, connection: Connection, *, holds: int = 0
    ) -> None:
        self._handler = handler
        self._holds = holds
        self._sends = True
        self._closing = False
        self._aborted = False
        self.connection = connection
        self.other: Side | None = None
        self.transport: asyncio.Transport | None = None
        self.lost = False
        """Whether the transport is gone."""

    # --- from the event loop

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=WRITE_HIGH)
        if self._holds:
            # uvloop starts reading after this call whatever is done here.
            self._handler.loop.call_soon(self._reread)
        self._handler.side_made(self)

    @override
    def data_received(self, data: bytes) -> None:
        handler = self._handler
        handler.event(DataReceived(self.connection, data))
        # Both sides: a download faster than the recorder reads would be shed whole.
        delay = handler.pace()
        if delay > 0:
            self.hold(PACE)
            handler.loop.call_later(min(delay, PACE_MOST), self.release, PACE)

    @override
    def eof_received(self) -> bool:
        self._handler.side_ended(self)
        return True  # the other direction may go on

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._sends = False
        if self.other is not None:
            self.other.release(FULL)
        self._handler.side_lost(self, None if self._aborted else exc)

    @override
    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.hold(FULL)

    @override
    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.release(FULL)

    # --- from the handler

    def hold(self, why: int) -> None:
        """Read no more until ``release(why)``; reasons add up."""
        self._holds |= why
        self._reread()

    def release(self, why: int) -> None:
        """Take one reason away."""
        if self._holds & why:
            self._holds &= ~why
            self._reread()

    def _reread(self) -> None:
        transport = self.transport
        if transport is None or self.lost or transport.is_closing():
            return
        if self._holds:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def keep_alive(self) -> None:
        """Probe the peer in long silences, so that one that vanished is found."""
        if self.transport is not None:
            # uvloop's own setsockopt makes and drops a socket object each time.
            fd = self.transport.get_extra_info("socket").fileno()
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=fd)
            try:
                for option in KEEPALIVE:
                    sock.setsockopt(*option)
            except OSError:
                pass  # gone already; its connection_lost follows
            finally:
                sock.detach()

    def write(self, data: bytes) -> None:
        """Send; dropped when this side's direction or transport is over."""
        if self._sends and self.transport is not None:
            self.transport.write(data)

    def end_direction(self) -> None:
        """Send FIN once everything before it is flushed."""
        if self._sends and self.transport is not None:
            self._sends = False
            if not self.transport.is_closing():
                with contextlib.suppress(OSError):  # gone: connection_lost follows
                    self.transport.write_eof()

    def close(self) -> None:
        """Flush, then close in order."""
        self._sends = False
        if self.transport is not None and not self._closing and not self.lost:
            self._closing = True
            self.transport.close()

    def abort(self) -> None:
        """Reset: the peer sees an abort, never an end in order."""
        self._sends = False
        if self.transport is None or self._aborted or self.lost:
            return
        self._aborted = True
        sock = self.transport.get_extra_info("socket")
        with contextlib.suppress(OSError, AttributeError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        self.transport.abort()

    @property
    def unflushed(self) -> int:
        """Bytes accepted for this side that the kernel has not taken yet."""
        if self.transport is None or self.lost:
            return 0
        return self.transport.get_write_buffer_size()
