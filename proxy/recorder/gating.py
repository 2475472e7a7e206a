"""What wires may let pass, connection by connection; pure.

A wire holds the server's bytes of a gated application. What of them is on disk
it learns by COMMITTED; what need not wait for that is told here, each time a
connection was read or committed, and only when it is news. An exchange that was
handed on and whose response a gated rule may claim *blocks* everything behind it
until it is committed. A connection that is not read any more passes, or is
refused where the application is closed and nobody meant it to be unreadable.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from proxy.exchange.model import UNASKED, Exchange
from proxy.exchange.standing import StandingParser
from proxy.extraction.model import OnFailure
from proxy.recorder.gaps import Blindness
from proxy.tapgate import EVERYTHING, Release
from proxy.tapstream import Kind, pack


class Reader(Protocol):
    """What is asked of the connection."""

    source: Any
    number: int
    pipeline: Any
    blind: Blindness | None
    ended: bool

    @property
    def parser(self) -> StandingParser | None:
        """Of what passes; None: nothing of it is read."""


class Rules(Protocol):
    """What is asked of an application."""

    @property
    def gated(self) -> OnFailure | None:
        """What a failure means to the strictest rule; None: no gate."""


def gates_of(applications: Mapping[str, Rules]) -> dict[str, bool]:
    """Which applications are held, and whether a failure closes."""
    return {
        name: each.gated is OnFailure.CLOSED
        for name, each in applications.items()
        if each.gated is not None
    }


def gated_frame(gates: dict[str, bool]) -> bytes:
    """What a wire is told of ``gates_of``."""
    return pack(Kind.GATED, 0, 0, 0, msgspec.msgpack.encode(gates))


class Wires(Protocol):
    """Where the word goes."""

    def release(self, source: Any, number: int, release: Release) -> None:
        """To the connection's wire."""

    def refuse(self, source: Any, number: int, reason: str) -> None:
        """The wire ends the connection."""


class Blocked(NamedTuple):
    """An exchange that is not on disk yet."""

    start: int
    """Where its response begins."""
    end: int
    """How far the connection is covered with it."""
    closed: bool


_NOTHING = Release(0, -1, -1)


class ConnectionGate:
    """The gate of one connection of a gated application."""

    __slots__ = (
        "_gating",
        "_said",
        "_touched",
        "blocked",
        "inside",
        "reader",
        "refused",
    )

    def __init__(self, gating: Gating, reader: Reader) -> None:
        self.reader = reader
        self.blocked: deque[Blocked] = deque()
        self.inside = -1
        """Where the response that was recorded before its end was cut."""
        self.refused = ""
        """Why nothing more of it may pass."""
        self._gating = gating
        self._said = _NOTHING
        self._touched = False

    def touch(self) -> None:
        """Something of it was read or committed."""
        if not self._touched:
            self._touched = True
            self._gating.touched.append(self)

    def handed_on(self, exchange: Exchange, end: int) -> None:
        """An exchange goes to the pipeline; with it the connection is covered to
        ``end``."""
        response = exchange.response
        if response is None:
            return
        gate = exchange.gate
        if gate is UNASKED:
            gate = self.reader.pipeline.gate(exchange.request)
        if gate is not None and gate.holds(response):
            self.blocked.append(Blocked(response.start_offset, end, gate.closed))

    def unread(self) -> None:
        """A fault of our own costs an exchange that is not on disk yet its views."""
        if any(each.closed for each in self.blocked):
            self.refused = "observer_failed"
            self.touch()

    def committed(self, down: int) -> None:
        """Everything below is on disk, and the wire is told so."""
        while self.blocked and self.blocked[0].end <= down:
            self.blocked.popleft()
        if down > self._said.offset:
            self._said = self._said._replace(offset=down)
        self.touch()

    def tell(self) -> None:
        """Say what is news."""
        self._touched = False
        reader = self.reader
        wires = self._gating.wires
        if reader.ended or wires is None:
            return
        if self.blocked and not self.refused and not self._gating.closed(reader):
            start = self.blocked[0].start
            if start <= self._said.offset:
                return  # as almost always: what comes after waits for the commit
        release = self._standing()
        if self.refused:
            wires.refuse(reader.source, reader.number, self.refused)
        elif _is_news(release, self._said):
            self._said = release
            wires.release(reader.source, reader.number, release)
        elif _is_owed(release, self._said):
            self._gating.late[self] = None

    def tell_late(self) -> None:
        """Say what could wait, unless it is so no more."""
        reader, wires = self.reader, self._gating.wires
        if reader.ended or wires is None or self.refused:
            return
        release = self._standing()
        if _is_news(release, self._said) or _is_owed(release, self._said):
            self._said = release
            wires.release(reader.source, reader.number, release)

    def repeat(self) -> None:
        """The wire may not have heard it."""
        self._said = _NOTHING
        self.touch()

    def _standing(self) -> Release:
        reader, blocked = self.reader, self.blocked
        parser = reader.parser
        release = _NOTHING
        if parser is not None and reader.blind is None:
            release = parser.standing(reader.pipeline.gate)
            lenient = release.lenient and self._gating.closed(reader)
            if not blocked:
                lenient = lenient and parser.asked
                release = release._replace(lenient=lenient)
            else:
                lenient = lenient and not any(each.closed for each in blocked)
                release = release._replace(
                    offset=blocked[0].start,
                    passes=False,
                    unfinished=False,
                    lenient=lenient,
                )
        elif blocked:
            release = Release(blocked[0].start)
        elif reader.blind is not None:
            if self._gating.closed(reader) and not reader.blind.intended:
                self.refused = self.refused or reader.blind.reason
            release = Release(EVERYTHING)
        return release


class Gating:
    """The gates of all connections of a recorder."""

    def __init__(self, wires: Wires | None) -> None:
        self.wires = wires
        self.touched: list[ConnectionGate] = []
        self.late: dict[ConnectionGate, None] = {}
        """Have news that need not be told at once: almost every message ends before
        anybody would ask for it."""

    def of(
        self, reader: Reader, before: ConnectionGate | None = None
    ) -> ConnectionGate | None:
        """The gate of a connection; None where nothing is held.

        Args:
            reader: the connection.
            before: its gate on an earlier stream of its wire: what blocked there
                and is not on disk yet blocks here too.
        """
        pipeline = reader.pipeline
        if self.wires is None or pipeline is None or pipeline.gated is None:
            return None
        gate = ConnectionGate(self, reader)
        if before is not None:
            gate.blocked = before.blocked
            gate.inside = before.inside
        return gate

    def closed(self, reader: Reader) -> bool:
        """What cannot be read might be what must not be shown."""
        return reader.pipeline.gated is OnFailure.CLOSED

    def tell(self) -> None:
        """Say what is news of every connection that was touched."""
        touched, self.touched = self.touched, []
        for gate in touched:
            gate.tell()

    def tell_late(self) -> None:
        """Say what could wait; called some fifty times a second."""
        late, self.late = self.late, {}
        for gate in late:
            gate.tell_late()

    def again(self, readers: Iterable[Any]) -> None:
        """Rule sets have changed, or a wire is new: begin, end, repeat gates."""
        for reader in readers:
            gate: ConnectionGate | None = reader.gate
            if reader.pipeline is None or reader.pipeline.gated is None:
                reader.gate = None
            elif gate is None:
                reader.gate = self.of(reader)
                reader.gate.touch()
            else:
                gate.repeat()


def _is_news(release: Release, said: Release) -> bool:
    passing = said.passes and said.up == release.up
    if release.offset > said.offset and (not passing or release.offset == EVERYTHING):
        return True
    if release.passes and (not said.passes or release.up != said.up):
        return True
    return release.lenient and (not said.lenient or release.up != said.up)


def _is_owed(release: Release, said: Release) -> bool:
    """The wire counts the time until it knows that it waits for its server."""
    return (
        release.unfinished
        and release.read > release.offset
        and not release.passes
        and (not said.unfinished or release.read != said.read)
    )
