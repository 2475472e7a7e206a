"""Bounds of reading one connection, each with the reason for its default.

What happens at a bound is said where it is reached: heads, counts and pending
requests make the connection opaque, a body above its cap keeps its first bytes
and is counted on, a list of fields ends early.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds per connection, message or body; bytes unless named otherwise."""

    head: int = 64 * 1024
    """Start line, header lines and empty line: four times what Tomcat, IIS and
    Apache accept by default (8 to 16 KiB), so that they refuse first."""
    headers: int = 256
    """Header lines of one head: above the 100 of Apache and Tomcat."""
    body: int = 8 * MIB
    """Raw content kept of one message; also of all pending requests together.
    A page is kilobytes, an export megabytes; a download is counted only."""
    stream_from: int = MIB
    """Content kept before it is asked who reads the rest as it passes: what is
    smaller is read whole, which costs less."""
    pending: int = 64
    """Requests sent ahead of their responses; a browser sends one, a
    pipelining client ten."""
    chunk_line: int = 1024
    """Chunk size with its extensions; in practice under 20 bytes."""
    trailers: int = 8 * 1024
    """Trailer section of a chunked body."""
    decoded: int = 8 * MIB
    """Content after its codings are undone: what the extraction reads."""
    streamed: int = 1024 * MIB
    """Content of a stream after its codings are undone."""
    expansion: int = 100
    """Bytes that one byte of a stream may become, beyond ``decoded``: exports
    shrink to a tenth, bombs to a thousandth."""
    codings: int = 4
    """Content codings on one message; in practice one."""
    fields: int = 2000
    """Fields of one form or query; the largest legacy screens have hundreds."""
    field_bytes: int = 2 * MIB
    """Form or query text that is read; a form is kilobytes (Tomcat: 2 MB)."""
    at_once: int = field(init=False, repr=False, compare=False)
    """A response that is kept whole, and offered to nobody."""
    bodies_on_get: bool = False
    """Whether content on GET and HEAD is read as such. Servers differ (some
    take it for the next request), so by default it makes the connection opaque."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_once", min(self.body, self.stream_from))
