"""A store with a little context, and days of work put into it in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from proxy.context_files import ContextKind, check
from proxy.detections.catalogue import by_id
from proxy.detections.findings import Finding
from proxy.detections.runner import Days, judge
from proxy.detections.thresholds import Thresholds, read
from proxy.document import Problems
from proxy.pseudonym import pseudonym
from proxy.store.client import ClickHouseStore
from proxy.store.context import ContextFile, load
from proxy.store.port import Result
from tests.support.embedded import EmbeddedStore

KEY = b"k" * 32
DAY = date(2026, 5, 12)
"""A Tuesday."""
TABLES = (
    *("views", "exchanges", "staff", "caseload", "watchlist", "context_loads"),
    *("findings", "reviews"),
)
_COLUMNS = (
    *("node", "epoch", "seq", "application", "wire", "connection", "request_offset"),
    *("started_at", "client_address", "actor", "actor_reason", "actor_session"),
    *("actor_kind", "subject_type", "subject", "subject_key", "action"),
)


def subject(client: object) -> bytes:
    """Its pseudonym."""
    return pseudonym(KEY, "client", str(client))


def thresholds(text: str = "zone: Europe/Amsterdam\n") -> Thresholds:
    """Of this file."""
    problems = Problems("thresholds.yaml")
    found = read(text, problems)
    assert found is not None
    assert not problems, str(problems)
    return found


@dataclass(frozen=True, slots=True)
class Fresh:
    """A store that remembers no insert of another test."""

    store: ClickHouseStore

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Result:
        """Passed on."""
        return self.store.query(sql, params)

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        token: str,
    ) -> None:
        """Under a token of its own."""
        self.store.insert(table, columns, rows, f"{token} {uuid4().hex}")


@dataclass(slots=True)
class Office:
    """Puts views into a store, and asks detections about them."""

    store: Fresh
    count: int = 0
    pending: list[tuple[object, ...]] = field(default_factory=list)

    def shows(
        self,
        actor: str,
        clients: Sequence[object],
        day: date = DAY,
        hour: float = 10,
        **more: object,
    ) -> None:
        """One page each, a minute apart, from this hour in UTC."""
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        start += timedelta(hours=hour)
        for number, client in enumerate(clients):
            self.count += 1
            at = int((start + timedelta(minutes=number)).timestamp()) * 10**9
            row: dict[str, object] = {
                "node": "north",
                "epoch": 1,
                "seq": self.count,
                "application": "sonar",
                "wire": 1,
                "connection": self.count,
                "request_offset": 0,
                "started_at": at,
                "client_address": "10.0.0.7",
                "actor": actor,
                "actor_reason": "" if actor else "no_session_key",
                "actor_session": f"{actor}{day}",
                "actor_kind": "person" if actor else "unknown",
                "subject_type": "client",
                "subject": subject(client),
                "subject_key": 1,
                "action": "view",
            } | more
            self.pending.append(tuple(row[name] for name in _COLUMNS))

    def loads(self, kind: ContextKind, text: str) -> None:
        """A file of context."""
        data = text.encode()
        file = ContextFile(
            kind=kind, data=data, name="x", rows=check(kind, data), loaded_by=""
        )
        load(self.store, file, {1: KEY}, datetime(2026, 1, 1, tzinfo=UTC))

    def flush(self) -> None:
        """Put in what was shown, and an exchange for each page."""
        if not self.pending:
            return
        self.store.insert("views", _COLUMNS, self.pending, uuid4().hex)
        common = [
            *("node", "epoch", "seq", "application", "wire", "connection"),
            *("request_offset", "started_at", "client_address", "actor"),
            *("actor_session", "actor_kind"),
        ]
        places = [_COLUMNS.index(name) for name in common]
        rows = [tuple(row[place] for place in places) for row in self.pending]
        self.store.insert("exchanges", common, rows, uuid4().hex)
        self.pending = []

    def finds(
        self, detection: str, text: str = "zone: Europe/Amsterdam\n", day: date = DAY
    ) -> list[Finding]:
        """What a detection finds on a day."""
        self.flush()
        days = Days(day, day + timedelta(days=1))
        now = datetime(2026, 6, 1, tzinfo=UTC)
        return judge(self.store, by_id()[detection], thresholds(text), days, now)

    def past(self, actor: str, clients: int, days: int = 10) -> None:
        """Ordinary working days before ``DAY``."""
        day = DAY
        while days:
            day -= timedelta(days=1)
            if day.weekday() < 5:
                self.shows(actor, range(clients), day)
                days -= 1


@pytest.fixture(scope="package")
def database(embedded_store: EmbeddedStore) -> ClickHouseStore:
    """One for all tests of detections; migrations take their time."""
    return embedded_store.store()


@pytest.fixture
def office(database: ClickHouseStore) -> Office:
    """On tables with nothing in them."""
    for table in TABLES:
        database.command(f"TRUNCATE TABLE {table}")
    return Office(Fresh(database))
