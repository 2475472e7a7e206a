"""What one response of a session teaches about later ones, bounded.

Some dialects send a layout once and refer to it afterwards. What is remembered
is keyed by session digest, kept in memory only and not persisted: after a
restart, or when it was forgotten, a response that refers to it is read as far
as it explains itself and ends ``partial`` or ``failed`` with a reason.

The pure core owns no memory: whoever reads exchanges in order holds one
``Memory`` per application and gives each ``View`` its part, a
``SessionMemory``. The least recently used entries are forgotten when the bytes
kept exceed the bound; ``forgotten`` counts them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

MOST_BYTES = 32 << 20
"""Of all sessions: 3,000 sessions that each keep a layout of 10 kB."""
_ENTRY = 200
"""Bytes that an entry costs beside what it holds."""


class Memory:
    """A bounded table of (session, what) → value."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.forgotten = 0
        """Entries dropped to stay below the bound."""
        self.bytes = 0
        """Bytes kept, as far as they are known."""
        self._most = most_bytes
        self._kept: OrderedDict[tuple[bytes, Hashable], tuple[object, int]]
        self._kept = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, session: bytes, what: Hashable) -> object | None:
        """What was put, or None; asking makes it recent."""
        key = (session, what)
        held = self._kept.get(key)
        if held is None:
            return None
        self._kept.move_to_end(key)
        return held[0]

    def put(self, session: bytes, what: Hashable, value: object, size: int) -> None:
        """Keep a value of about ``size`` bytes; one above the bound is not kept."""
        key = (session, what)
        before = self._kept.pop(key, None)
        if before is not None:
            self.bytes -= before[1]
        size += _ENTRY
        if size > self._most:
            self.forgotten += 1
            return
        self._kept[key] = (value, size)
        self.bytes += size
        while self.bytes > self._most:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.bytes -= dropped
            self.forgotten += 1


class SessionMemory:
    """The part of a memory that one exchange may ask and add to."""

    __slots__ = ("_asked", "_memory", "_told")

    def __init__(
        self, memory: Memory, asked: tuple[bytes, ...], told: tuple[bytes, ...] = ()
    ) -> None:
        """What one exchange may see of a memory.

        Args:
            memory: Of the application.
            asked: Digests of the session keys that the request carried.
            told: Digests of those that the response changed to.
        """
        self._memory = memory
        self._asked = asked
        self._told = tuple(dict.fromkeys((*asked, *told)))

    def get(self, what: Hashable) -> object | None:
        """What an earlier exchange of this session put."""
        for session in self._asked:
            held = self._memory.get(session, what)
            if held is not None:
                return held
        return None

    def put(self, what: Hashable, value: object, size: int) -> None:
        """Keep it for later exchanges, under keys issued by this one as well."""
        for session in self._told:
            self._memory.put(session, what, value, size)
