"""Events to fill a store with, each field settable."""

from __future__ import annotations

import msgspec

from proxy.events import (
    Action,
    Actor,
    AttributionLearned,
    ConnectionEnded,
    ContextTerm,
    ExchangeRecorded,
    Extraction,
    GapKind,
    GapRecorded,
    HeartbeatRecorded,
    IdentifiersPaired,
    SessionChanged,
    SessionKind,
    Strength,
    ViewRecorded,
)
from proxy.events.custody import CaptureMade, InquiryRecorded, SubjectSeen

NOON_NS = 1_780_000_000_123_456_789
"""2026-05-28 20:26:40.123456789 UTC: a time whose nanoseconds matter."""

ACTOR = Actor(
    name="jansen",
    on_wire="JANSEN",
    scheme="form",
    strength=Strength.CONFIRMED,
    reason="",
    binding="1f-2-3",
    session="ab12",
)

VIEW = ViewRecorded(
    application="sonar",
    wire=2**64 - 5,
    connection=7,
    request_offset=1234,
    started_ns=NOON_NS,
    client_address="10.0.0.7",
    actor=ACTOR,
    subject_type="client",
    subject=bytes(range(16)),
    subject_key=3,
    action=Action.VIEW,
    rule="client_detail",
    categories=("contact", "health"),
    position=0,
    ruleset="0123456789abcdef",
)

EXCHANGE = ExchangeRecorded(
    application="sonar",
    wire=5,
    connection=7,
    request_offset=1234,
    started_ns=NOON_NS,
    ended_ns=NOON_NS + 12_345_678,
    monotonic_ns=987_654_321,
    method="GET",
    path="/client/{}",
    rule="client_detail",
    status=200,
    request_bytes=321,
    response_bytes=10_240,
    content_type="text/html",
    client_address="10.0.0.7",
    actor=ACTOR,
    extraction=Extraction.RECORDED,
    extraction_reason="",
    views=1,
    ruleset="0123456789abcdef",
    context=(
        ContextTerm("term", "000102030405060708090a0b0c0d0e0f", 3),
        ContextTerm("sort", "name", 0),
    ),
)

SESSION = SessionChanged(
    application="sonar",
    wire=5,
    connection=7,
    request_offset=1234,
    at_ns=NOON_NS,
    monotonic_ns=987_654_321,
    kind=SessionKind.LOGGED_IN,
    actor=ACTOR,
    previous="cd34",
    client_address="10.0.0.7",
    reason="",
)

GAP = GapRecorded(
    application="sonar",
    wire=5,
    connection=0,
    kind=GapKind.SHED,
    reason="backlog",
    intended=False,
    from_ns=NOON_NS,
    to_ns=NOON_NS + 2_000_000_000,
    connections=4,
    up_bytes=100,
    down_bytes=2**40,
    client_address="",
)

LEARNED = AttributionLearned(
    application="sonar",
    wire=5,
    connection=7,
    request_offset=1234,
    at_ns=NOON_NS,
    from_ns=NOON_NS - 2_000_000_000,
    to_ns=NOON_NS,
    exchanges=3,
    client_address="10.0.0.7",
    actor=ACTOR,
)


ENDED = ConnectionEnded(
    application="sonar",
    wire=2**64 - 5,
    connection=7,
    opened_ns=NOON_NS - 1,
    ended_ns=NOON_NS + 5,
    up_bytes=1234,
    down_bytes=2**40,
    told=True,
    client_address="10.0.0.7",
)

HEARTBEAT = HeartbeatRecorded(at_ns=NOON_NS, wires=2, connections=17, exchanges=2**40)


MADE = CaptureMade(
    at_ns=NOON_NS,
    capture="00112233445566778899aabbccddeeff",
    taken_by="root",
    uid=0,
    reason="ticket 7",
    redacted=True,
    expires_ns=NOON_NS + 10**15,
)

SEEN = SubjectSeen(
    application="sonar",
    at_ns=NOON_NS,
    subject_type="client",
    subject=bytes(range(16)),
    subject_key=3,
    encrypted_id=b"\xff\x00" * 10,
    recovery_key=2,
)

ASKED = InquiryRecorded(
    at_ns=NOON_NS,
    inquiry="00112233445566778899aabbccddeeff",
    person="joan",
    question="who-saw",
    reason="case 7",
    subject_type="client",
    subjects=("000102030405060708090a0b0c0d0e0f",),
    employee="",
    about="",
    from_ns=NOON_NS - 10**15,
    to_ns=NOON_NS,
    client_address="10.0.0.7",
)

PAIRED = IdentifiersPaired(
    application="sonar",
    wire=5,
    connection=7,
    request_offset=1234,
    at_ns=NOON_NS,
    one_type="client",
    one=bytes(range(16)),
    other_type="bsn",
    other=bytes(range(16, 32)),
    key=1,
    source="rule client_detail",
    ruleset="0123456789abcdef",
)


def view(**fields: object) -> ViewRecorded:
    """``VIEW`` with some fields changed."""
    return msgspec.structs.replace(VIEW, **fields)


def exchange(**fields: object) -> ExchangeRecorded:
    """``EXCHANGE`` with some fields changed."""
    return msgspec.structs.replace(EXCHANGE, **fields)


def ended(**fields: object) -> ConnectionEnded:
    """``ENDED`` with some fields changed."""
    return msgspec.structs.replace(ENDED, **fields)


def gap(**fields: object) -> GapRecorded:
    """``GAP`` with some fields changed."""
    return msgspec.structs.replace(GAP, **fields)


def learned(**fields: object) -> AttributionLearned:
    """``LEARNED`` with some fields changed."""
    return msgspec.structs.replace(LEARNED, **fields)


def paired(**fields: object) -> IdentifiersPaired:
    """``PAIRED`` with some fields changed."""
    return msgspec.structs.replace(PAIRED, **fields)
