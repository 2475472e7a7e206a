"""The one mapping from events to rows of the store.

Invariants:

* every event has exactly one table, every event field exactly one column (an
  ``Actor`` becomes the ``actor*`` columns);
* a row starts with node, epoch and seq: its identity in the journal;
* column names and types are those of ``migrations/``; adding a field means a
  migration with a default, then a column here, so that a program of version
  N-1 can still write.

Times stay integers (ns since the epoch); enums are written by their value.
Pure: events in, tuples out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from proxy.events import (
    AttributionLearned,
    ConnectionEnded,
    Event,
    ExchangeRecorded,
    GapRecorded,
    HeartbeatRecorded,
    IdentifiersPaired,
    SessionChanged,
    ViewRecorded,
)
from proxy.events.custody import CaptureMade, InquiryRecorded, SubjectSeen
from proxy.store import row_of
from proxy.store.row_of import Row

IDENTITY = ("node", "epoch", "seq")
ACTOR = (
    "actor",
    "actor_on_wire",
    "actor_scheme",
    "actor_strength",
    "actor_reason",
    "actor_binding",
    "actor_session",
    "actor_kind",
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the store and how an event becomes one of its rows."""

    name: str
    columns: tuple[str, ...]
    row: Callable[[Event, str, int, int], Row]
    """``row(event, node, epoch, seq)``; raises TypeError for another's event."""


EXCHANGES = Table(
    "exchanges",
    (
        *IDENTITY,
        "application",
        "wire",
        "connection",
        "request_offset",
        "started_at",
        "ended_at",
        "monotonic_ns",
        "method",
        "path",
        "rule",
        "status",
        "request_bytes",
        "response_bytes",
        "content_type",
        "client_address",
        *ACTOR,
        "extraction",
        "extraction_reason",
        "views",
        "ruleset",
        "context",
        "activity",
        "trace_id",
        "parent_span",
        "processor",
    ),
    row_of.exchange,
)

VIEWS = Table(
    "views",
    (
        *IDENTITY,
        "application",
        "wire",
        "connection",
        "request_offset",
        "started_at",
        "client_address",
        *ACTOR,
        "subject_type",
        "subject",
        "subject_key",
        "action",
        "rule",
        "categories",
        "position",
        "ruleset",
        "activity",
        "trace_id",
    ),
    row_of.view,
)

SESSIONS = Table(
    "sessions",
    (
        *IDENTITY,
        "application",
        "wire",
        "connection",
        "request_offset",
        "at",
        "monotonic_ns",
        "kind",
        *ACTOR,
        "previous",
        "client_address",
        "reason",
    ),
    row_of.session,
)

GAPS = Table(
    "gaps",
    (
        *IDENTITY,
        "application",
        "wire",
        "connection",
        "kind",
        "reason",
        "intended",
        "from_at",
        "to_at",
        "connections",
        "up_bytes",
        "down_bytes",
        "client_address",
    ),
    row_of.gap,
)

ATTRIBUTIONS = Table(
    "attributions",
    (
        *IDENTITY,
        "application",
        "wire",
        "connection",
        "request_offset",
        "at",
        "from_at",
        "to_at",
        "exchanges",
        "client_address",
        *ACTOR,
        "about",
    ),
    row_of.learned,
)

CONNECTIONS = Table(
    "connections",
    (
        *IDENTITY,
        "application",
        "wire",
        "connection",
        "opened_at",
        "ended_at",
        "up_bytes",
        "down_bytes",
        "told",
        "client_address",
    ),
    row_of.connection,
)

HEARTBEATS = Table(
    "heartbeats",
    (*IDENTITY, "at", "wires", "connections", "exchanges"),
    row_of.heartbeat,
)

CROSSWALK = Table(
    "crosswalk",
    (
        *IDENTITY,
        "application",
        "wire",
        "connection",
        "request_offset",
        "at",
        "one_type",
        "one",
        "other_type",
        "other",
        "key",
        "source",
        "ruleset",
    ),
    row_of.paired,
)

CAPTURES = Table(
    "captures",
    (
        *IDENTITY,
        "at",
        "capture",
        "taken_by",
        "uid",
        "reason",
        "redacted",
        "expires_at",
    ),
    row_of.capture,
)

SUBJECTS = Table(
    "subjects",
    (
        *IDENTITY,
        "application",
        "at",
        "subject_type",
        "subject",
        "subject_key",
        "encrypted_id",
        "recovery_key",
    ),
    row_of.subject,
)

INQUIRIES = Table(
    "inquiries",
    (
        *IDENTITY,
        "at",
        "inquiry",
        "person",
        "question",
        "reason",
        "subject_type",
        "subjects",
        "employee",
        "about",
        "from_at",
        "to_at",
        "client_address",
    ),
    row_of.inquiry,
)

TABLES = (
    EXCHANGES,
    VIEWS,
    SESSIONS,
    GAPS,
    ATTRIBUTIONS,
    CONNECTIONS,
    HEARTBEATS,
    CROSSWALK,
    CAPTURES,
    SUBJECTS,
    INQUIRIES,
)


def table_for(event: Event) -> Table:
    """The table this event is a row of."""
    match event:
        case ExchangeRecorded():
            return EXCHANGES
        case ViewRecorded():
            return VIEWS
        case SessionChanged():
            return SESSIONS
        case GapRecorded():
            return GAPS
        case AttributionLearned():
            return ATTRIBUTIONS
        case ConnectionEnded():
            return CONNECTIONS
        case HeartbeatRecorded():
            return HEARTBEATS
        case IdentifiersPaired():
            return CROSSWALK
        case CaptureMade():
            return CAPTURES
        case SubjectSeen():
            return SUBJECTS
        case InquiryRecorded():
            return INQUIRIES
        case _:
            assert_never(event)
