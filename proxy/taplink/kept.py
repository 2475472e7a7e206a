"""Frames that are kept until they are committed, and their order in time. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from proxy.tapstream import HEADER

Kept = tuple[int, bytes, bytes]
"""End offset, header and payload of a DATA frame."""
Timed = tuple[int, bytes, bytes]
"""Time, header and payload of any frame."""
TIME = itemgetter(0)


def time_of(kept: Kept) -> int:
    """The time its header carries, ns of CLOCK_MONOTONIC."""
    time_ns: int = HEADER.unpack(kept[1])[4]
    return time_ns


def timed(kept: list[Kept]) -> Iterator[Timed]:
    """The same frames with their times."""
    for frame in kept:
        yield time_of(frame), frame[1], frame[2]
