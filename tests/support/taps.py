"""Fakes of the tap port: one that remembers everything, one that always fails, one
that holds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from typing_extensions import override

from proxy.tapgate import Hold, Release
from proxy.taplink.held import Held, Keeper
from proxy.tapstream import Ended, Opened, Tap, TapSource


@dataclass(eq=False)
class MemoryTap(Tap):
    """What one connection's tap was told."""

    opened: Opened
    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)
    order: list[str] = field(default_factory=list)
    """``up``, ``down``, ``eof up``, ``eof down``, ``detach``, ``end``."""
    times: list[int] = field(default_factory=list)
    ended: Ended | None = None

    @override
    def data(self, up: bool, data: bytes, time_ns: int) -> None:
        (self.up if up else self.down).extend(data)
        self._note("up" if up else "down", time_ns)

    @override
    def eof(self, up: bool, time_ns: int) -> None:
        self._note("eof up" if up else "eof down", time_ns)

    @override
    def end(self, ended: Ended, time_ns: int) -> None:
        self.ended = ended
        self._note("end", time_ns)

    @override
    def detach(self, time_ns: int) -> None:
        self._note("detach", time_ns)

    def _note(self, what: str, time_ns: int) -> None:
        self.times.append(time_ns)
        self.order.append(what)


@dataclass
class MemorySource(TapSource):
    """Hands out ``MemoryTap``s and remembers them in order."""

    taps: list[MemoryTap] = field(default_factory=list)
    delay: float = 0.0
    paced: threading.Event = field(default_factory=threading.Event)

    @override
    def opened(self, opened: Opened, time_ns: int) -> Tap:
        tap = MemoryTap(opened)
        self.taps.append(tap)
        return tap

    @override
    def pace(self) -> float:
        if self.delay:
            self.paced.set()
        return self.delay


class TapBroken(Exception):
    """What a failing tap raises; its text stands for payload."""


@dataclass
class FailingSource(TapSource):
    """Its taps raise on every call but count them; ``open_fails`` even earlier."""

    open_fails: bool = False
    data_calls: int = 0
    detached: int = 0
    ended: list[Ended] = field(default_factory=list)

    @override
    def opened(self, opened: Opened, time_ns: int) -> Tap:
        if self.open_fails:
            raise TapBroken("secret=opened")
        return _FailingTap(self)

    @override
    def pace(self) -> float:
        raise TapBroken("secret=pace")


class _FailingTap(Tap):
    def __init__(self, source: FailingSource) -> None:
        self._source = source

    @override
    def data(self, up: bool, data: bytes, time_ns: int) -> None:
        self._source.data_calls += 1
        raise TapBroken(f"secret={data!r}")

    @override
    def eof(self, up: bool, time_ns: int) -> None:
        raise TapBroken("secret=eof")

    @override
    def end(self, ended: Ended, time_ns: int) -> None:
        self._source.ended.append(ended)
        raise TapBroken("secret=end")

    @override
    def detach(self, time_ns: int) -> None:
        self._source.detached += 1
        raise TapBroken("secret=detach")


class _FreeKeeper(Keeper):
    """No bound is reached and nothing fails."""

    opened = False

    @override
    def most(self) -> int:
        return 256 * 1024

    @override
    def changed(self, held: Held, size: int) -> None:
        """Nobody counts."""

    @override
    def filled(self, held: Held) -> None:
        """It is read again once some of it has gone."""

    @override
    def passed(self, held: Held) -> None:
        """Never opened."""

    @override
    def lost(self, held: Held, reason: str) -> None:
        """Nothing is lost."""


@dataclass(eq=False)
class HoldingTap(MemoryTap):
    """Holds every byte from the server for a moment."""

    held: Held | None = None

    @override
    def gate(self, wake: Callable[[], None]) -> Hold | None:
        if self.held is None:
            self.held = Held(_FreeKeeper(), 1, wake)
        return self.held

    @override
    def data(self, up: bool, data: bytes, time_ns: int) -> None:
        super().data(up, data, time_ns)
        if not up:
            loop = asyncio.get_running_loop()
            loop.call_later(0.002, self._go, len(self.down))

    @override
    def cut(self, time_ns: int) -> None:
        self._note("cut", time_ns)

    def _go(self, offset: int) -> None:
        if self.held is not None and self.held.release(Release(offset)):
            self.held.wake()


@dataclass
class HoldingSource(MemorySource):
    """Hands out ``HoldingTap``s."""

    @override
    def opened(self, opened: Opened, time_ns: int) -> Tap:
        tap = HoldingTap(opened)
        self.taps.append(tap)
        return tap
