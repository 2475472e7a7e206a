"""What may pass a gate: the word of a recorder, and what a wire keeps it with.

A wire that gates an application sends a server's bytes on only as far as it was
told. ``Release`` is that word, the payload of a RELEASE frame::

    up:u64 read:u64 flags:u8      (little endian; the offset stands in the header)

Offsets count the bytes of a direction of one connection from its beginning.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, Protocol

EVERYTHING = (1 << 63) - 1
"""Offset of a release after which nothing of the connection is held."""
_PAYLOAD = struct.Struct("<QQB")


class Release(NamedTuple):
    """What may pass downwards, as the recorder that has read the first ``up``
    bytes of the client and ``read`` bytes of the server decided."""

    offset: int
    """Everything below it may go, what has not arrived yet included."""
    up: int = 0
    read: int = 0
    passes: bool = False
    """Everything may go until the client has sent more than ``up`` bytes."""
    lenient: bool = False
    """Should recording fail before the client sends more: show it all the same."""
    unfinished: bool = False
    """What waits is a message that has not ended: the recorder owes nothing."""

    def payload(self) -> bytes:
        """Bytes of the frame's payload."""
        flags = self.passes | self.lenient << 1 | self.unfinished << 2
        return _PAYLOAD.pack(self.up, self.read, flags)

    @classmethod
    def of(cls, offset: int, payload: bytes) -> Release:
        """The release of a frame.

        Raises:
            ValueError: the payload is none.
        """
        if len(payload) != _PAYLOAD.size:
            raise ValueError(f"a release has {_PAYLOAD.size} bytes")
        up, read, flags = _PAYLOAD.unpack(payload)
        return cls(offset, up, read, bool(flags & 1), bool(flags & 2), bool(flags & 4))


class Hold(Protocol):
    """Server→client bytes that wait; ``proxy.taplink.held`` is the one there is."""

    refused: bool
    """End the connection: nothing more of it may go."""
    full: bool
    """Read no more of the server until this is false again."""
    stalled: bool
    """Read no more of either side until this is false again."""
    size: int
    """Bytes that wait."""

    def asked(self, size: int) -> None:
        """The client sent bytes, which are about to go to the server."""

    def arrived(self, data: bytes, time_ns: int) -> bytes:
        """The server sent bytes: what may go to the client now, in order."""

    def take(self) -> bytes:
        """What of the bytes that waited may go to the client now."""

    def failed(self, reason: str) -> None:
        """Nobody observes the connection any more."""

    def drop(self) -> None:
        """The client is gone: what waits is for nobody."""
