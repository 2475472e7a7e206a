"""A store in memory that honours tokens as ClickHouse does, and fails on cue."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum

from proxy.store.port import StoreRejected, StoreUnavailable


class Fault(Enum):
    """What goes wrong with one insert."""

    NONE = "none"
    STORED_BUT_UNSURE = "stored_but_unsure"
    """It is stored; the answer did not arrive."""
    LOST_AND_UNSURE = "lost_and_unsure"
    """It is not stored; no answer either."""
    LATE = "late"
    """No answer, and it is stored only after the next count."""
    HALF = "half"
    """No answer, and only the first half is stored, as with two months."""
    CRASH_BEFORE = "crash_before"
    """The shipper is killed before the store got it."""
    CRASH_AFTER = "crash_after"
    """The shipper is killed after the store had it."""
    ACKNOWLEDGED_AND_LOST = "acknowledged_and_lost"
    """The store says yes and loses it."""


class Crash(BaseException):
    """Stands for kill -9: nothing may catch it."""


class FakeStore:
    """Implements ``proxy.store.port.Store``."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[object, ...]]] = {}
        self.tokens: dict[str, dict[str, tuple[tuple[object, ...], ...]]] = {}
        self.faults: deque[Fault] = deque()
        """What happens to the next inserts, in turn; none when empty."""
        self.refuses: Callable[[str, Sequence[object]], bool] = lambda _, __: False
        self.effect: Callable[[], None] = lambda: None
        """Called before and after an insert that nothing else befalls."""
        self.down = False
        self.missing: list[str] = []
        self.inserts = 0
        self.counts = 0
        self.reused_tokens: list[str] = []
        """Tokens that came a second time with other rows: always a mistake."""
        self._halves: dict[tuple[str, str], list[tuple[object, ...]]] = {}
        self._late: list[tuple[str, Sequence[Sequence[object]], str]] = []

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        token: str,
    ) -> None:
        if self.down:
            raise StoreUnavailable("connection refused")
        self.inserts += 1
        self.effect()
        if any(self.refuses(table, row) for row in rows):
            raise StoreRejected("code 53: type mismatch")
        fault = self.faults.popleft() if self.faults else Fault.NONE
        match fault:
            case Fault.NONE:
                self._store(table, rows, token)
                self.effect()
            case Fault.STORED_BUT_UNSURE:
                self._store(table, rows, token)
                raise StoreUnavailable("timed out")
            case Fault.LOST_AND_UNSURE:
                raise StoreUnavailable("timed out")
            case Fault.LATE:
                self._late.append((table, rows, token))
                raise StoreUnavailable("timed out")
            case Fault.HALF if (
                token in self.tokens.get(table, ()) or (table, token) in self._halves
            ):
                raise StoreUnavailable("timed out")
            case Fault.HALF:
                half = [tuple(row) for row in rows[: len(rows) // 2]]
                self.rows.setdefault(table, []).extend(half)
                self._halves[table, token] = half
                raise StoreUnavailable("timed out")
            case Fault.CRASH_BEFORE:
                raise Crash
            case Fault.CRASH_AFTER:
                self._store(table, rows, token)
                raise Crash
            case Fault.ACKNOWLEDGED_AND_LOST:
                pass

    def count(self, table: str, node: str, epoch: int, first: int, last: int) -> int:
        if self.down:
            raise StoreUnavailable("connection refused")
        self.counts += 1
        found = sum(
            1
            for row in self.rows.get(table, ())
            if row[0] == node
            and row[1] == epoch
            and isinstance(row[2], int)
            and first <= row[2] <= last
        )
        late, self._late = self._late, []
        for one in late:
            self._store(*one)
        return found

    def missing_migrations(self) -> list[str]:
        if self.down:
            raise StoreUnavailable("connection refused")
        return list(self.missing)

    def sequences(self) -> list[int]:
        """Sequence numbers of all rows of all tables, sorted."""
        return sorted(
            row[2]
            for rows in self.rows.values()
            for row in rows
            if isinstance(row[2], int)
        )

    def _store(self, table: str, rows: Sequence[Sequence[object]], token: str) -> None:
        frozen = tuple(tuple(row) for row in rows)
        seen = self.tokens.setdefault(table, {})
        if token in seen:
            if seen[token] != frozen:
                self.reused_tokens.append(token)
            return
        seen[token] = frozen
        there = self._halves.pop((table, token), [])
        self.rows.setdefault(table, []).extend(frozen[len(there) :])
