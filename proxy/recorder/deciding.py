"""From a connection's exchanges and gaps to events in their order; pure.

Each exchange is observed when it completes and finished when the ordering lets
it; both are guarded: a fault of our own is a gap, never silence.
"""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from proxy.connection_context import ConnectionContext
from proxy.events import (
    ConnectionEnded,
    Event,
    ExchangeRecorded,
    GapKind,
    GapRecorded,
)
from proxy.exchange.content import Sink
from proxy.exchange.limits import Limits as ReadingLimits
from proxy.exchange.model import Exchange, Request
from proxy.exchange.standing import Gate
from proxy.extraction.model import OnFailure
from proxy.pipeline import Outcome, Prepared
from proxy.recorder.connection import Connection
from proxy.recorder.gaps import Blindness
from proxy.recorder.limits import Limits
from proxy.recorder.ordering import Item, Ordering
from proxy.recorder.source import Source, Sources, State
from proxy.recorder.unread import Unread
from proxy.views import LongEvents, ManyViews

logger = logging.getLogger(__name__)

SessionChange = tuple[bytes, bytes | None]


class Application(Protocol):
    """What is needed of ``proxy.pipeline.Pipeline``."""

    @property
    def gated(self) -> OnFailure | None:
        """What a failure of the gate means to the strictest rule; None: no gate."""

    def gate(self, request: Request) -> Gate | None:
        """What may hold the response to a request whose head is there."""

    def stream(self, exchange: Exchange, limits: ReadingLimits) -> Sink | None:
        """What reads a large response while it passes; None: it is kept up to the
        cap."""

    def observe(self, context: ConnectionContext, exchange: Exchange) -> Prepared:
        """An exchange is complete; say how far the wires must be to finish it."""

    def finish(self, prepared: Prepared) -> Outcome:
        """Its events and session changes; called once, in order."""


class Output(Protocol):
    """Where decided things go, in order."""

    def released(
        self,
        source: Source,
        number: int,
        covered: tuple[int, int] | None,
        events: Iterable[Event],
        sessions: Iterable[SessionChange],
    ) -> None:
        """Events, and how far they cover the connection (None: its wire is gone).
        All of it is one transaction."""

    def settled(self, boot: int, number: int) -> None:
        """How far the connection is covered need not be remembered any more."""

    def forget(
        self, source: Source, number: int, up: int, down: int, blindness: Blindness
    ) -> None:
        """Ask the wire to stop sending the connection from these offsets on."""


class Decided(msgspec.Struct):
    """What waits in the ordering."""

    connection: Connection
    prepared: Prepared | None
    events: list[Event]
    up: int
    down: int
    up_bytes: int
    down_bytes: int


@dataclass(slots=True)
class Figures:
    """Counted since the start."""

    exchanges: int = 0
    views: int = 0
    gaps: int = 0
    gaps_by_kind: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    unattributed: int = 0
    frames: int = 0
    malformed: int = 0
    """Connections lost to frames that made no sense."""
    faults: int = 0
    """Exceptions of our own, each a gap."""
    relieved: int = 0
    """Connections given up because too much was half read."""


class Decisions:
    """What connections hand on goes in here, what was decided comes out."""

    def __init__(self, sources: Sources, output: Output, limits: Limits) -> None:
        self.figures = Figures()
        self.unread = Unread()
        self._sources = sources
        self._output = output
        self._ordering: Ordering[Decided] = Ordering(
            self._finish,
            patience_ns=int(limits.patience * 1e9),
            most_items=limits.waiting_exchanges,
            most_bytes=limits.waiting_bytes,
        )

    @property
    def waiting(self) -> int:
        """Exchanges that wait for a watermark."""
        return self._ordering.waiting

    def release(self) -> None:
        """Finish what waits and may be finished."""
        sources = self._sources
        self._ordering.release(
            sources.low_ns(), sources.high_ns, patient=sources.patient
        )

    def drain(self) -> None:
        """Finish everything that waits: no more frames will come."""
        self._ordering.drain()

    def exchange(
        self,
        connection: Connection,
        exchange: Exchange,
        up_bytes: int,
        down_bytes: int,
    ) -> None:
        """Observe it; it is finished when its order is decided."""
        try:
            prepared = connection.pipeline.observe(connection.context, exchange)
        except Exception as error:  # noqa: BLE001 - fail open: a gap, not silence
            self._fault(error)
            if connection.gate is not None:
                connection.gate.unread()
            since_ns = exchange.request.start_ns
            fault = Blindness(GapKind.OBSERVER_FAILED, "pipeline", since_ns)
            self.gap(connection, fault, connection.last_ns, up_bytes, down_bytes)
            return
        decided = Decided(
            connection,
            prepared,
            [],
            connection.done_up,
            connection.done_down,
            up_bytes,
            down_bytes,
        )
        response = exchange.response
        stream = response.stream if response else None
        held = stream.held if stream is not None else 0
        held += len(exchange.request.body) + (len(response.body) if response else 0)
        self._add(decided, prepared.needs_watermark, held)

    def stream(self, connection: Connection, exchange: Exchange) -> Sink | None:
        """Who reads a response that has become large; never raises."""
        try:
            sink: Sink | None = connection.pipeline.stream(exchange, connection.limits)
        except Exception as error:  # noqa: BLE001 - fail open: it is read up to the cap
            self._fault(error)
            return None
        return sink

    def gap(
        self,
        connection: Connection,
        blindness: Blindness,
        end_ns: int,
        up_bytes: int,
        down_bytes: int,
    ) -> None:
        """The unread rest of a connection that is over."""
        event = self._gap(connection, blindness, end_ns, up_bytes, down_bytes)
        self.queue(connection, [event])

    def over(
        self,
        connection: Connection,
        end_ns: int,
        up_bytes: int,
        down_bytes: int,
        *,
        told: bool,
    ) -> None:
        """The connection's account is closed: this much passed."""
        wall_ns = connection.source.wall_ns
        ended = ConnectionEnded(
            application=connection.application,
            wire=connection.source.boot,
            connection=connection.number,
            opened_ns=connection.opened_ns + wall_ns,
            ended_ns=end_ns + wall_ns,
            up_bytes=up_bytes,
            down_bytes=down_bytes,
            told=told,
            client_address=connection.client,
        )
        self.queue(connection, [ended])

    def forget(self, connection: Connection, blindness: Blindness) -> None:
        """Tell its wire."""
        self._output.forget(
            connection.source,
            connection.number,
            connection.done_up,
            connection.done_down,
            blindness,
        )

    def acknowledge(self, connection: Connection) -> None:
        """Cover it once more, with nothing new."""
        self.queue(connection, [])

    def _gap(
        self,
        connection: Connection,
        blindness: Blindness,
        end_ns: int,
        up_bytes: int,
        down_bytes: int,
    ) -> GapRecorded:
        wall_ns = connection.source.wall_ns
        return GapRecorded(
            application=connection.application,
            wire=connection.source.boot,
            connection=connection.number,
            kind=blindness.kind,
            reason=blindness.reason,
            intended=blindness.intended,
            from_ns=blindness.since_ns + wall_ns,
            to_ns=end_ns + wall_ns,
            connections=1,
            up_bytes=up_bytes,
            down_bytes=down_bytes,
            client_address=connection.client,
        )

    def _fault(self, error: Exception) -> None:
        self.figures.faults += 1
        logger.error("a fault costs an exchange: %s", place_of(error))

    def queue(self, connection: Connection, events: list[Event]) -> None:
        """Events that wait for nothing but those of the connection before them."""
        decided = Decided(
            connection, None, events, connection.done_up, connection.done_down, 0, 0
        )
        self._add(decided, 0, 0)

    def _add(self, decided: Decided, needs_ns: int, held: int) -> None:
        connection = decided.connection
        source: Source = connection.source
        source.done[connection.number] = (decided.up, decided.down)
        sources = self._sources
        low_ns = sources.low_ns() if needs_ns else 0
        if not connection.queue and needs_ns <= low_ns:
            # Nothing to wait for, as almost always: the ordering need not know.
            self._finish(decided)
            return
        item = Item(connection.queue, needs_ns, decided, held)
        self._ordering.add(item, low_ns, sources.high_ns)

    def _finish(self, decided: Decided) -> None:
        connection = decided.connection
        events: Iterable[Event] = decided.events
        sessions: Iterable[SessionChange] = ()
        many: ManyViews | None = None
        if decided.prepared is not None:
            try:
                outcome = connection.pipeline.finish(decided.prepared)
            except Exception as error:  # noqa: BLE001 - fail open: a gap, not silence
                self._fault(error)
                if connection.gate is not None:
                    connection.gate.unread()
                fault = Blindness(
                    GapKind.OBSERVER_FAILED, "pipeline", connection.last_ns
                )
                events = [
                    self._gap(
                        connection,
                        fault,
                        connection.last_ns,
                        decided.up_bytes,
                        decided.down_bytes,
                    )
                ]
            else:
                events = _covering(outcome.events, decided)
                sessions = outcome.sessions
                many = outcome.many
        self._count(events)
        if many is not None:
            events = LongEvents(list(events), many)
        source: Source = connection.source
        covered = None if source.state is State.GONE else (decided.up, decided.down)
        self._output.released(source, connection.number, covered, events, sessions)

    def _count(self, events: Iterable[Event]) -> None:
        figures = self.figures
        for event in events:
            if isinstance(event, ExchangeRecorded):
                figures.exchanges += 1
                figures.views += event.views
                if not event.actor.name:
                    figures.unattributed += 1
                self.unread.count(event)
                # What follows are its views, just counted.
                break
            if isinstance(event, GapRecorded):
                figures.gaps += 1
                figures.gaps_by_kind[event.kind.value] += 1

    def status(self) -> dict[str, Any]:
        """Figures for the recorder's report."""
        figures = self.figures
        return {
            "exchanges": figures.exchanges,
            "views": figures.views,
            "gaps": figures.gaps,
            "gaps_by_kind": dict(figures.gaps_by_kind),
            "unattributed": figures.unattributed,
            "malformed": figures.malformed,
            "faults": figures.faults,
            "relieved": figures.relieved,
            "waiting": self.waiting,
            "overdue": self._ordering.overdue,
            "connections": sum(s.open for s in self._sources.values()),
            **self.unread.status(),
        }


def _covering(events: list[Event], decided: Decided) -> list[Event]:
    """The exchange's bytes are all those it covers, empty lines before it too."""
    for place, event in enumerate(events):
        if isinstance(event, ExchangeRecorded):
            up, down = decided.up_bytes, decided.down_bytes
            if (event.request_bytes, event.response_bytes) != (up, down):
                events = list(events)
                events[place] = msgspec.structs.replace(
                    event, request_bytes=up, response_bytes=down
                )
            break
    return events


def place_of(error: Exception) -> str:
    """Kind and place of a fault. Its message stays out of logs: it may quote
    traffic."""
    trace = traceback.extract_tb(error.__traceback__)
    last = trace[-1] if trace else None
    place = f"{last.filename}:{last.lineno}" if last else "nowhere"
    return f"{type(error).__name__} at {place}"
