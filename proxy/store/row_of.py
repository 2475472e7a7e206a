"""An event's values, in the order of its table's columns.

Node, epoch and seq come first; an ``Actor`` becomes the ``actor*`` columns. Each
raises TypeError for another's event.
"""

from __future__ import annotations

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
from proxy.events.custody import CaptureMade, InquiryRecorded, SubjectSeen

Row = tuple[object, ...]


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


def exchange(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of an exchange."""
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
        event.activity,
        event.trace_id,
        event.parent_span,
        event.processor,
    )


def view(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of a view."""
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
        event.activity,
        event.trace_id,
    )


def session(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of a session change."""
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


def gap(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of a gap."""
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


def learned(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of a late attribution."""
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
        event.about,
    )


def connection(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of a connection that ended."""
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


def heartbeat(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of a sign of life."""
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


def paired(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of two ids of one client."""
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


def capture(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of a copy of all traffic."""
    if not isinstance(event, CaptureMade):
        raise TypeError(f"not a capture: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.at_ns,
        event.capture,
        event.taken_by,
        event.uid,
        event.reason,
        event.redacted,
        event.expires_ns,
    )


def subject(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of a subject's id."""
    if not isinstance(event, SubjectSeen):
        raise TypeError(f"not a subject's id: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.application,
        event.at_ns,
        event.subject_type,
        event.subject,
        event.subject_key,
        event.encrypted_id,
        event.recovery_key,
    )


def inquiry(event: Event, node: str, epoch: int, seq: int) -> Row:
    """The row of a question that was asked."""
    if not isinstance(event, InquiryRecorded):
        raise TypeError(f"not an inquiry: {type(event).__name__}")
    return (
        node,
        epoch,
        seq,
        event.at_ns,
        event.inquiry,
        event.person,
        event.question,
        event.reason,
        event.subject_type,
        event.subjects,
        event.employee,
        event.about,
        event.from_ns,
        event.to_ns,
        event.client_address,
    )
