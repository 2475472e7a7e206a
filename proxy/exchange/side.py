"""One direction of a connection: offsets, and where the next head ends.

Lines may end with LF or CRLF; a head ends with an empty line; empty lines
before a start line are skipped (RFC 9112 2.2). The bytes of an unfinished head
are the only ones held here, ``Limits.head`` at most. Any split of the bytes
finds the same heads, or fails for the same reason.
"""

from __future__ import annotations

import re

from proxy.exchange.content import BodyReader
from proxy.exchange.reasons import Reason

_BLANK_LINES = re.compile(rb"(?:\r?\n)+")
_CR, _LF = 13, 10
_TOKEN_BYTES = frozenset(
    b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
_RESPONSE_START = b"HTTP/1."


class Side:
    """Reading state of one direction."""

    __slots__ = (
        "_buffer",
        "_limit",
        "_scanned",
        "_up",
        "body",
        "closed",
        "dead",
        "offset",
        "start_ns",
        "start_offset",
    )

    def __init__(self, *, up: bool, offset: int, limit: int) -> None:
        self._up = up
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0
        self.offset = offset
        """Offset of the first byte not seen yet."""
        self.start_offset = offset
        """Of the first byte of the head found last."""
        self.start_ns = 0
        self.body: BodyReader | None = None
        """Reads the content of the message under way."""
        self.closed = False
        """End of input was seen."""
        self.dead = False
        """What follows is not read: it only waits to be declared opaque."""

    @property
    def in_head(self) -> bool:
        """Bytes of an unfinished head are held (more than of an empty line)."""
        return bool(self._buffer) and self._buffer[0] != _CR

    @property
    def head_offset(self) -> int:
        """Of the first byte of an unfinished head, or of the next byte."""
        return self.start_offset if self._buffer else self.offset

    def forget(self) -> None:
        """Drop what is held and read nothing more."""
        self.dead = True
        self._buffer.clear()

    def next_head(
        self, data: bytes, position: int, base: int, now: int
    ) -> tuple[bytes | Reason | None, int]:
        """The head at ``position`` of ``data`` (whose first byte has the offset
        ``base``) and the position after it; None while it is not complete."""
        if self._buffer:
            return self._resume(data, position)
        if data[position] == _CR or data[position] == _LF:
            blank = _BLANK_LINES.match(data, position)
            if blank is not None:
                position = blank.end()
                if position == len(data):
                    return None, position
            if data[position] == _CR:
                if position + 1 < len(data):
                    return Reason.BARE_CR, position
                self._hold(data, position, base, now)
                return None, len(data)
        found = data.find(b"\n\r\n", position)
        end = found + 3 if found >= 0 else -1
        found = data.find(b"\n\n", position, end - 2 if end >= 0 else len(data))
        if found >= 0:
            end = found + 2
        if end < 0:
            self._hold(data, position, base, now)
            return self._check_start(), len(data)
        self.start_offset = base + position
        self.start_ns = now
        return self._checked(data[position:end]), end

    def _hold(self, data: bytes, position: int, base: int, now: int) -> None:
        self._buffer += data[position:]
        self._scanned = len(self._buffer)
        self.start_offset = base + position
        self.start_ns = now

    def _resume(self, data: bytes, position: int) -> tuple[bytes | Reason | None, int]:
        """The head whose first bytes are held already."""
        buffer = self._buffer
        held = len(buffer)
        if held == 1 and buffer[0] == _CR:
            # CR of an empty line: the LF is the first byte here, or never comes.
            if data[position] != _LF:
                return Reason.BARE_CR, position
            buffer.clear()
            return None, position + 1
        buffer += data[position:]
        crlf = buffer.find(b"\n\r\n", max(0, self._scanned - 2))
        end = crlf + 3 if crlf >= 0 else -1
        stop = end - 2 if end >= 0 else len(buffer)
        lf = buffer.find(b"\n\n", max(0, self._scanned - 1), stop)
        if lf >= 0:
            end = lf + 2
        if end < 0:
            self._scanned = len(buffer)
            return self._check_start(), len(data)
        block = bytes(buffer[:end])
        buffer.clear()
        return self._checked(block), position + end - held

    def _checked(self, block: bytes) -> bytes | Reason:
        reason = self._bad_start(block)
        if reason is not None:
            return reason
        return Reason.HEAD_TOO_LARGE if len(block) > self._limit else block

    def _check_start(self) -> Reason | None:
        """Whether the unfinished head held can still become one."""
        reason = self._bad_start(self._buffer)
        if reason is not None:
            return reason
        return Reason.HEAD_TOO_LARGE if len(self._buffer) > self._limit else None

    def _bad_start(self, block: bytes | bytearray) -> Reason | None:
        """Seen at the first byte(s): no use to wait for an empty line."""
        if self._up:
            return None if block[0] in _TOKEN_BYTES else Reason.NOT_HTTP
        if block.startswith(_RESPONSE_START):
            return None
        start = block[: len(_RESPONSE_START)]
        return None if _RESPONSE_START.startswith(start) else Reason.NOT_HTTP
