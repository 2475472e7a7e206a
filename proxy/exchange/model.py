"""The values of an exchange: what the rest of the core reads.

Terms are RFC 9110's. Header names are lower-cased bytes with their values in
the order of arrival, duplicates kept; text is decoded only where it is used.
Mutable on purpose (``slots``): one is filled by the parser and then handed on,
never shared; after hand-over nobody writes to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

Headers = list[tuple[bytes, bytes]]
"""(lower-cased name, value without surrounding white space), arrival order."""


UNASKED: Final = object()
"""Of ``Exchange.gate``: nobody asked what may hold the response."""


class BodyState(Enum):
    """How much of a body there is to read."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    """Above the cap: ``body`` holds the first bytes only."""
    CUT = "cut"
    """The connection ended before the framing said so."""
    UNDECODABLE = "undecodable"
    """The content coding is unknown or broken; ``body`` is what could be read."""


@dataclass(slots=True)
class Message:
    """What request and response have in common."""

    headers: Headers = field(default_factory=list)
    body: bytes = b""
    """Content with transfer coding removed, content coding still on."""
    body_state: BodyState = BodyState.COMPLETE
    start_offset: int = 0
    """Offset of the first byte in its direction."""
    end_offset: int = 0
    """Offset after the last byte (1xx responses before a final one included)."""
    start_ns: int = 0
    """Monotonic time the first byte was seen."""
    end_ns: int = 0
    content_length: int = 0
    """Bytes of content on the wire, kept or not (transfer coding removed)."""
    stream: Any = None
    """What read the content while it passed (``content.Sink``), of which ``body``
    is the beginning; None: nothing did."""

    def get(self, name: bytes) -> bytes | None:
        """First value of a header (lower-case name), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def get_all(self, name: bytes) -> list[bytes]:
        """Every value of a header (lower-case name), in order."""
        return [value for key, value in self.headers if key == name]


@dataclass(slots=True)
class Request(Message):
    """The request head as it was sent."""

    method: bytes = b""
    target: bytes = b""
    """Request target as sent (RFC 9112 3.2), any form."""
    version: tuple[int, int] = (1, 1)


@dataclass(slots=True)
class Response(Message):
    """The final response head (1xx are counted, not kept)."""

    status: int = 0
    version: tuple[int, int] = (1, 1)
    upgraded: bool = False
    """101, or 2xx to CONNECT: the rest of the connection is another protocol."""


@dataclass(slots=True)
class Exchange:
    """One request with its response; the response is None when none came."""

    request: Request
    response: Response | None = None
    index: int = 0
    """0 for the first exchange of its connection."""
    gate: Any = UNASKED
    """What may hold the response, or None, where that was asked (``standing``)."""

    @property
    def up_offset(self) -> int:
        """Offset of the first request byte: its identity in the connection."""
        return self.request.start_offset


@dataclass(slots=True, frozen=True)
class Opaque:
    """From these offsets on the connection is not read as HTTP any more."""

    up: int
    down: int
    reason: str
    """Machine-readable, lower_snake: ``upgrade``, ``connect``, ``not_http``,
    ``ambiguous_length``, ``bare_cr``, ``head_too_large``, ...; see framing."""
    intended: bool = False
    """True for upgrades and CONNECT: not a defect, but unread all the same."""
    time_ns: int = 0
