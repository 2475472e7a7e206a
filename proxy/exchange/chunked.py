r"""The chunked transfer coding (RFC 9112 7.1), read strictly.

::

    chunk = 1*HEX *(SP / HTAB) [ ";" extensions ] CRLF data CRLF
    last  = 1*"0" *(SP / HTAB) [ ";" extensions ] CRLF trailers CRLF

Tolerated: zero-padded sizes and white space behind them (Apache 1.3 pads),
any extension, any trailer. Refused, because readers were found to differ:
``0x``, signs, white space in front, sizes from 2 GiB on, more than 16 digits,
line ends other than CRLF anywhere, unbalanced quotes in an extension, data not
followed by CRLF, framing headers among the trailers. Trailers are dropped.
"""

from __future__ import annotations

import re
from enum import IntEnum

from proxy.exchange.content import Content
from proxy.exchange.fields import names_framing
from proxy.exchange.limits import Limits
from proxy.exchange.reasons import Reason

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;.*)?", re.DOTALL)
_PLAIN_SIZE = re.compile(rb"([0-9A-Fa-f]{1,7})\r\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_SIZE = 0x7FFFFFFF
"""Above this a 32-bit reader sees another number."""


class _State(IntEnum):
    SIZE = 0
    DATA = 1
    DATA_END = 2
    TRAILERS = 3


class ChunkedBody:
    """A ``BodyReader`` for chunked content; memory: cap + one line."""

    __slots__ = (
        "_limits",
        "_line",
        "_remaining",
        "_state",
        "_trailer_bytes",
        "content",
        "done",
        "failed",
        "until_close",
    )

    def __init__(self, cap: int, limits: Limits) -> None:
        self._limits = limits
        self._state = _State.SIZE
        self._remaining = 0
        self._line = bytearray()
        self._trailer_bytes = 0
        self.until_close = False
        self.content = Content(cap)
        self.done = False
        self.failed: Reason | None = None

    def feed(self, data: bytes, position: int) -> int:
        """See ``BodyReader.feed``."""
        size = len(data)
        if self._state is _State.SIZE and not self._line:
            position = self._whole_chunks(data, position)
        while position < size and not self.done and self.failed is None:
            if self._state is _State.DATA:
                end = min(size, position + self._remaining)
                self.content.add(data, position, end)
                self._remaining -= end - position
                if self._remaining == 0:
                    self._state = _State.DATA_END
                position = end
            elif self._state is _State.DATA_END:
                position = self._data_end(data, position)
            else:
                position = self._take_line(data, position)
        return position

    def _whole_chunks(self, data: bytes, position: int) -> int:
        """Skip ahead over chunks that are there from size to CRLF, and plain."""
        add = self.content.add
        while match := _PLAIN_SIZE.match(data, position):
            start = match.end()
            end = start + int(match[1], 16)
            if end == start or data[end : end + 2] != b"\r\n":
                break
            add(data, start, end)
            position = end + 2
        if data.startswith(b"0\r\n\r\n", position):
            self.done = True
            position += 5
        return position

    def _data_end(self, data: bytes, position: int) -> int:
        """CRLF behind the data of a chunk."""
        line = self._line
        piece = data[position : position + 2 - len(line)]
        if not b"\r\n".startswith(line + piece):
            return self._fail(Reason.CHUNK_END, position)
        line += piece
        if len(line) == 2:
            line.clear()
            self._state = _State.SIZE
        return position + len(piece)

    def _take_line(self, data: bytes, position: int) -> int:
        """A size line or a trailer line, when its end has come."""
        newline = data.find(b"\n", position)
        end = len(data) if newline < 0 else newline + 1
        sizing = self._state is _State.SIZE
        room = (
            self._limits.chunk_line
            if sizing
            else self._limits.trailers - self._trailer_bytes
        )
        if len(self._line) + end - position > room:
            return self._fail(
                Reason.CHUNK_LINE if sizing else Reason.TRAILERS_TOO_LARGE, position
            )
        if newline < 0:
            self._line += data[position:]
            return end
        line = data[position:end]
        if self._line:
            line = bytes(self._line) + line
        reason = self._size(line) if sizing else self._trailer(line)
        if reason is not None:
            return self._fail(reason, position)
        self._line.clear()
        return end

    def _size(self, line: bytes) -> Reason | None:
        if line[-2:] != b"\r\n" or b"\r" in line[:-2]:
            return Reason.CHUNK_LINE
        match = _SIZE.fullmatch(line[:-2])
        if match is None:
            return Reason.CHUNK_SIZE
        digits, extensions = match.groups()
        if extensions and (extensions.count(b'"') % 2 or _CONTROL.search(extensions)):
            return Reason.CHUNK_LINE
        self._remaining = int(digits, 16)
        if self._remaining > _MAX_SIZE:
            return Reason.CHUNK_SIZE
        self._state = _State.DATA if self._remaining else _State.TRAILERS
        return None

    def _trailer(self, line: bytes) -> Reason | None:
        if line == b"\r\n":
            self.done = True
            return None
        self._trailer_bytes += len(line)
        if line[-2:] != b"\r\n" or _CONTROL.search(line[:-2]) or names_framing(line):
            return Reason.ODD_TRAILER
        return None

    def _fail(self, reason: Reason, position: int) -> int:
        """Where what is still sure ends: before the line that is not."""
        self.failed = reason
        return position - len(self._line)
