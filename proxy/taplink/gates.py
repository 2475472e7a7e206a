"""The gates of a wire: which applications are held, for how long, and then what.

Each gated application has a ``Gate``; each of its connections a ``Held``. The
recorder releases. What it owes for longer than the deadline, or can no longer
give because nobody observes the connection, *fails*: an application that is
``closed`` ends the connection, one that is ``open`` shows what waits, after the
wire has put a marker on its own disk. From then on everything of an open
application passes at once, until the recorder commits again; that whole time is
one gap, told with the connections that were shown something.

Memory: ``GateLimits.total`` and one read of each connection beyond it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from typing_extensions import override

from proxy.clock import Clock
from proxy.tapgate import EVERYTHING
from proxy.taplink import markers
from proxy.taplink.held import Held, Keeper
from proxy.taplink.limits import GateLimits
from proxy.tapstream import LossReason, Missed

logger = logging.getLogger(__name__)

LOOKS = 8
"""Looks at what is owed per deadline: it is kept to an eighth of itself."""
LEAST_SHARE = 64 * 1024
"""Bytes a connection may hold however many do: a page."""


class Link(Protocol):
    """What gates need of their link."""

    def hold_full(self, number: int) -> None:
        """Ask the recorder to read what there is of this connection."""

    def note(self, missed: Missed) -> None:
        """Have this told to a recorder, exactly once."""


@dataclass(slots=True)
class Figures:
    """What happened since the wire started; only ever grows."""

    gate_releases: int = 0
    """Times held bytes went, or were dropped with their connection."""
    gate_full: int = 0
    """Times a connection held as much as it may."""
    gate_deadlines: int = 0
    """Times the recorder owed a release for too long."""
    gate_opened: int = 0
    """Connections shown something unrecorded, once per period."""
    gate_closed: int = 0
    """Connections ended with a page held."""
    gate_marker_failures: int = 0
    """Times the disk did not take a marker."""


class Gates:
    """All gates of one link; runs on its loop."""

    def __init__(
        self,
        link: Link,
        limits: GateLimits,
        closed: Mapping[str, bool],
        directory: Path | None,
        boot: int,
        clock: Clock,
    ) -> None:
        self.limits = limits
        self.figures = Figures()
        self.total = 0
        """Bytes held."""
        self.failing = False
        """Some application is relayed unrecorded, or about to be."""
        self.link = link
        self.clock = clock
        self._boot = boot
        self._directory = directory
        self._on_disk = False
        self._gates = {name: Gate(self, name, shut) for name, shut in closed.items()}
        self._holding: dict[int, Held] = {}
        self._full: dict[int, Held] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # What connections ask and say.

    def gated(self, application: str) -> bool:
        """Whether responses of this application are held."""
        return application in self._gates

    def hold(
        self,
        application: str,
        number: int,
        wake: Callable[[], None],
        up: int = 0,
        down: int = 0,
    ) -> Held | None:
        """What holds a connection from these offsets on; None: nothing does."""
        gate = self._gates.get(application)
        return None if gate is None else Held(gate, number, wake, up=up, down=down)

    def changed(self, held: Held, size: int) -> None:
        """A connection holds so many bytes more."""
        self.total += size
        self.figures.gate_releases += size < 0
        if held.size:
            self._holding[held.number] = held
            if self._timer is None:
                self._arm()
        else:
            self._holding.pop(held.number, None)
        if size < 0 and self._full:
            for each in list(self._full.values()):
                if each is held or each.size < each.keeper.most():
                    each.full = each.full and each.size >= each.keeper.most()
                    if not each.full:
                        del self._full[each.number]
                        if each is not held:
                            each.wake()

    def most(self) -> int:
        """Bytes one connection may hold now."""
        limits = self.limits
        if self.total < limits.total:
            return limits.connection
        share = limits.total // max(1, len(self._holding))
        return max(LEAST_SHARE, min(limits.connection, share))

    def filled(self, held: Held) -> None:
        """A connection holds as much as it may: no more is read of its server."""
        self.figures.gate_full += 1
        self._full[held.number] = held
        self.link.hold_full(held.number)

    def fail(self, held: Held, reason: str, *, for_ever: bool = False) -> None:
        """What waits will not be released in time, or never."""
        if held.refused:
            return
        gate = held.keeper
        assert isinstance(gate, Gate)
        if gate.closed and not held.lenient:
            self.refuse(held, reason)
            return
        if not gate.since_ns:
            gate.since_ns, gate.reason = self.clock.monotonic_ns(), reason
            self.failing = True
            logger.warning(
                "%s is relayed before it is recorded (%s)", gate.name, reason
            )
            self._mark(gate)
        if gate.marked:
            self._go(held, for_ever=for_ever)
        else:
            gate.waiting[held] = for_ever or gate.waiting.get(held, False)

    def refuse(self, held: Held, reason: str) -> None:
        """End the connection; the gap says so."""
        if held.refused:
            return
        self.figures.gate_closed += 1
        held.refuse()
        now = self.clock.monotonic_ns()
        gate = held.keeper
        assert isinstance(gate, Gate)
        self._note(gate.name, LossReason.GATE_CLOSED, reason, now, 1)
        held.wake()

    # What the link says.

    def changed_to(self, closed: Mapping[str, bool], held: Iterable[Held]) -> None:
        """The recorder's rule sets say this now; ``held`` are all there are."""
        for name, shut in closed.items():
            gate = self._gates.get(name)
            if gate is None:
                self._gates[name] = Gate(self, name, shut)
            else:
                gate.closed = shut
        gone = [self._gates.pop(name) for name in list(self._gates.keys() - closed)]
        for each in held:
            if each.keeper in gone:
                each.may = EVERYTHING
                each.wake()

    def recovered(self) -> None:
        """The recorder commits: hold again, and tell what was not held."""
        for gate in self._gates.values():
            if gate.marked:
                self._note(
                    gate.name,
                    LossReason.GATE_OPENED,
                    gate.reason,
                    gate.since_ns,
                    gate.connections,
                )
                gate.marked = gate.opened = False
                gate.since_ns = gate.connections = 0
        self.failing = any(gate.since_ns for gate in self._gates.values())

    def connected(self) -> None:
        """A recorder is there, which does not know yet what is full."""
        for number in self._full:
            self.link.hold_full(number)

    def disconnected(self) -> None:
        """The recorder is gone: it owes everything that waits."""
        now = self.clock.monotonic_ns()
        for held in self._holding.values():
            if not held.owed_ns:
                held.owed_ns = now

    def told(self) -> None:
        """Everything noted is on a recorder's disk: markers have served."""
        if self._on_disk and not self.failing and self._directory is not None:
            self._on_disk = False
            markers.remove(self._directory, self._boot)

    def status(self) -> dict[str, Any]:
        """Figures for the wire's report."""
        return {
            "gate_held_bytes": self.total,
            "gate_holding": len(self._holding),
            "gates_open": sorted(
                gate.name for gate in self._gates.values() if gate.marked
            ),
            **{name: getattr(self.figures, name) for name in Figures.__slots__},
        }

    # Deadlines and markers.

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self.limits.deadline / LOOKS, self._look)

    def _look(self) -> None:
        self._timer = None
        due_ns = self.clock.monotonic_ns() - int(self.limits.deadline * 1e9)
        for held in list(self._holding.values()):
            if held.owed_ns and held.owed_ns <= due_ns:
                self.figures.gate_deadlines += 1
                held.owed_ns = 0  # once, however long the marker takes
                self.fail(held, "deadline")
        if self._holding:
            self._arm()

    def _mark(self, gate: Gate) -> None:
        if self._directory is None:
            self._marked(gate)
            return
        task = asyncio.get_running_loop().create_task(self._write(gate))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, gate: Gate) -> None:
        assert self._directory is not None
        ahead_ns = self.clock.wall_ns() - self.clock.monotonic_ns()
        marks = {
            each.name: markers.Mark(
                since_ns=each.since_ns + ahead_ns, reason=each.reason
            )
            for each in self._gates.values()
            if each.since_ns
        }
        self._on_disk = True
        try:
            await asyncio.to_thread(markers.write, self._directory, self._boot, marks)
        except OSError as error:
            self.figures.gate_marker_failures += 1
            logger.error("a marker cannot be written: %s", error.strerror)  # noqa: TRY400 - told, not traced
        self._marked(gate)

    def _marked(self, gate: Gate) -> None:
        gate.marked = True
        gate.opened = not gate.closed
        for held, for_ever in gate.waiting.items():
            self._go(held, for_ever=for_ever)
        gate.waiting.clear()
        if gate.opened:
            for held in list(self._holding.values()):
                if held.keeper is gate:
                    held.wake()

    def _go(self, held: Held, *, for_ever: bool) -> None:
        self.passed(held)
        held.let_go(for_ever=for_ever)
        held.wake()

    def passed(self, held: Held) -> None:
        """It is shown something unrecorded: count it once in a gap."""
        gate = held.keeper
        assert isinstance(gate, Gate)
        if held.told_ns != gate.since_ns:
            held.told_ns = gate.since_ns
            gate.connections += 1
            self.figures.gate_opened += 1

    def _note(
        self, name: str, reason: LossReason, detail: str, since_ns: int, count: int
    ) -> None:
        self.link.note(
            Missed(
                serial=0,
                application=name,
                reason=reason,
                connections=count,
                up=0,
                down=0,
                since_ns=since_ns,
                until_ns=self.clock.monotonic_ns(),
                detail=detail,
            )
        )


class Gate(Keeper):
    """One application's."""

    __slots__ = (
        "_gates",
        "closed",
        "connections",
        "marked",
        "name",
        "opened",
        "reason",
        "since_ns",
        "waiting",
    )

    def __init__(self, gates: Gates, name: str, closed: bool) -> None:
        self.name = name
        self.closed = closed
        self.opened = False
        self.marked = False
        """The open gap is on disk."""
        self.since_ns = 0
        """Monotonic; 0: everything is held as it should be."""
        self.reason = ""
        self.connections = 0
        self.waiting: dict[Held, bool] = {}
        """For the marker; and whether they are let go for ever."""
        self._gates = gates

    @override
    def most(self) -> int:
        return self._gates.most()

    @override
    def changed(self, held: Held, size: int) -> None:
        self._gates.changed(held, size)

    @override
    def filled(self, held: Held) -> None:
        self._gates.filled(held)

    @override
    def passed(self, held: Held) -> None:
        self._gates.passed(held)

    @override
    def lost(self, held: Held, reason: str) -> None:
        self._gates.fail(held, reason, for_ever=True)
