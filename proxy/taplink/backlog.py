"""Frames that wait for the socket; pure.

A flat list, header and payload by turns, so that it goes to ``writelines`` as
it is and no payload is ever copied. Control frames are never dropped; DATA
frames are dropped for a whole connection at a time, and a LOST frame takes the
place of the first one dropped, which keeps the stream in the order of time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

import msgspec

from proxy.taplink.limits import FRAME_COST
from proxy.tapstream import HEADER, Kind, LossReason, Lost, pack_header

_DATA = (int(Kind.DATA_UP), int(Kind.DATA_DOWN))


@dataclass(slots=True)
class Dropped:
    """What of one connection was taken out of the backlog."""

    up: int | None = None
    """Offset of the first byte dropped, None when none was in this direction."""
    down: int | None = None
    since_ns: int = 0
    size: int = 0
    """Payload bytes."""


class Backlog:
    """Header, payload, header, payload, ...; ``size`` counts ``FRAME_COST`` too.

    ``parts`` and ``size`` are public for the one hot path that appends.
    """

    __slots__ = ("parts", "size")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def append(self, header: bytes, payload: bytes = b"") -> None:
        """Add one frame."""
        self.parts.append(header)
        self.parts.append(payload)
        self.size += len(payload) + FRAME_COST

    def take(self, most: int) -> list[bytes]:
        """Remove the oldest frames, up to ``most`` bytes or one frame."""
        parts = self.parts
        if self.size <= most:
            self.parts = []
            self.size = 0
            return parts
        size = end = 0
        while end < len(parts) and size < most:
            size += len(parts[end + 1]) + FRAME_COST
            end += 2
        self.size -= size
        taken = parts[:end]
        del parts[:end]
        return taken

    def clear(self) -> None:
        """Drop everything: the recorder it was meant for is gone."""
        self.parts = []
        self.size = 0

    def largest(self, excess: int, spared: Container[int] = ()) -> set[int]:
        """Connections to shed, largest first, until ``excess`` bytes are freed;
        none of ``spared``."""
        sizes: Counter[int] = Counter()
        parts = self.parts
        for position in range(0, len(parts), 2):
            length, kind, connection, _, _ = HEADER.unpack(parts[position])
            if kind in _DATA and connection not in spared:
                sizes[connection] += length + FRAME_COST
        victims: set[int] = set()
        for connection, size in sizes.most_common():
            if excess <= 0:
                break
            victims.add(connection)
            excess -= size
        return victims

    def shed(
        self, victims: set[int], totals: dict[int, tuple[int, int]]
    ) -> dict[int, Dropped]:
        """Drop every DATA frame of these connections; say so in their place.

        ``totals`` are the bytes seen of each, up and down: where a direction
        lost nothing, it is lost from there on.
        """
        kept: list[bytes] = []
        size = 0
        dropped: dict[int, Dropped] = {}
        places: dict[int, int] = {}
        parts = self.parts
        for position in range(0, len(parts), 2):
            header, payload = parts[position], parts[position + 1]
            _, kind, connection, offset, time_ns = HEADER.unpack(header)
            if kind not in _DATA or connection not in victims:
                kept += (header, payload)
                size += len(payload) + FRAME_COST
                continue
            lost = dropped.get(connection)
            if lost is None:
                lost = dropped[connection] = Dropped(since_ns=time_ns)
                places[connection] = len(kept)
                kept += (b"", b"")
            if kind == Kind.DATA_UP and lost.up is None:
                lost.up = offset
            elif kind == Kind.DATA_DOWN and lost.down is None:
                lost.down = offset
            lost.size += len(payload)
        for connection, place in places.items():
            lost = dropped[connection]
            up, down = totals[connection]
            lost.up = up if lost.up is None else lost.up
            lost.down = down if lost.down is None else lost.down
            kept[place : place + 2] = lost_frame(
                connection,
                Lost(
                    reason=LossReason.SHED,
                    up=lost.up,
                    down=lost.down,
                    since_ns=lost.since_ns,
                ),
            )
            size += len(kept[place + 1]) + FRAME_COST
        self.parts = kept
        self.size = size
        return dropped


def lost_frame(
    connection: int, lost: Lost, time_ns: int | None = None
) -> tuple[bytes, bytes]:
    """Header and payload of a LOST frame; its place in time is when the loss
    began, unless given."""
    payload = msgspec.msgpack.encode(lost)
    time_ns = lost.since_ns if time_ns is None else time_ns
    return (
        pack_header(Kind.LOST, connection, lost.up, time_ns, len(payload)),
        payload,
    )
