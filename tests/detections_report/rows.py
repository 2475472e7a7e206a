"""Rows of ``views`` and ``exchanges`` made in bulk, and put into a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from proxy.store.client import ClickHouseStore
from tests.detections_report.organisation import subject_of

COLUMNS = (
    *("node", "epoch", "seq", "application", "wire", "connection", "request_offset"),
    *("started_at", "client_address", "actor", "actor_reason", "actor_session"),
    *("actor_kind", "subject_type", "subject", "subject_key", "action", "rule"),
)
PART = 100_000

EXCHANGES = """
INSERT INTO exchanges (node, epoch, seq, application, wire, connection,
    request_offset, started_at, ended_at, client_address, actor, actor_session,
    actor_kind)
SELECT any(node), any(epoch), min(seq), any(application), wire, connection,
    request_offset, min(started_at), min(started_at), any(client_address), any(actor),
    any(actor_session), any(actor_kind)
FROM views GROUP BY wire, connection, request_offset
"""


@dataclass(slots=True)
class Page:
    """Who is asking, from where."""

    actor: str
    address: str
    session: str
    kind: str = "person"
    reason: str = ""


@dataclass(slots=True)
class Rows:
    """Collected until they are put in."""

    store: ClickHouseStore
    rows: list[tuple[object, ...]] = field(default_factory=list)
    count: int = 0
    exchanges: int = 0

    def page(self, page: Page, at: datetime, action: str, clients: list[int]) -> None:
        """One exchange that shows these."""
        self.exchanges += 1
        ns = int(at.timestamp() * 1000) * 1_000_000
        for client in clients:
            self.count += 1
            self.rows.append(
                (
                    *("sim", 1, self.count, "office", 1, self.exchanges, 0, ns),
                    *(page.address, page.actor, page.reason, page.session, page.kind),
                    *("client", subject_of(client), 1, action, action),
                )
            )
        if len(self.rows) >= PART:
            self.flush()

    def flush(self) -> None:
        """Put in what was collected."""
        if self.rows:
            self.store.insert("views", COLUMNS, self.rows, f"rows {self.count}")
            self.rows = []

    def finish(self) -> None:
        """All of it, and the exchanges it came with."""
        self.flush()
        self.store.command(EXCHANGES)
