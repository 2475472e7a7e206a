"""A server's bytes that wait for their record; pure.

Invariants: bytes leave in the order they came, each once; a byte leaves only
when it lies below what was released, when everything passes (until the client
sends more), or when its application is relayed unrecorded; ``gone`` ≤ ``down``,
``size`` is their difference unless they were dropped.

Time: ``owed_ns`` is the moment since which the recorder owes a release, 0 when
it owes none: nothing waits, or it has said that it read everything there is and
the message has not ended. A full hold is owed something in any case.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from typing_extensions import override

from proxy.tapgate import EVERYTHING, Hold, Release


class Keeper(Protocol):
    """What a hold needs of the gate of its application."""

    opened: bool
    """Everything is relayed, recorded or not."""

    def most(self) -> int:
        """Bytes one connection may hold now."""

    def changed(self, held: Held, size: int) -> None:
        """So many bytes more (or less) are held."""

    def filled(self, held: Held) -> None:
        """It became full."""

    def passed(self, held: Held) -> None:
        """Bytes went that were not released, because ``opened``."""

    def lost(self, held: Held, reason: str) -> None:
        """Nobody observes its connection any more."""


class Held(Hold):
    """What one connection holds."""

    __slots__ = (
        "_parts",
        "down",
        "full",
        "gone",
        "keeper",
        "lenient_up",
        "may",
        "number",
        "owed_ns",
        "pass_up",
        "refused",
        "size",
        "stalled",
        "told_ns",
        "up",
        "wake",
    )

    def __init__(
        self,
        keeper: Keeper,
        number: int,
        wake: Callable[[], None],
        *,
        up: int = 0,
        down: int = 0,
    ) -> None:
        self.keeper = keeper
        self.number = number
        self.wake = wake
        self.up = up
        self.down = self.gone = self.may = down
        self.pass_up = self.lenient_up = -1
        """As of ``Release.up``; -1 is before the first byte."""
        self.owed_ns = 0
        self.size = 0
        self.full = False
        self.stalled = False
        self.refused = False
        self.told_ns = 0
        """Beginning of the last gap that counts it."""
        self._parts: deque[tuple[int, bytes]] = deque()

    @override
    def asked(self, size: int) -> None:
        self.up += size

    @override
    def arrived(self, data: bytes, time_ns: int) -> bytes:
        down = self.down = self.down + len(data)
        if self.refused:
            return b""
        if not self.size:
            if self.may >= down or self.pass_up >= self.up:
                self.gone = down
                return data
            if self.keeper.opened:
                self.gone = down
                self.keeper.passed(self)
                return data
        self._parts.append((time_ns, data))
        self.size += len(data)
        if not self.owed_ns:
            self.owed_ns = time_ns
        self.keeper.changed(self, len(data))
        went = self.take() if self.may > self.gone else b""
        if not self.full and self.size >= self.keeper.most():
            self.full = True
            self.keeper.filled(self)
        return went

    @override
    def take(self) -> bytes:
        if not self.size or self.refused:
            return b""
        limit = min(self.may, self.down)
        if self.pass_up >= self.up:
            limit = self.down
        elif self.keeper.opened:
            limit = self.down
            self.keeper.passed(self)
        wanted = limit - self.gone
        if wanted <= 0:
            return b""
        taken = self._gather(wanted)
        self.gone += wanted
        self.size -= wanted
        if not self.size:
            self.owed_ns = 0
        elif self.owed_ns:
            self.owed_ns = max(self.owed_ns, self._parts[0][0])
        if self.full and self.size < self.keeper.most():
            self.full = False
        self.keeper.changed(self, -wanted)
        return taken

    def _gather(self, wanted: int) -> bytes:
        parts = self._parts
        taken: list[bytes] = []
        while wanted:
            time_ns, data = parts.popleft()
            if len(data) > wanted:
                parts.appendleft((time_ns, data[wanted:]))
                data = data[:wanted]
            taken.append(data)
            wanted -= len(data)
        return taken[0] if len(taken) == 1 else b"".join(taken)

    def release(self, release: Release) -> bool:
        """Do as the recorder says; whether held bytes may go now."""
        self.may = max(self.may, release.offset)
        if release.passes:
            self.pass_up = max(self.pass_up, release.up)
        if release.lenient:
            self.lenient_up = max(self.lenient_up, release.up)
        if release.unfinished and release.read >= self.down and not self.full:
            self.owed_ns = 0
        return self.ready

    def committed(self, down: int) -> bool:
        """Everything below is on disk; whether held bytes may go now."""
        self.may = max(self.may, down)
        return self.ready

    @property
    def ready(self) -> bool:
        """Held bytes may go."""
        return self.size > 0 and (
            self.may > self.gone or self.pass_up >= self.up or self.keeper.opened
        )

    @property
    def lenient(self) -> bool:
        """What waits is shown when recording fails, whatever the application."""
        return self.lenient_up >= self.up

    def let_go(self, *, for_ever: bool) -> None:
        """Everything that waits may go, until the client sends more, or for good."""
        self.pass_up = max(self.pass_up, self.up)
        if for_ever:
            self.may = EVERYTHING

    def refuse(self) -> None:
        """Nothing of it goes any more."""
        self.refused = True
        self.drop()

    @override
    def failed(self, reason: str) -> None:
        self.keeper.lost(self, reason)

    @override
    def drop(self) -> None:
        size, self.size = self.size, 0
        self._parts.clear()
        self.owed_ns = 0
        self.full = False
        if size:
            self.keeper.changed(self, -size)
