"""Content of one message: counted in full, kept up to a cap.

``Content`` holds the bytes; ``SizedBody`` reads them by Content-Length or
until close; ``proxy.exchange.chunked`` undoes the chunked coding. A body never
costs more than its cap, however many bytes pass or in how small pieces.

A content that is *watched* asks once, when it grows above a number of bytes, who
reads it from then on: a ``Sink`` gets all of it, from its first byte, and no more
than that number stays here. Where it is asked does not depend on the pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from proxy.exchange.model import BodyState, Message
from proxy.exchange.reasons import Reason


class Sink(Protocol):
    """Reads a content while it passes; never raises, and bounds what it keeps."""

    held: int
    """Bytes it keeps, about."""

    def feed(self, data: bytes) -> None:
        """The next bytes, content coding still on."""

    def stop(self, reason: str) -> None:
        """Read nothing more; the content went on without it."""


class Content:
    """The first ``cap`` bytes of a content, and the number of all of them."""

    __slots__ = ("_ask", "_cap", "_full", "_kept", "sink", "total")

    def __init__(self, cap: int) -> None:
        self._cap = self._full = cap
        self._kept: bytes | bytearray = b""
        self._ask: Callable[[bytes], Sink | None] | None = None
        self.sink: Sink | None = None
        """Who reads it; None: it is kept up to the cap."""
        self.total = 0

    def watch(self, above: int, ask: Callable[[bytes], Sink | None]) -> None:
        """Ask who reads it when it grows above a number of bytes.

        Args:
            above: Less than the cap, else nobody is asked.
            ask: Is given the first ``above`` bytes; None: nobody does.
        """
        if above < self._full:
            self._cap, self._ask = above, ask

    def add(self, data: bytes, start: int, end: int) -> None:
        """Take ``data[start:end]``."""
        self.total += end - start
        room = self._cap - len(self._kept)
        if end - start > room:
            self._keep(data[start : start + room])
            self._above(data, start + room, end)
        else:
            self._keep(data[start:end])

    def _keep(self, piece: bytes) -> None:
        if not self._kept:
            self._kept = piece
        elif isinstance(self._kept, bytearray):
            self._kept += piece
        elif piece:
            self._kept = bytearray(self._kept)
            self._kept += piece

    def _above(self, data: bytes, start: int, end: int) -> None:
        """``data[start:end]`` is more than is kept."""
        if self._ask is not None:
            ask, self._ask = self._ask, None
            kept = self.kept
            self.sink = ask(kept)
            if self.sink is None:
                self._cap = self._full
                self.total -= end - start
                self.add(data, start, end)
                return
            self._kept = kept
            self.sink.feed(kept)
        if self.sink is not None:
            self.sink.feed(data[start:end])

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
    message.stream = content.sink
    if cut:
        message.body_state = BodyState.CUT
    elif content.truncated:
        message.body_state = BodyState.TRUNCATED
