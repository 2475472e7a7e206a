"""Frames of several wires → events in a decided order; pure.

The story of a recorder without its sockets, disk and clock: the server feeds it
what wires send, ``proxy.capture`` what a file holds, and both get the same
events. Time is the wires' own.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from proxy.connection_context import ConnectionContext
from proxy.events import GapKind
from proxy.recorder import gaps, leaving
from proxy.recorder.connection import Connection
from proxy.recorder.deciding import Application, Decisions, Output, place_of
from proxy.recorder.gaps import Blindness
from proxy.recorder.gating import Gating, Wires
from proxy.recorder.limits import Limits
from proxy.recorder.source import WIRE, Source, Sources, State
from proxy.tapstream import (
    Ended,
    Frame,
    Hello,
    Kind,
    Lost,
    Missed,
    Opened,
    Resumed,
    StreamBroken,
)

logger = logging.getLogger(__name__)

_UP = int(Kind.DATA_UP)
_DATA = frozenset((_UP, int(Kind.DATA_DOWN)))
_DEAD_WIRES = 16
"""Wires that are gone and remembered, should one come back from a long stop."""


class Assembly:
    """See the module. One thread at a time; nothing blocks.

    Args:
        applications: pipeline by application name.
        output: takes what was decided.
        limits: bounds.
        progress: what earlier recorders covered, from the journal.
        wires: are told what may pass; None: nobody holds anything.

    """

    def __init__(
        self,
        applications: Mapping[str, Application],
        output: Output,
        limits: Limits | None = None,
        progress: Mapping[tuple[int, int], tuple[int, int]] | None = None,
        wires: Wires | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.sources = Sources()
        self.decisions = Decisions(self.sources, output, self.limits)
        self.figures = self.decisions.figures
        self.gating = Gating(wires)
        self.half_read = 0
        self._applications = applications
        self._output = output
        reading = self.limits.reading
        self._held_most = 2 * (reading.body + reading.head)
        self._dead: OrderedDict[int, Source] = OrderedDict()
        for (boot, number), covered in (progress or {}).items():
            source = self.sources.get(boot)
            if source is None:
                source = self.sources[boot] = Source(boot, State.EXPECTED)
            if number == WIRE:
                source.told_ns = covered[0]
            else:
                source.done[number] = covered

    # Wires come and go.

    def connected(self, hello: Hello) -> Source:
        """A wire introduced itself: a new one, or one that comes again."""
        source = self.sources.get(hello.boot)
        if source is None:
            source = self.sources[hello.boot] = Source(hello.boot, State.REPLAYING)
        source.state = State.REPLAYING
        source.hello = hello
        source.wall_ns = hello.wall_minus_monotonic_ns
        source.watermark_ns = 0
        source.bye = False
        source.streams += 1
        source.stale = source.done.keys() | source.connections.keys()
        return source

    def caught_up(self, source: Source) -> None:
        """Everything the wire kept has arrived, or is not waited for any more."""
        if source.state is State.REPLAYING:
            source.state = State.LIVE
            for number in source.stale - {0}:
                # Its END or SETTLED died with an earlier stream; a wire forgets
                # only what is committed whole.
                connection = source.connections.pop(number, None)
                if connection is not None:
                    ended = Ended(up=connection.up, down=connection.down)
                    connection.end(ended, connection.last_ns)
                    self._account(connection)
                self._settle(source, number)
            source.stale.clear()

    def unexpected(self, from_ns: int, to_ns: int) -> None:
        """Wait no longer for wires only the journal knows: they ended while
        nobody recorded. The times (wall clock) are those of the gap, unless the
        journal knows how far the wire had told."""
        for source in list(self.sources.values()):
            if source.state is not State.EXPECTED:
                continue
            source.state = State.GONE
            self._bury(source)
            for gap in leaving.of_unexpected(source, from_ns, to_ns):
                self.decisions.queue(self._nobody(source), [gap])
            self._settle_all(source)
        self.decisions.release()

    def detached(self, source: Source) -> None:
        """Its stream broke; it may come back."""
        source.state = State.DETACHED

    def gone(self, source: Source) -> None:
        """It ended, in order or not: what is under way comes out cut."""
        replaying = source.state is State.REPLAYING or source.watermark_ns == 0
        rests: dict[str, list[tuple[int, int]]] = {}
        for connection in list(source.connections.values()):
            if not connection.ended:
                rests.setdefault(connection.application, []).append(
                    self._cut(connection, source.watermark_ns)
                )
            self._account(connection)
        source.state = State.GONE
        self._bury(source)
        for gap in leaving.of_gone(source, rests, replaying=replaying):
            self.decisions.queue(self._nobody(source), [gap])
        self._settle_all(source)
        self.decisions.release()

    def _settle_all(self, source: Source) -> None:
        for number in (*source.done, WIRE):
            self._output.settled(source.boot, number)

    def _cut(self, connection: Connection, time_ns: int) -> tuple[int, int]:
        try:
            return connection.cut(time_ns)
        except Exception as error:  # noqa: BLE001 - fail open: it costs one connection
            self._fault(connection, "cut", error)
            return connection.cut(time_ns)

    def _bury(self, source: Source) -> None:
        self.sources.pop(source.boot, None)
        if source.done:
            self._dead[source.boot] = source
            while len(self._dead) > _DEAD_WIRES:
                self._dead.popitem(last=False)

    def status(self) -> dict[str, Any]:
        """Figures for the recorder's report."""
        return {"half_read_bytes": self.half_read, **self.decisions.status()}

    # Frames.

    def feed(self, source: Source, frames: Iterable[Frame]) -> None:
        """Take what a wire sent, in order.

        Raises:
            StreamBroken: more connections than can be; the stream must end.
        """
        connections = source.connections
        sources, decisions = self.sources, self.decisions
        for frame in frames:
            kind, number, offset, time_ns, payload = frame
            if time_ns > source.watermark_ns:
                source.watermark_ns = time_ns
                if time_ns > sources.high_ns:  # noqa: PLR1730 - a call per frame
                    sources.high_ns = time_ns
            if kind in _DATA:
                connection = connections.get(number)
                if connection is None:
                    connection = self._unannounced(source, number, time_ns)
                try:
                    connection.data(kind == _UP, offset, time_ns, payload)
                except Exception as error:  # noqa: BLE001 - fail open: costs one connection
                    self._fault(connection, "reading", error)
                self._account(connection)
            else:
                self._control(source, frame)
            if decisions.waiting:
                decisions.release()
        if self.gating.touched:
            self.gating.tell()

    def _control(self, source: Source, frame: Frame) -> None:
        kind, number, _, time_ns, payload = frame
        connection = source.connections.get(number)
        try:
            if kind == Kind.OPEN:
                opened = msgspec.msgpack.decode(payload, type=Opened)
                self._open(source, number, opened, time_ns, payload)
            elif kind == Kind.WATERMARK:
                self.caught_up(source)
            elif kind == Kind.BYE:
                source.bye = True
                self._output.settled(source.boot, WIRE)
            elif kind == Kind.SETTLED:
                source.connections.pop(number, None)
                self._settle(source, number)
            elif kind == Kind.MISSED:
                self._missed(source, msgspec.msgpack.decode(payload, type=Missed))
            elif kind in _OF_CONNECTION:
                if connection is None:
                    connection = self._unannounced(source, number, time_ns)
                self._of_connection(connection, kind, time_ns, payload)
        except msgspec.MsgspecError:
            if connection is None:
                connection = self._unannounced(source, number, time_ns)
            self._malformed(connection, f"frame_{kind}", time_ns)
            if kind == Kind.END:
                connection.end(Ended(up=connection.up, down=connection.down), time_ns)
            self._account(connection)

    def _of_connection(
        self, connection: Connection, kind: int, time_ns: int, payload: bytes
    ) -> None:
        try:
            if kind == Kind.END:
                ended = msgspec.msgpack.decode(payload, type=Ended)
                connection.end(ended, time_ns)
            elif kind == Kind.LOST:
                connection.lost(msgspec.msgpack.decode(payload, type=Lost))
            elif kind == Kind.RESUME:
                self._resume(connection, msgspec.msgpack.decode(payload, type=Resumed))
            elif kind == Kind.HOLD_FULL:
                connection.hold_full(time_ns)
            else:
                connection.eof(kind == Kind.EOF_UP, time_ns, orderly=not payload)
        except msgspec.MsgspecError:
            raise
        except Exception as error:  # noqa: BLE001 - fail open: it costs one connection
            self._fault(connection, "reading", error)
            if kind == Kind.END:
                ended = msgspec.msgpack.decode(payload, type=Ended)
                connection.end(ended, time_ns)
        self._account(connection)

    def _open(
        self,
        source: Source,
        number: int,
        opened: Opened,
        time_ns: int,
        payload: bytes,
    ) -> None:
        source.stale.discard(number)
        before = source.connections.get(number)
        connection = self._new(source, number, opened, time_ns)
        connection.opened_payload = payload
        if before is not None:
            # Decided but unfinished exchanges of it come first.
            connection.queue = before.queue
            before.ended = True
            before.parser = None
            self._account(before)
        connection.pipeline = self._applications.get(opened.application)
        connection.context = ConnectionContext(
            application=opened.application,
            wire=source.boot,
            connection=number,
            client_address=opened.client[0],
            wall_minus_monotonic_ns=source.wall_ns,
            certificate=opened.client_certificate,
            chain=opened.client_chain,
        )
        connection.gate = self.gating.of(connection, getattr(before, "gate", None))
        connection.start(*source.done.get(number, (0, 0)))
        if connection.pipeline is None:
            connection.go_blind(
                Blindness(GapKind.OBSERVER_FAILED, "unknown_application", time_ns)
            )

    def _resume(self, connection: Connection, resumed: Resumed) -> None:
        source, number = connection.source, connection.number
        dead = self._dead.get(source.boot)
        if dead is not None and number in dead.done:
            connection.start(*dead.done[number])
            connection.go_blind(
                Blindness(GapKind.WIRE_LOST, "came_back_late", connection.opened_ns)
            )
            return
        up, down = source.done.get(number, (0, 0))
        if (up, down) != (resumed.up, resumed.down):
            up, down = max(up, resumed.up), max(down, resumed.down)
            if connection.blind is None:
                connection.start(up, down)
            if (up, down) != (resumed.up, resumed.down):
                self.decisions.acknowledge(connection)

    def _unannounced(self, source: Source, number: int, time_ns: int) -> Connection:
        connection = self._new(source, number, None, time_ns)
        self._malformed(connection, "not_opened", time_ns)
        return connection

    def _new(
        self, source: Source, number: int, opened: Opened | None, time_ns: int
    ) -> Connection:
        if len(source.connections) >= self.limits.connections:
            raise StreamBroken(len(source.connections), [])
        connection = source.connections[number] = Connection(
            self.decisions, source, number, opened, time_ns, self.limits.reading
        )
        return connection

    def _malformed(self, connection: Connection, reason: str, time_ns: int) -> None:
        if connection.blind is None:
            self.figures.malformed += 1
            connection.go_blind(Blindness(GapKind.MALFORMED_FRAME, reason, time_ns))

    def _missed(self, source: Source, missed: Missed) -> None:
        nobody = self._nobody(source)
        serial = source.done.get(0, (0, 0))[0]
        if missed.serial <= serial:
            self.decisions.acknowledge(nobody)
            return
        nobody.done_up = missed.serial
        gap = gaps.of_missed(missed, source.boot, source.wall_ns)
        self.decisions.queue(nobody, [gap])

    def _nobody(self, source: Source) -> Connection:
        """Stands for the wire itself."""
        nobody = Connection(self.decisions, source, 0, None, 0, self.limits.reading)
        nobody.done_up = source.done.get(0, (0, 0))[0]
        return nobody

    def _settle(self, source: Source, number: int) -> None:
        if source.done.pop(number, None) is not None:
            self._output.settled(source.boot, number)

    def _account(self, connection: Connection) -> None:
        held = 0
        if connection.parser is not None:
            held = connection.up - connection.done_up
            held += connection.down - connection.done_down
            held = min(held, self._held_most)
        if held != connection.held:
            self.half_read += held - connection.held
            connection.held = held
            if self.half_read > self.limits.half_read_bytes:
                self._relieve()

    def _relieve(self) -> None:
        largest = max(
            (c for s in self.sources.values() for c in s.connections.values()),
            key=lambda c: c.held,
        )
        self.figures.relieved += 1
        largest.go_blind(Blindness(GapKind.SHED, "half_read_bytes", largest.last_ns))
        self._account(largest)

    def _fault(self, connection: Connection, where: str, error: Exception) -> None:
        self.figures.faults += 1
        logger.error("a fault costs a connection: %s", place_of(error))
        connection.go_blind(
            Blindness(GapKind.OBSERVER_FAILED, where, connection.last_ns)
        )


_OF_CONNECTION = frozenset(
    (Kind.END, Kind.LOST, Kind.RESUME, Kind.EOF_UP, Kind.EOF_DOWN, Kind.HOLD_FULL)
)
