"""Which response answers which request: order, and nothing else (RFC 9112 9.2).

``Pairing`` holds the requests whose exchanges were not handed out yet. An
exchange is handed out when its request and its response are complete, or will
not become so, and everything before it was handed out.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from proxy.exchange.model import UNASKED, Exchange, Opaque, Request, Response


class Pending:
    """A request whose exchange has not been handed out."""

    __slots__ = (
        "answered",
        "expects",
        "gate",
        "holds",
        "request",
        "response",
        "sent",
        "upgrade",
    )

    def __init__(self, request: Request, *, expects: bool, upgrade: bool) -> None:
        self.request = request
        self.sent = False
        """The request is complete, or will not become so."""
        self.response: Response | None = None
        self.answered = False
        """The final response is complete, or will not become so."""
        self.expects = expects
        """A 100 is awaited, and no content was sent yet (Expect)."""
        self.upgrade = upgrade
        """The client offered another protocol."""
        self.gate: Any = UNASKED
        """What may hold the response; see ``standing``."""
        self.holds: bool | None = None
        """Whether it does; None until the response has begun."""


class Pairing:
    """Requests in order of arrival; exchanges out in the same order."""

    __slots__ = ("_out", "down", "index", "kept", "queue", "up")

    def __init__(self, *, up: int, down: int, index: int) -> None:
        self.queue: deque[Pending] = deque()
        self.kept = 0
        """Bytes of complete request bodies in ``queue``."""
        self.up = up
        """Offset below which all bytes belong to exchanges handed out."""
        self.down = down
        """The same, from server to client."""
        self.index = index
        """Of the next exchange."""
        self._out: list[Exchange | Opaque] = []

    def hand_out(self, *, over: bool) -> None:
        """Hand out what is complete; ``over``: no response comes any more."""
        queue = self.queue
        while queue and queue[0].sent and (queue[0].answered or over):
            self.hand_out_first()

    def hand_out_first(self) -> None:
        """Hand out the oldest, complete or not."""
        pending = self.queue.popleft()
        request, response = pending.request, pending.response
        self._out.append(Exchange(request, response, self.index, pending.gate))
        self.index += 1
        self.up = request.end_offset
        if response is not None:
            self.down = response.end_offset
        # A body that was cut was never counted; its request is the last one.
        self.kept = self.kept - len(request.body) if self.queue else 0

    def declare(self, opaque: Opaque) -> None:
        """Hand out the Opaque, after which nothing follows."""
        self._out.append(opaque)

    def take(self) -> list[Exchange | Opaque]:
        """What was handed out since the last call."""
        out = self._out
        if not out:
            return []
        self._out = []
        return out
