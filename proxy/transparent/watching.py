"""When connections are led and when not: from beats and time; pure.

Every wire beats five times a second. No beat of any for ``patience`` and nothing is
led; beats for ``settle`` again and connections are. A watcher that was not run
itself for a while (a host that was paused) has heard nothing, so its silence counts
from when it woke.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

PATIENCE: Final = 1.0
"""Five beats missed: more than a busy loop takes, and leaves half of the two seconds
in which the direct path is promised to be back."""
SETTLE: Final = 1.0
"""A wire that has just started and one that stumbles look alike before that."""
ASLEEP: Final = 0.5
"""A look this much later than the one before says nothing about wires."""
FORGOTTEN: Final = 600.0
"""A process that has been silent this long is no longer remembered."""


class Step(Enum):
    """What is to be done now."""

    NOTHING = "nothing"
    LEAD = "lead"
    LEAVE = "leave"


@dataclass(slots=True)
class Watch:
    """What was heard, as of the last look; times are monotonic seconds."""

    now: float
    """Of the last look."""
    leading: bool
    """Whether connections are led, as far as is known."""
    patience: float = PATIENCE
    heard: dict[str, float] = field(default_factory=dict)
    """Last beat by process."""
    since: float | None = None
    """Beats have come since then without a silence; None: there is silence."""

    def beat(self, process: str, now: float) -> None:
        """A process is alive and turns its loop."""
        self.heard[process] = now

    def look(self, now: float) -> Step:
        """What is to be done; it is taken as done."""
        if now - self.now > ASLEEP:
            self.heard = dict.fromkeys(self.heard, now)
        self.now = now
        self.heard = {p: at for p, at in self.heard.items() if now - at < FORGOTTEN}
        if self._silent(now):
            self.since = None
            if self.leading:
                self.leading = False
                return Step.LEAVE
            return Step.NOTHING
        if self.since is None:
            self.since = now
        if not self.leading and now - self.since >= SETTLE:
            self.leading = True
            return Step.LEAD
        return Step.NOTHING

    def silent(self, now: float) -> list[str]:
        """Processes that were heard, and have been silent for too long."""
        return [p for p, at in self.heard.items() if now - at > self.patience]

    def _silent(self, now: float) -> bool:
        return all(
            now - at > self.patience
            for process, at in self.heard.items()
            if process.startswith("wire")
        )
