"""No wire is read far ahead of another; pure.

A wire's frames come in order, the wires' among each other do not. On a
saturated host the kernel hands out megabytes of one wire while another's wait,
and what the first one tells of can hang on news of the second: an exchange with
an unknown key then waits for a watermark that is seconds away. Reading the one
that is ahead can wait; the wire notices a backlog and paces its clients.

A wire that was not heard for a while, although it is read and was asked, hangs:
nobody waits for that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Heard(NamedTuple):
    """How far a connected wire has told, and when it last said anything."""

    watermark_ns: int
    at: float
    """Seconds on the loop's clock."""


def ahead(
    wires: Mapping[int, Heard],
    paused: frozenset[int],
    *,
    now: float,
    most_ns: int,
    stalled: float,
) -> frozenset[int]:
    """The wires not to read for now.

    Args:
        wires: those connected, by boot id.
        paused: those that are not read at present; silence of theirs is ours.
        now: seconds on the loop's clock.
        most_ns: how far a wire may be ahead of the slowest.
        stalled: seconds of silence after which a wire is not waited for.
    """
    waited_for = [
        heard.watermark_ns
        for boot, heard in wires.items()
        if boot in paused or now - heard.at < stalled
    ]
    if len(waited_for) < 2:
        return frozenset()
    low_ns = min(waited_for)
    return frozenset(
        boot for boot, heard in wires.items() if heard.watermark_ns - low_ns > most_ns
    )
