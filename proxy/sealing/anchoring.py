"""Keeps the newest seal anchored, and says where it is not.

The newest seal vouches for all before it, so an anchor that was away gets that
one and no backlog. An attempt that fails is repeated after pauses that double
up to ``PAUSE_MOST``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from proxy.clock import Clock
from proxy.evidence.seal import Seal, Signed
from proxy.sealing import outages
from proxy.sealing.anchors import Anchor, AnchorFailed
from proxy.sealing.shelf import Shelf

PAUSE_FIRST = 1.0
PAUSE_MOST = 60.0
"""Seconds: a seal comes every minute, so an anchor that is back has one soon."""


class Anchoring:
    """All anchors of one sealer."""

    def __init__(self, anchors: Sequence[Anchor], shelf: Shelf, clock: Clock) -> None:
        self.failing: dict[str, str] = {}
        """Why the newest seal is not anchored, by anchor."""
        self.failures = 0
        self.numbers = shelf.anchored()
        """Number of the last seal anchored, by anchor."""
        self._anchors = anchors
        self._shelf = shelf
        self._clock = clock
        self._outages = outages.read(shelf.directory)
        self._again: dict[str, tuple[int, float]] = {}
        """When to try again (monotonic ns) and the pause after that."""

    async def round(self) -> None:
        """Anchor the newest seal wherever it is not and may be tried again."""
        newest = self._shelf.last
        if newest is None:
            return
        await asyncio.gather(*(self._put(each, *newest) for each in self._anchors))

    async def _put(self, anchor: Anchor, seal: Seal, signed: Signed) -> None:
        name = anchor.name
        key = f"{seal.node} {name}"
        if self.numbers.get(key, 0) >= seal.number:
            return
        now = self._clock.monotonic_ns()
        at, pause = self._again.get(name, (now, PAUSE_FIRST))
        if now < at:
            return
        try:
            await anchor.put(seal, signed)
        except AnchorFailed as failed:
            self.failures += 1
            self.failing[name] = str(failed)
            self._again[name] = (now + round(pause * 1e9), min(pause * 2, PAUSE_MOST))
            at_ns = self._clock.wall_ns()
            self._note(outages.begun(self._outages, seal, name, str(failed), at_ns))
            return
        self._again.pop(name, None)
        self.failing.pop(name, None)
        self.numbers[key] = seal.number
        self._shelf.note_anchored(self.numbers)
        self._note(outages.ended(self._outages, seal, name, self._clock.wall_ns()))

    def _note(self, known: list[outages.Outage] | None) -> None:
        if known is None:
            return
        self._outages = known
        with suppress(OSError):  # told in the status all the same
            self._shelf.note_outages(known)
