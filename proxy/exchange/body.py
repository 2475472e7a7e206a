"""Content codings undone (RFC 9110 8.4), within bounds.

What a browser would show is what is wanted, so content is read as far as it can
be: a broken or cut stream gives what came before the fault. The output never
exceeds ``Limits.decoded`` (then TRUNCATED), and no bomb makes the process grow
beyond that by more than one step of the decoder: zlib and zstd bound their
output themselves, brotli 1.1 does not and is therefore fed few bytes at a time.

States: the message's own when the codings are fine; TRUNCATED above the bound;
UNDECODABLE when a coding is unknown or broken, with ``reason``
``unknown_coding``, ``broken_coding``, ``cut_coding`` or ``too_many_codings``.
An unknown coding leaves the bytes as they are, which is what browsers show.
"""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Callable
from typing import NamedTuple

import brotli
import zstandard

from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Message

_STEP = 64 * 1024
_BROTLI_STEP = 32
"""Input bytes per call. A meta-block takes over ten bytes and yields at most
16 MiB (RFC 7932 9.2), so one step yields a few of them at most: 48 MiB, passing,
was measured with 256 MiB of zeros in 203 bytes."""
GZIP_MEMBERS = 64
"""Each member costs a copy of the rest; servers send one."""
ZSTD_WINDOW = 8 << 20
"""Largest window a decoder must support for this coding (RFC 9659)."""

_IDENTITY = frozenset(
    (b"", b"identity", b"none", b"binary", b"7bit", b"8bit", b"utf-8", b"utf8")
)
"""Not codings, but sent as such by applications and ignored by browsers."""


class DecodedBody(NamedTuple):
    """Content without its codings."""

    data: bytes
    state: BodyState
    reason: str = ""
    """Machine-readable; empty when the codings were fine."""


class _Output(NamedTuple):
    data: bytes
    more: bool = False
    """There was more than the bound allowed."""
    ended: bool = True
    """The stream said that it was complete."""
    broken: bool = False


_DEFAULT_LIMITS = Limits()


def decode_content(message: Message, limits: Limits = _DEFAULT_LIMITS) -> DecodedBody:
    """The content of ``message`` as its sender meant it; never raises."""
    data, state = message.body, message.body_state
    value = message.get(b"content-encoding")
    if value is None or not data:
        return DecodedBody(data, state)
    codings = codings_of(message)
    if len(codings) > limits.codings:
        return DecodedBody(data, BodyState.UNDECODABLE, "too_many_codings")
    for coding in reversed(codings):
        if not data:
            break
        decoder = _DECODERS.get(coding)
        if decoder is None:
            return DecodedBody(data, BodyState.UNDECODABLE, "unknown_coding")
        output = decoder(data, limits.decoded)
        data = output.data
        if output.broken:
            return DecodedBody(data, BodyState.UNDECODABLE, "broken_coding")
        if output.more:
            state = BodyState.TRUNCATED if state is BodyState.COMPLETE else state
        elif not output.ended and state is BodyState.COMPLETE:
            return DecodedBody(data, BodyState.UNDECODABLE, "cut_coding")
    return DecodedBody(data, state)


def codings_of(message: Message) -> list[bytes]:
    """The content codings of a message, in the order in which they were applied."""
    return [
        coding
        for value in message.get_all(b"content-encoding")
        for item in value.split(b",")
        if (coding := item.strip(b" \t").lower()) not in _IDENTITY
    ]


def _gzip(data: bytes, bound: int) -> _Output:
    """gzip, its members joined; what follows the last is ignored."""
    parts: list[bytes] = []
    size = 0
    while True:
        output, rest = _inflate(data, bound - size, 31)
        parts.append(output.data)
        size += len(output.data)
        if (
            not output.ended
            or output.more
            or output.broken
            or rest[:2] != b"\x1f\x8b"
            or size >= bound
            or len(parts) >= GZIP_MEMBERS
        ):
            return output._replace(
                data=b"".join(parts), more=output.more or rest[:2] == b"\x1f\x8b"
            )
        data = rest


def _deflate(data: bytes, bound: int) -> _Output:
    """The zlib format as specified, or raw as many servers send it."""
    wrapped = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    output, _ = _inflate(data, bound, 15 if wrapped else -15)
    return output


def _inflate(data: bytes, bound: int, wbits: int) -> tuple[_Output, bytes]:
    """One stream and what follows it; ``bound`` ≥ 1."""
    decoder = zlib.decompressobj(wbits)
    try:
        output = decoder.decompress(data, bound + 1)
    except zlib.error:
        return _inflate_slowly(data, bound, wbits), b""
    more = len(output) > bound
    ended = decoder.eof or more
    return _Output(output[:bound], more=more, ended=ended), decoder.unused_data


def _inflate_slowly(data: bytes, bound: int, wbits: int) -> _Output:
    """A stream known to be broken within ``bound``: zlib drops the output of the
    call that fails, so small calls keep what came before the fault."""
    decoder = zlib.decompressobj(wbits)
    output = bytearray()
    with contextlib.suppress(zlib.error):
        for start in range(0, len(data), 256):
            output += decoder.decompress(data[start : start + 256], bound)
    return _Output(bytes(output[:bound]), broken=True)


def _brotli(data: bytes, bound: int) -> _Output:
    decoder = brotli.Decompressor()
    output = bytearray()
    try:
        for start in range(0, len(data), _BROTLI_STEP):
            output += decoder.process(data[start : start + _BROTLI_STEP])
            if len(output) > bound:
                return _Output(bytes(output[:bound]), more=True)
            if decoder.is_finished():
                break
    except brotli.error:
        return _Output(bytes(output), broken=True)
    return _Output(bytes(output), ended=decoder.is_finished())


def _zstd(data: bytes, bound: int) -> _Output:
    decoder = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
    output = bytearray()
    try:
        with decoder.stream_reader(io.BytesIO(data), read_across_frames=True) as reader:
            while piece := reader.read(_STEP):
                output += piece
                if len(output) > bound:
                    return _Output(bytes(output[:bound]), more=True)
    except zstandard.ZstdError:
        return _Output(bytes(output), broken=True)
    return _Output(bytes(output))


_DECODERS: dict[bytes, Callable[[bytes, int], _Output]] = {
    b"gzip": _gzip,
    b"x-gzip": _gzip,
    b"deflate": _deflate,
    b"br": _brotli,
    b"zstd": _zstd,
}
