"""One connection as the recorder reads it: frames in, covered bytes out; pure.

``done`` is how far, per direction, bytes belong to something that was handed to
the ordering: exchanges, then at the end at most one gap. An exchange covers
everything from the end of the one before it, so stray empty lines are its own.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any, Protocol

from proxy.events import GapKind
from proxy.exchange.content import Sink
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Opaque
from proxy.exchange.streamed import StreamedParser
from proxy.recorder import gaps
from proxy.recorder.gaps import Blindness
from proxy.recorder.gating import ConnectionGate
from proxy.tapstream import Ended, Lost, Opened


class Owner(Protocol):
    """What a connection hands on to its assembly."""

    def exchange(
        self,
        connection: Connection,
        exchange: Exchange,
        up_bytes: int,
        down_bytes: int,
    ) -> None:
        """An exchange is complete; ``connection.done_*`` are its ends."""

    def stream(self, connection: Connection, exchange: Exchange) -> Sink | None:
        """Who reads a response that has become large; never raises."""

    def gap(
        self,
        connection: Connection,
        blindness: Blindness,
        end_ns: int,
        up_bytes: int,
        down_bytes: int,
    ) -> None:
        """The connection is over, and this much of it was not read."""

    def over(
        self,
        connection: Connection,
        end_ns: int,
        up_bytes: int,
        down_bytes: int,
        *,
        told: bool,
    ) -> None:
        """The connection is over; this much passed, as the wire ``told`` or as far
        as it arrived."""

    def forget(self, connection: Connection, blindness: Blindness) -> None:
        """Nothing more of the connection will be read."""


class Connection:
    """Reading state of one connection."""

    __slots__ = (
        "application",
        "blind",
        "client",
        "context",
        "done_down",
        "done_up",
        "down",
        "ended",
        "gate",
        "held",
        "last_ns",
        "limits",
        "number",
        "opened_ns",
        "opened_payload",
        "owner",
        "parser",
        "pipeline",
        "queue",
        "rested_ns",
        "source",
        "told",
        "up",
    )

    def __init__(
        self,
        owner: Owner,
        source: Any,
        number: int,
        opened: Opened | None,
        opened_ns: int,
        limits: Limits,
    ) -> None:
        self.owner = owner
        self.source = source
        self.number = number
        self.application = opened.application if opened else ""
        self.client = opened.client[0] if opened else ""
        self.opened_ns = self.last_ns = self.rested_ns = opened_ns
        self.opened_payload = b""
        self.limits = limits
        self.context: Any = None
        self.pipeline: Any = None
        self.queue: deque[Any] = deque()
        self.blind: Blindness | None = None
        self.ended = False
        self.held = 0
        self.gate: ConnectionGate | None = None
        """What of it may pass; None: nothing of it is held."""
        self.told = -1
        """Index of the exchange that was handed on before its response ended."""
        self.parser: StreamedParser | None = None
        self.up = self.down = self.done_up = self.done_down = 0

    def start(self, up: int, down: int) -> None:
        """Read from these offsets on; they are a message boundary."""
        self.up = self.done_up = up
        self.down = self.done_down = down
        self.parser = StreamedParser(
            self.limits,
            partial(self.owner.stream, self),
            up_offset=up,
            down_offset=down,
            index=int(bool(up or down)),
        )

    @property
    def at_boundary(self) -> bool:
        """Nothing of it is half read, and what follows will be read."""
        parser = self.parser
        return (
            self.blind is None
            and not self.ended
            and parser is not None
            and parser.at_boundary
        )

    @property
    def at_rest(self) -> bool:
        """Everything seen of it was decided."""
        return (
            self.up == self.done_up and self.down == self.done_down and not self.queue
        )

    def data(self, up: bool, offset: int, time_ns: int, payload: bytes) -> None:
        """Bytes passed; those below what is done are known and skipped."""
        self.last_ns = time_ns
        if self.gate is not None:
            self.gate.touch()
        end = offset + len(payload)
        if up:
            expected = self.up
            self.up = max(end, expected)
        else:
            expected = self.down
            self.down = max(end, expected)
        parser = self.parser
        if parser is None:
            return
        if offset != expected:
            if offset > expected:
                self.go_blind(
                    Blindness(GapKind.MALFORMED_FRAME, "missing_bytes", time_ns)
                )
                return
            payload = payload[expected - offset :]
            if not payload:
                return
        items = parser.data(up, payload, time_ns)
        if items:
            self._take(items)

    def eof(self, up: bool, time_ns: int, *, orderly: bool = True) -> None:
        """A direction ended, in order or by a reset."""
        self.last_ns = time_ns
        if self.gate is not None:
            self.gate.touch()
        if self.blind is None and self.parser is not None:
            end = self.parser.eof if orderly else self.parser.eof_by_reset
            self._take(end(up, time_ns))

    def hold_full(self, time_ns: int) -> None:
        """The wire can hold no more: hand on what there is of the response."""
        gate, parser = self.gate, self.parser
        if gate is None or parser is None or self.blind is not None:
            return
        exchange = parser.cut(time_ns)
        gate.repeat()
        if exchange is None or exchange.response is None:
            return
        self.told = exchange.index
        gate.inside = exchange.response.end_offset
        self._hand_on(exchange)

    def lost(self, lost: Lost) -> None:
        """From here on the wire sends nothing: what is under way comes out cut."""
        if self.blind is None and not self.ended:
            self._finish_reading(lost.since_ns)
        if self.blind is None:
            self.blind = gaps.of_lost(lost)
            self.parser = None
        if self.gate is not None:
            self.gate.touch()

    def end(self, ended: Ended, time_ns: int) -> None:
        """The connection is over: whatever no exchange covers is a gap."""
        if self.ended:
            return
        self.last_ns = time_ns
        if self.blind is None and (ended.up != self.up or ended.down != self.down):
            self.go_blind(
                Blindness(GapKind.MALFORMED_FRAME, "wrong_totals", self.opened_ns)
            )
        if self.blind is None and self.parser is not None:
            self._take(self.parser.end(time_ns, ended.abort))
        self.up = max(ended.up, self.done_up)
        self.down = max(ended.down, self.done_down)
        self._close(time_ns, Blindness(GapKind.UNPARSEABLE, "trailing", time_ns, True))

    def cut(self, time_ns: int) -> tuple[int, int]:
        """Its wire is gone. Returns the bytes seen that nothing covers, (0, 0)
        when a gap of its own covers them."""
        if self.ended:
            return 0, 0
        self._finish_reading(time_ns)
        if self.blind is not None:
            self._close(time_ns, self.blind, told=False)
            return 0, 0
        self.ended = True
        rest = self.up - self.done_up, self.down - self.done_down
        self.done_up, self.done_down = self.up, self.down
        self.owner.over(self, time_ns, self.up, self.down, told=False)
        return rest

    def go_blind(self, blindness: Blindness) -> None:
        """Read nothing more; the gap is recorded when the connection ends."""
        if self.blind is None:
            self.blind = blindness
            self.parser = None
            self.owner.forget(self, blindness)
            if self.gate is not None:
                self.gate.touch()

    def _finish_reading(self, time_ns: int) -> None:
        if self.blind is None and self.parser is not None:
            self._take(self.parser.end(time_ns, abort=True))

    def _take(self, items: list[Exchange | Opaque]) -> None:
        for item in items:
            if not isinstance(item, Exchange):
                self.go_blind(gaps.of_opaque(item))
            elif item.index == self.told:
                self._rest(item)
            else:
                self._hand_on(item)

    def _hand_on(self, item: Exchange) -> None:
        up = item.request.end_offset
        down = item.response.end_offset if item.response else self.done_down
        up_bytes, down_bytes = up - self.done_up, down - self.done_down
        self.done_up, self.done_down = up, down
        if self.gate is not None:
            self.gate.handed_on(item, down)
        self.owner.exchange(self, item, up_bytes, down_bytes)

    def _rest(self, item: Exchange) -> None:
        """What came of a response after it was handed on."""
        assert item.response is not None
        down = item.response.end_offset
        down_bytes, self.done_down = down - self.done_down, down
        rest = Blindness(GapKind.TRUNCATED, "hold_full", item.response.start_ns)
        self.owner.gap(self, rest, self.last_ns, 0, down_bytes)

    def _close(self, time_ns: int, otherwise: Blindness, *, told: bool = True) -> None:
        self.ended = True
        self.parser = None
        up_bytes, down_bytes = self.up - self.done_up, self.down - self.done_down
        self.done_up, self.done_down = self.up, self.down
        if up_bytes or down_bytes or self.blind is not None:
            self.owner.gap(self, self.blind or otherwise, time_ns, up_bytes, down_bytes)
        self.owner.over(self, time_ns, self.up, self.down, told=told)
