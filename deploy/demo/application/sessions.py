"""The application's own sessions: who is logged in, by JSESSIONID.

Bound: MAX_SESSIONS, the longest unused one makes place. A session that was not
used for ``idle_seconds`` is gone; its user meets the login form in a 200.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from deploy.demo.application.staff import Advisor

MAX_SESSIONS: Final = 20_000
RECENT: Final = 5
"""Clients the menu remembers."""


@dataclass(slots=True)
class Session:
    """One JSESSIONID; anonymous until a login."""

    id: str
    used: float
    advisor: Advisor | None = None
    recent: list[str] = field(default_factory=list)
    """Ids of the clients seen last, newest first."""

    def remember(self, client_id: str) -> None:
        """Put a client on top of the recently seen ones."""
        if client_id in self.recent:
            self.recent.remove(client_id)
        self.recent.insert(0, client_id)
        del self.recent[RECENT:]


class Sessions:
    """The table of sessions. ``now`` is seconds of a monotonic clock."""

    def __init__(self, idle_seconds: float, limit: int = MAX_SESSIONS) -> None:
        self._idle = idle_seconds
        self._limit = limit
        self._table: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._table)

    def find(self, session_id: str, now: float) -> Session | None:
        """The living session with this id."""
        session = self._table.get(session_id)
        if session is None:
            return None
        if now - session.used > self._idle:
            del self._table[session_id]
            return None
        session.used = now
        self._table.move_to_end(session_id)
        return session

    def create(self, now: float, advisor: Advisor | None = None) -> Session:
        """A new session, anonymous or logged in."""
        while len(self._table) >= self._limit:
            self._table.popitem(last=False)
        session = Session(secrets.token_hex(16).upper(), now, advisor)
        self._table[session.id] = session
        return session

    def end(self, session: Session) -> None:
        """Forget a session."""
        self._table.pop(session.id, None)
