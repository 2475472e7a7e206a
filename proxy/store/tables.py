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
    Actor,
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

Row = tuple[object, ...]

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


def _actor(actor: Actor) -> Row:
    return (
        actor.name,
        actor.on_wire,
        actor.scheme,
        actor.strength.value,
        actor.reason,
        actor.binding,
        actor.session,
        actor.kind.value,
    )


def _exchange(event: Event, node: str, epoch: int, seq: int) -> Row:
    if not isinstance(event, ExchangeRecorded):
        raise TypeError(f"not an exchange: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.application,
        event.wire,
        event.connection,
        event.request_offset,
        event.started_ns,
        event.ended_ns,
        event.monotonic_ns,
        event.method,
        event.path,
        event.rule,
        event.status,
        event.request_bytes,
        event.response_bytes,
        event.content_type,
        event.client_address,
        *_actor(event.actor),
        event.extraction.value,
        event.extraction_reason,
        event.views,
        event.ruleset,
        tuple((term.name, term.value, term.key) for term in event.context),
    )


def _view(event: Event, node: str, epoch: int, seq: int) -> Row:
    if not isinstance(event, ViewRecorded):
        raise TypeError(f"not a view: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.application,
        event.wire,
        event.connection,
        event.request_offset,
        event.started_ns,
        event.client_address,
        *_actor(event.actor),
        event.subject_type,
        event.subject,
        event.subject_key,
        event.action.value,
        event.rule,
        event.categories,
        event.position,
        event.ruleset,
    )


def _session(event: Event, node: str, epoch: int, seq: int) -> Row:
    if not isinstance(event, SessionChanged):
        raise TypeError(f"not a session change: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.application,
        event.wire,
        event.connection,
        event.request_offset,
        event.at_ns,
        event.monotonic_ns,
        event.kind.value,
        *_actor(event.actor),
        event.previous,
        event.client_address,
        event.reason,
    )


def _gap(event: Event, node: str, epoch: int, seq: int) -> Row:
    if not isinstance(event, GapRecorded):
        raise TypeError(f"not a gap: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.application,
        event.wire,
        event.connection,
        event.kind.value,
        event.reason,
        event.intended,
        event.from_ns,
        event.to_ns,
        event.connections,
        event.up_bytes,
        event.down_bytes,
        event.client_address,
    )


def _learned(event: Event, node: str, epoch: int, seq: int) -> Row:
    if not isinstance(event, AttributionLearned):
        raise TypeError(f"not a late attribution: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.application,
        event.wire,
        event.connection,
        event.request_offset,
        event.at_ns,
        event.from_ns,
        event.to_ns,
        event.exchanges,
        event.client_address,
        *_actor(event.actor),
    )


def _connection(event: Event, node: str, epoch: int, seq: int) -> Row:
    if not isinstance(event, ConnectionEnded):
        raise TypeError(f"not a connection: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.application,
        event.wire,
        event.connection,
        event.opened_ns,
        event.ended_ns,
        event.up_bytes,
        event.down_bytes,
        event.told,
        event.client_address,
    )


def _heartbeat(event: Event, node: str, epoch: int, seq: int) -> Row:
    if not isinstance(event, HeartbeatRecorded):
        raise TypeError(f"not a heartbeat: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.at_ns,
        event.wires,
        event.connections,
        event.exchanges,
    )


def _paired(event: Event, node: str, epoch: int, seq: int) -> Row:
    if not isinstance(event, IdentifiersPaired):
        raise TypeError(f"not a pair of identifiers: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.application,
        event.wire,
        event.connection,
        event.request_offset,
        event.at_ns,
        event.one_type,
        event.one,
        event.other_type,
        event.other,
        event.key,
        event.source,
        event.ruleset,
    )


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
    ),
    _exchange,
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
    ),
    _view,
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
    _session,
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
    _gap,
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
    ),
    _learned,
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
    _connection,
)

HEARTBEATS = Table(
    "heartbeats",
    (*IDENTITY, "at", "wires", "connections", "exchanges"),
    _heartbeat,
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
    _paired,
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
        case _:
            assert_never(event)
