"""Signs of life: a row a minute that says this recorder was at work.

What a store can be asked about a node is bounded by them: between two there is
evidence, after the last one nobody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from proxy.clock import Clock
from proxy.events import Event, HeartbeatRecorded


class Living:
    """Writes them while it runs, and a last one when it is cancelled."""

    def __init__(
        self,
        add: Callable[[Iterable[Event]], None],
        clock: Clock,
        figures: Callable[[], dict[str, Any]],
        every: float,
    ) -> None:
        """Arrange it.

        Args:
            add: takes the row; it is committed with whatever comes next.
            clock: tells the time.
            figures: the recorder's report.
            every: seconds between two.
        """
        self._add = add
        self._clock = clock
        self._figures = figures
        self._every = every

    async def run(self) -> None:
        """Write until cancelled."""
        try:
            while True:
                self.say()
                await asyncio.sleep(self._every)
        finally:
            self.say()

    def say(self) -> None:
        """Write one now."""
        figures = self._figures()
        self._add(
            [
                HeartbeatRecorded(
                    at_ns=self._clock.wall_ns(),
                    wires=figures["wires"],
                    connections=figures["connections"],
                    exchanges=figures["exchanges"],
                )
            ]
        )
