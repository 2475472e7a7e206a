"""An event as a line of LDV 1.0.0, or none.

Source: Standaard Logboek Dataverwerkingen 1.0.0 (9 April 2026), sections 2.3 and 3.3.
A line has at most one data subject, and nothing of an employee: no account, session,
address or path (2.3.4). No line is left out by sampling.

Ids are the first bytes of a SHA-256 over what identifies the row, so that a line sent
twice is one line, and so that the view ``ldv_lines`` of the store gives the same.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from proxy.events import Event, ExchangeRecorded, Extraction, ViewRecorded

UNKNOWN_ACTIVITY = "urn:whosaw:activity:unknown"
"""What stands where the rule set names no processing activity: never a made-up one."""
ACTIVITY = "dpl.core.processing_activity_id"
SUBJECT = "dpl.core.data_subject_id"
SUBJECT_TYPE = "dpl.core.data_subject_id_type"
PROCESSOR = "dpl.core.foreign_operation.processor"
SUBJECT_KEY = "whosaw.subject_key"
"""Key of the pseudonym: not of the standard, so without its prefix."""


class Status(Enum):
    """What became of the action."""

    UNSET = "Unset"
    """Done, without a result that shows: refused or not found (HTTP 4xx)."""
    OK = "Ok"
    ERROR = "Error"
    """A technical failure: HTTP 5xx, or no response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line."""

    trace_id: bytes
    """16 bytes."""
    span_id: bytes
    """8 bytes."""
    parent_span_id: bytes
    """8 bytes, or none."""
    remote_parent: bool
    """The parent is an action of another application."""
    status: Status
    name: str
    start_ns: int
    end_ns: int
    application: str
    node: str
    attributes: tuple[tuple[str, str], ...]


def line(event: Event, node: str, epoch: int, seq: int) -> Line | None:
    """The line of an event at this place in the journal; None when it has none.

    Logins, gaps and the like have none, nor has an exchange that the rule set
    ignores and that showed nothing.
    """
    match event:
        case ViewRecorded():
            return _of_view(event, node, epoch, seq)
        case ExchangeRecorded(rule="", extraction=Extraction.NOTHING_EXPECTED):
            return None
        case ExchangeRecorded():
            return _of_exchange(event, node)
        case _:
            return None


def _of_exchange(event: ExchangeRecorded, node: str) -> Line:
    attributes = [(ACTIVITY, event.activity or UNKNOWN_ACTIVITY)]
    if event.trace_id:
        attributes.append((PROCESSOR, event.processor))
    status = _status(event.status)
    if status is Status.ERROR:
        said = f"HTTP {event.status}" if event.status else "no response"
        attributes.append(("exception.message", said))
    return Line(
        trace_id=_trace(event, node),
        span_id=_id("exchange", _exchange(event, node), 8),
        parent_span_id=bytes.fromhex(event.parent_span),
        remote_parent=bool(event.parent_span),
        status=status,
        name=event.rule or "handle request",
        start_ns=event.started_ns,
        end_ns=event.ended_ns,
        application=event.application,
        node=node,
        attributes=tuple(attributes),
    )


def _of_view(event: ViewRecorded, node: str, epoch: int, seq: int) -> Line:
    return Line(
        trace_id=_trace(event, node),
        span_id=_id("view", f"{node} {epoch} {seq}", 8),
        parent_span_id=_id("exchange", _exchange(event, node), 8),
        remote_parent=False,
        status=Status.OK,
        name=f"{event.action.value} {event.subject_type}",
        start_ns=event.started_ns,
        end_ns=event.started_ns,
        application=event.application,
        node=node,
        attributes=(
            (ACTIVITY, event.activity or UNKNOWN_ACTIVITY),
            (SUBJECT, event.subject.hex()),
            (SUBJECT_TYPE, event.subject_type),
            (SUBJECT_KEY, str(event.subject_key)),
        ),
    )


def _status(status: int) -> Status:
    if status == 0 or status >= 500:
        return Status.ERROR
    return Status.UNSET if status >= 400 else Status.OK


def _trace(event: ExchangeRecorded | ViewRecorded, node: str) -> bytes:
    if event.trace_id:
        return bytes.fromhex(event.trace_id)
    return _id("trace", _exchange(event, node), 16)


def _exchange(event: ExchangeRecorded | ViewRecorded, node: str) -> str:
    return f"{node} {event.wire} {event.connection} {event.request_offset}"


def _id(kind: str, what: str, size: int) -> bytes:
    return sha256(f"{kind} {what}".encode("utf-8", "surrogatepass")).digest()[:size]
