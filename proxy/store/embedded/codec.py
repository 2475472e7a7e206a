"""Content codings of requests and responses, bounded.

Requests: gzip, deflate, zstd, lz4 (frame), br. Decoding stops with an error at
the limit, so that a small body cannot become a large one. Responses: the first
coding of Accept-Encoding that is known here. Source of the names: RFC 9110
section 8.4.1; ``lz4`` and ``zstd`` as ClickHouse uses them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Protocol

import zstandard

from proxy.store.embedded.errors import (
    BAD_ARGUMENTS,
    CANNOT_DECOMPRESS,
    QUERY_IS_TOO_LARGE,
    refused,
)

_STEP = 64 * 1024


class Encoder(Protocol):
    """A streaming compressor."""

    def compress(self, data: bytes, /) -> bytes:
        """What is ready of the coded bytes."""

    def flush(self) -> bytes:
        """The rest."""


class _Lz4Encoder:
    """LZ4 frames; the frame header goes out with the first bytes."""

    def __init__(self) -> None:
        self._coder = import_module("lz4.frame").LZ4FrameCompressor()
        self._begun = False

    def compress(self, data: bytes, /) -> bytes:
        head = b"" if self._begun else bytes(self._coder.begin())
        self._begun = True
        return head + bytes(self._coder.compress(data))

    def flush(self) -> bytes:
        head = b"" if self._begun else bytes(self._coder.begin())
        return head + bytes(self._coder.flush())


def _zstd_encoder() -> Encoder:
    return zstandard.ZstdCompressor(level=1).compressobj()


ENCODERS: dict[str, Callable[[], Encoder]] = {
    "zstd": _zstd_encoder,
    "lz4": _Lz4Encoder,
    "gzip": lambda: zlib.compressobj(1, zlib.DEFLATED, 31),
    "deflate": lambda: zlib.compressobj(1, zlib.DEFLATED, 15),
}


def choose(accept_encoding: str) -> str | None:
    """The first coding that is known here and not refused with ``q=0``."""
    for item in accept_encoding.split(","):
        name, _, weight = item.partition(";")
        if name.strip().lower() in ENCODERS and weight.strip() not in {"q=0", "q=0.0"}:
            return name.strip().lower()
    return None


def decode(body: bytes, coding: str, limit: int) -> bytes:
    """The decoded body.

    Raises:
        QueryFailed: unknown coding, broken data, or more than ``limit`` bytes.
    """
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return body
    pieces = _DECODERS.get(coding)
    if pieces is None:
        raise refused(
            BAD_ARGUMENTS, f"Unknown Content-Encoding {coding[:40]!r}", "BAD_ARGUMENTS"
        )
    out = bytearray()
    try:
        for piece in pieces(body):
            out += piece
            if len(out) > limit:
                raise refused(
                    QUERY_IS_TOO_LARGE,
                    f"Decoded body is larger than {limit} bytes",
                    "QUERY_IS_TOO_LARGE",
                )
    except (zlib.error, zstandard.ZstdError, EOFError, RuntimeError, OSError) as error:
        raise refused(
            CANNOT_DECOMPRESS, f"Body is not {coding}: {error}", "CANNOT_DECOMPRESS"
        ) from error
    return bytes(out)


def _zlib(body: bytes) -> Iterable[bytes]:
    # Members may follow one another (RFC 1952 section 2.2).
    rest = body
    while rest:
        coder = zlib.decompressobj(47)
        while rest and not coder.eof:
            yield coder.decompress(rest, _STEP)
            rest = coder.unconsumed_tail
        yield coder.flush()
        if not coder.eof:
            raise EOFError("cut")
        rest = coder.unused_data


def _zstd(body: bytes) -> Iterable[bytes]:
    # Frames may follow one another. A block of 4 bytes can become 128 KiB, so the
    # limit is checked every 256 bytes.
    coder = zstandard.ZstdDecompressor().decompressobj()
    for at in range(0, len(body), 256):
        rest = body[at : at + 256]
        while rest:
            if coder.eof:
                coder = zstandard.ZstdDecompressor().decompressobj()
            yield coder.decompress(rest)
            rest = coder.unused_data if coder.eof else b""
    if not coder.eof:
        raise EOFError("cut")


def _lz4(body: bytes) -> Iterable[bytes]:
    new = import_module("lz4.frame").LZ4FrameDecompressor
    rest = body
    while rest:
        coder = new()
        yield coder.decompress(rest, _STEP)
        while not coder.eof and not coder.needs_input:
            yield coder.decompress(b"", _STEP)
        if not coder.eof:
            raise EOFError("cut")
        rest = coder.unused_data or b""


def _brotli(body: bytes) -> Iterable[bytes]:
    brotli = import_module("brotli")
    coder = brotli.Decompressor()
    try:
        # 256 bytes of brotli can become megabytes; the limit is checked between.
        for at in range(0, len(body), 256):
            yield coder.process(body[at : at + 256])
    except brotli.error as error:
        raise EOFError(str(error)) from error
    if not coder.is_finished():
        raise EOFError("cut")


_DECODERS: dict[str, Callable[[bytes], Iterable[bytes]]] = {
    "gzip": _zlib,
    "deflate": _zlib,
    "zstd": _zstd,
    "lz4": _lz4,
    "br": _brotli,
}
