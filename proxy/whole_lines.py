"""Bytes that come in any chunks, in pieces of whole lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator


def blocks(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of whole lines, ``size`` bytes or a line more."""
    kept: list[bytes] = []
    held = 0
    for chunk in chunks:
        kept.append(chunk)
        held += len(chunk)
        if held < size:
            continue
        data = b"".join(kept)
        end = data.rfind(b"\n") + 1
        if end:
            yield data[:end]
            data = data[end:]
        kept, held = [data], len(data)
    rest = b"".join(kept)
    if rest:
        yield rest
