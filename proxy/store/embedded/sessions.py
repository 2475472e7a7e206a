"""Sessions of the HTTP interface: the SET and USE statements of a session id.

Nothing else is kept: there are no temporary tables here. A session's statements
are run again on the connection of each later question, so no connection stays
open for a client that went away. Bounded: the oldest session goes when a new one
has no room, a session keeps its last ``STATEMENTS`` changes.
"""

from __future__ import annotations

from collections import OrderedDict

STATEMENTS = 50
"""Distinct changes that one session keeps; clients make a handful."""


class Sessions:
    """Session id of a user to its statements, in order."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[str, str], list[bytes]] = OrderedDict()

    def statements(self, user: str, session: str) -> tuple[bytes, ...]:
        """What to run before a question of this session."""
        kept = self._kept.get((user, session))
        if kept is None:
            return ()
        self._kept.move_to_end((user, session))
        return tuple(kept)

    def remember(self, user: str, session: str, statement: bytes) -> None:
        """A SET or USE that succeeded."""
        kept = self._kept.setdefault((user, session), [])
        if statement in kept:
            kept.remove(statement)
        kept.append(statement)
        del kept[:-STATEMENTS]
        self._kept.move_to_end((user, session))
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
