"""Content codings undone while the content passes; ``body`` undoes them at once.

Pieces in, pieces out, in constant memory: no piece that comes out is larger than
some MiB, whatever the coding claims. A broken coding gives what came before the
fault, to the byte, however the content was split.

A content that grows out of proportion (``Limits.expansion``, ``Limits.streamed``)
is read no further: ``flaw`` is ``stream_cap`` then. The others are those of
``body``: ``unknown_coding``, ``broken_coding``, ``cut_coding``, ``too_many_codings``.
"""

from __future__ import annotations

import contextlib
import zlib
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import brotli
import zstandard
from typing_extensions import override

from proxy.exchange.body import GZIP_MEMBERS, ZSTD_WINDOW, codings_of
from proxy.exchange.limits import Limits
from proxy.exchange.model import Message

_STEP = 64 * 1024
_BROTLI_STEP = 32
"""As in ``body``: a few meta-blocks of 16 MiB at most."""
_ZSTD_STEP = 64
"""Input bytes per call: sixteen blocks of 128 KiB at most."""


class _Broken(Exception):
    """The coding is; what came before it was given."""


class _Decoder(Protocol):
    @property
    def ended(self) -> bool:
        """Whether the content may end here."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What comes of the next bytes; raises ``_Broken``."""

    def flush(self) -> Iterator[bytes]:
        """What comes of those that were held back; raises ``_Broken``."""


class StepwiseContent:
    """The content of one message, its codings undone.

    Args:
        message: Of which the head counts.
        limits: Bounds.
    """

    def __init__(self, message: Message, limits: Limits) -> None:
        self.flaw = ""
        """Why nothing more, or nothing at all, is read."""
        self._limits = limits
        self._raw = 0
        self._decoded = 0
        self._decoders: list[_Decoder] = []
        codings = codings_of(message)
        if len(codings) > limits.codings:
            self.flaw = "too_many_codings"
            return
        for coding in reversed(codings):
            make = _DECODERS.get(coding)
            if make is None:
                self.flaw = "unknown_coding"
                return
            self._decoders.append(make())

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pieces that come of the next bytes; nothing once there is a flaw."""
        self._raw += len(data)
        return self._bounded(self._undone(0, data))

    def finish(self, *, whole: bool = True) -> Iterator[bytes]:
        """The last pieces; ``whole``: all of the content was fed."""
        yield from self._bounded(self._rest())
        if whole and not self.flaw and not all(each.ended for each in self._decoders):
            self.flaw = "cut_coding"

    def _bounded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        if self.flaw:
            return
        limits = self._limits
        most = min(limits.streamed, limits.decoded + limits.expansion * self._raw)
        try:
            for piece in pieces:
                self._decoded += len(piece)
                if self._decoded > most:
                    self.flaw = "stream_cap"
                    return
                yield piece
        except _Broken:
            self.flaw = "broken_coding"

    def _rest(self) -> Iterator[bytes]:
        for depth, decoder in enumerate(self._decoders, 1):
            for piece in decoder.flush():
                yield from self._undone(depth, piece)

    def _undone(self, depth: int, data: bytes) -> Iterator[bytes]:
        if depth == len(self._decoders):
            yield data
            return
        for piece in self._decoders[depth].feed(data):
            yield from self._undone(depth + 1, piece)


class _Gzip:
    """Members one after another; what follows the last is ignored."""

    def __init__(self) -> None:
        self._member = _Inflate(31)
        self._members = 1
        self._rest = b""
        """Of what follows a member, the first byte."""

    @property
    def ended(self) -> bool:
        return self._member.ended

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.ended:
                data = self._rest + data
                self._rest = data if data == b"\x1f" else b""
                if data[:2] != b"\x1f\x8b" or self._members >= GZIP_MEMBERS:
                    return
                self._member = _Inflate(31)
                self._members += 1
            yield from self._member.feed(data)
            data = self._member.unused

    def flush(self) -> Iterator[bytes]:
        return iter(())


class _Deflate:
    """The zlib format as specified, or raw as many servers send it."""

    def __init__(self) -> None:
        self._inner: _Inflate | None = None
        self._head = b""

    @property
    def ended(self) -> bool:
        return self._inner is not None and self._inner.ended

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            data = self._head + data
            if len(data) < 2:
                self._head = data
                return
            wrapped = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._inner = _Inflate(15 if wrapped else -15)
        yield from self._inner.feed(data)

    def flush(self) -> Iterator[bytes]:
        return iter(())


class _Inflate:
    """One zlib stream."""

    def __init__(self, wbits: int) -> None:
        self._decoder = zlib.decompressobj(wbits)
        self.unused = b""

    @property
    def ended(self) -> bool:
        return self._decoder.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        full = True
        while (data or full) and not self._decoder.eof:
            before = self._decoder.copy()
            try:
                piece = self._decoder.decompress(data, _STEP)
            except zlib.error:
                yield _before_fault(before, data)
                raise _Broken from None
            data = self._decoder.unconsumed_tail
            full = len(piece) == _STEP
            if piece:
                yield piece
        self.unused = self._decoder.unused_data


def _before_fault(decoder: Any, data: bytes) -> bytes:
    """Zlib drops the output of the call that fails, so single bytes are fed."""
    output = bytearray()
    with contextlib.suppress(zlib.error):
        for at in range(len(data)):
            output += decoder.decompress(data[at : at + 1])
    return bytes(output)


class _Stepped:
    """A decoder that does not bound its output is fed few bytes at a time; always as
    many, so that a fault costs the same output however the content was split."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._held = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        data = self._held + data
        whole = len(data) - len(data) % self._step
        self._held = data[whole:]
        for at in range(0, whole, self._step):
            if piece := self._output(data[at : at + self._step]):
                yield piece

    def flush(self) -> Iterator[bytes]:
        held, self._held = self._held, b""
        if held and (piece := self._output(held)):
            yield piece

    @abstractmethod
    def _output(self, data: bytes) -> bytes:
        """Of one step; raises ``_Broken``."""


class _Brotli(_Stepped):
    """What follows the end is ignored."""

    def __init__(self) -> None:
        super().__init__(_BROTLI_STEP)
        self._decoder = brotli.Decompressor()

    @property
    def ended(self) -> bool:
        return bool(self._decoder.is_finished())

    @override
    def _output(self, data: bytes) -> bytes:
        if self.ended:
            return b""
        try:
            return bytes(self._decoder.process(data))
        except brotli.error:
            raise _Broken from None


class _Zstd(_Stepped):
    """Frames one after another."""

    ended = True
    """As far as the library tells."""

    def __init__(self) -> None:
        super().__init__(_ZSTD_STEP)
        decoder = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._flow = decoder.decompressobj(read_across_frames=True)

    @override
    def _output(self, data: bytes) -> bytes:
        try:
            return self._flow.decompress(data)
        except zstandard.ZstdError:
            raise _Broken from None


_DECODERS: dict[bytes, Callable[[], _Decoder]] = {
    b"gzip": _Gzip,
    b"x-gzip": _Gzip,
    b"deflate": _Deflate,
    b"br": _Brotli,
    b"zstd": _Zstd,
}
