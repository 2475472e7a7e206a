"""Content of one message: counted in full, kept up to a cap.

``Content`` holds the bytes; ``SizedBody`` reads them by Content-Length or
until close; ``proxy.exchange.chunked`` undoes the chunked coding. A body never
costs more than its cap, however many bytes pass or in how small pieces.
"""

from __future__ import annotations

from typing import Protocol

from proxy.exchange.model import BodyState, Message
from proxy.exchange.reasons import Reason


class Content:
    """The first ``cap`` bytes of a content, and the number of all of them."""

    __slots__ = ("_cap", "_kept", "total")

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._kept: bytes | bytearray = b""
        self.total = 0

    def add(self, data: bytes, start: int, end: int) -> None:
        """Take ``data[start:end]``."""
        kept = len(self._kept)
        self.total += end - start
        room = self._cap - kept
        if room <= 0:
            return
        piece = data[start : min(end, start + room)]
        if not kept:
            self._kept = piece
        elif isinstance(self._kept, bytearray):
            self._kept += piece
        else:
            self._kept = bytearray(self._kept)
            self._kept += piece

    @property
    def truncated(self) -> bool:
        """More passed than is kept."""
        return self.total > len(self._kept)

    @property
    def kept(self) -> bytes:
        """What is kept; free when it came in one piece."""
        return bytes(self._kept)


class BodyReader(Protocol):
    """Finds the end of one message's content."""

    until_close: bool
    content: Content
    done: bool
    failed: Reason | None

    def feed(self, data: bytes, position: int) -> int:
        """Read from ``position`` and return where reading stopped: the end of
        ``data`` unless ``done``, or, when ``failed``, where the part that could
        not be read begins (before ``data``, hence negative, at times)."""


class SizedBody:
    """Content-Length (``remaining`` bytes), or until close (``remaining`` < 0)."""

    __slots__ = ("content", "done", "failed", "remaining", "until_close")

    def __init__(self, remaining: int, cap: int) -> None:
        self.remaining = remaining
        self.until_close = remaining < 0
        self.content = Content(cap)
        self.done = False
        self.failed: Reason | None = None

    def feed(self, data: bytes, position: int) -> int:
        """See ``BodyReader.feed``."""
        end = len(data)
        if self.remaining >= 0:
            end = min(end, position + self.remaining)
            self.remaining -= end - position
            self.done = self.remaining == 0
        self.content.add(data, position, end)
        return end


def fill(message: Message, body: BodyReader, *, cut: bool = False) -> None:
    """Give ``message`` the content that was read of it, and its state."""
    content = body.content
    message.body = content.kept
    message.content_length = content.total
    if cut:
        message.body_state = BodyState.CUT
    elif content.truncated:
        message.body_state = BodyState.TRUNCATED
