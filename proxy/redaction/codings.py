"""Content under a coding: undone, redacted, and coded again to the same length.

Text whose words were replaced compresses worse than what a server sent, so it is
compressed harder: by the same coding at its best, else by brotli, which the head then
says (``gzip`` becomes ``br``, with blanks, as long as it was). What is shorter than it
was is filled up where readers look for nothing: behind the end of gzip and deflate, in
blocks of metadata within brotli (RFC 7932 9.2). What is longer all the same cannot be
kept: None.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

import brotli

from proxy.exchange.body import decode_content
from proxy.exchange.model import BodyState, Message

_LINE = re.compile(rb"(?im)^(content-encoding[ \t]*:[ \t]*)([^\r\n]*)")
_HARDEST = 256 * 1024
"""Bytes up to which brotli takes its time: 1 MB/s, above it ten times as fast."""
_WRAPPED = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}


class Recoded(NamedTuple):
    """A message's head and content, as long as they were."""

    head: bytes
    data: bytes


def recoded(head: bytes, data: bytes, hide: Callable[[bytes], bytes]) -> Recoded | None:
    """The head and the content with ``hide`` done to what the content says.

    Args:
        head: Status or request line and headers.
        data: The content, all of it, under its coding.
        hide: Redacts the content itself.
    """
    lines = _LINE.findall(head)
    if len(lines) != 1 or len(lines[0][1]) < len(b"br"):
        return None
    value = lines[0][1]
    message = Message(headers=[(b"content-encoding", value)], body=data)
    plain = decode_content(message)
    if plain.state is not BodyState.COMPLETE:
        return None
    hidden = hide(plain.data)
    wrapped = _WRAPPED.get(value.strip().lower())
    if wrapped is not None:
        packer = zlib.compressobj(9, wbits=wrapped)
        packed = packer.compress(hidden) + packer.flush()
        if len(packed) <= len(data):
            return Recoded(head, packed.ljust(len(data), b"\0"))
    qualities = (11, 9, 5) if len(hidden) <= _HARDEST else (9, 5)
    fitting = (
        packed
        for quality in qualities  # the hardest is the shortest as a rule
        if len(packed := _brotli(hidden, len(data), quality)) == len(data)
    )
    packed = next(fitting, b"")
    if not packed:
        return None
    said = b"br".ljust(len(value))
    return Recoded(_LINE.sub(lambda found: found[1] + said, head), packed)


def _brotli(data: bytes, size: int, quality: int) -> bytes:
    """A stream of this size, or a longer one."""
    packer = brotli.Compressor(quality=quality)
    packed: bytes = packer.process(data) + packer.flush()
    return packed + _filling(size - len(packed) - 1) + b"\x03"


def _filling(size: int) -> bytes:
    """Blocks of metadata that take this many bytes; none when it is negative.

    A block is a head of six bits (not the last, no content, then how many bytes its
    length takes) and its length less one; what it holds begins with the next byte.
    """
    if size < 3:
        return b"\x06" * max(size, 0)
    for width in (1, 2, 3):
        held = size - 1 - width
        if held <= 1 << 8 * width:
            if width > 1 and held <= 1 << 8 * (width - 1):
                # A length may not be written with more bytes than it takes.
                return b"\x06" + _filling(size - 1)
            head = 0x06 | width << 4 | (held - 1) << 6
            return head.to_bytes(1 + width, "little") + bytes(held)
    most = 1 << 24
    return _filling(most) + _filling(size - most)
