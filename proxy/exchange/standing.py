"""How far a connection's responses may pass before they are recorded.

``StandingParser`` reads as ``ConnectionParser`` does and can say at any moment
which bytes from the server nobody needs to hold: those of 1xx responses, of
responses that ``judge`` lets go by their request or by their head, and of what
is between messages. A release lies ahead where the length is known; where it is
not, everything passes until the client sends more.

``cut`` hands out an exchange whose response is too large to be held to its end.
The same exchange comes out again, with the same index, when it is complete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from proxy.exchange.content import SizedBody, fill
from proxy.exchange.framing import ConnectionParser
from proxy.exchange.model import UNASKED, BodyState, Exchange, Opaque, Request, Response
from proxy.exchange.pairing import Pending
from proxy.tapgate import Release


class Gate(Protocol):
    """What may hold the response to a request."""

    @property
    def closed(self) -> bool:
        """Rather not shown than not recorded."""

    def holds(self, response: Response) -> bool:
        """Whether it does, now that the head of the response is there."""


Judge = Callable[[Request], Gate | None]


class StandingParser(ConnectionParser):
    """See the module."""

    __slots__ = ()

    def standing(self, judge: Judge) -> Release:
        """What may pass, given that every exchange handed out is on disk.

        Args:
            judge: asked once for each request.
        """
        side, pairs = self._down, self._pairs
        offset = side.head_offset
        certain = not (self._up.in_head or self._up.dead or self._deferred)
        if not pairs.queue:  # whatever comes unasked is looked at first
            up = self._up.offset
            return Release(offset, up, side.offset, False, certain, True)
        passes = lenient = certain
        for place, pending in enumerate(pairs.queue):
            gate = _gate(pending, judge)
            response = pending.response
            if place == 0 and response is not None:
                if _holds(pending, gate, response):
                    offset = response.start_offset
                else:
                    offset = self._end_of(pending, response)
                    gate = None
            if gate is not None:
                passes = False
                lenient = lenient and not gate.closed
        return Release(offset, self._up.offset, side.offset, passes, lenient, True)

    def eof_by_reset(self, up: bool, time_ns: int) -> list[Exchange | Opaque]:
        """A direction was reset: whatever is under way in it is cut."""
        side = self._up if up else self._down
        if self._opaque is None and not side.closed:
            side.closed = True
            if up:
                self._end_up(time_ns)
            else:
                self._end_down(time_ns, orderly=False)
            self._flush(time_ns)
        return self._pairs.take()

    def _end_of(self, pending: Pending, response: Response) -> int:
        """Of a response that nothing holds, as far as it is known."""
        if pending.answered:
            return response.end_offset
        body = self._down.body
        if isinstance(body, SizedBody) and not body.until_close:
            return self._down.offset + body.remaining
        return self._down.offset

    @property
    def asked(self) -> bool:
        """Something was asked for that is not answered yet."""
        return bool(self._pairs.queue)

    def cut(self, time_ns: int) -> Exchange | None:
        """The exchange under way with what there is of its response, marked as
        truncated; None when there is none that can be told apart already."""
        queue, body = self._pairs.queue, self._down.body
        if not queue or body is None:
            return None
        pending = queue[0]
        response = pending.response
        if response is None or not pending.sent or not pending.holds:
            return None
        part = replace(response)
        fill(part, body)
        if body.content.sink is not None:
            body.content.sink.stop("hold_full")
        part.body_state = BodyState.TRUNCATED
        part.end_offset, part.end_ns = self._down.offset, time_ns
        pending.holds = False
        return Exchange(pending.request, part, self._pairs.index, pending.gate)


def _gate(pending: Pending, judge: Judge) -> Gate | None:
    if pending.gate is UNASKED:
        pending.gate = judge(pending.request)
    gate: Gate | None = pending.gate
    return gate


def _holds(pending: Pending, gate: Gate | None, response: Response) -> bool:
    if pending.holds is None:
        pending.holds = (
            gate is not None and not response.upgraded and gate.holds(response)
        )
    return pending.holds
