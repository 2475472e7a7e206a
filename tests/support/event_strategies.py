"""Events of every kind with any values, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

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

_U64 = st.integers(0, 2**64 - 1)
_U32 = st.integers(0, 2**32 - 1)
# What DateTime64(9) holds: 1900 to 2262.
_TIME = st.integers(0, 2**63 - 1)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)

_SMALL = {"wire": _U64, "connection": _U64, "request_offset": _U64}


def _build(
    kind: type[Event], **fields: st.SearchStrategy[object]
) -> st.SearchStrategy[Event]:
    return st.builds(kind, **_SMALL, **fields)


def events() -> st.SearchStrategy[Event]:
    """Any event."""
    st.register_type_strategy(str, _TEXT)
    return st.one_of(
        _build(
            ExchangeRecorded,
            started_ns=_TIME,
            ended_ns=_TIME,
            monotonic_ns=st.integers(-(2**63), 2**63 - 1),
            status=st.integers(0, 2**16 - 1),
            request_bytes=_U64,
            response_bytes=_U64,
            views=_U32,
            context=st.lists(_terms(), max_size=3).map(tuple),
        ),
        _build(
            ViewRecorded,
            started_ns=_TIME,
            subject=st.binary(min_size=16, max_size=16),
            subject_key=_U32,
            position=_U32,
        ),
        _build(
            SessionChanged,
            at_ns=_TIME,
            monotonic_ns=st.integers(-(2**63), 2**63 - 1),
        ),
        st.builds(
            GapRecorded,
            wire=_U64,
            connection=_U64,
            from_ns=_TIME,
            to_ns=_TIME,
            connections=_U64,
            up_bytes=_U64,
            down_bytes=_U64,
        ),
        _build(
            AttributionLearned,
            at_ns=_TIME,
            from_ns=_TIME,
            to_ns=_TIME,
            exchanges=_U64,
        ),
        st.builds(
            ConnectionEnded,
            wire=_U64,
            connection=_U64,
            opened_ns=_TIME,
            ended_ns=_TIME,
            up_bytes=_U64,
            down_bytes=_U64,
        ),
        st.builds(CaptureMade, at_ns=_TIME, uid=_U32, expires_ns=_TIME),
        st.builds(
            InquiryRecorded,
            at_ns=_TIME,
            subjects=st.lists(_TEXT, max_size=3).map(tuple),
            from_ns=_TIME,
            to_ns=_TIME,
        ),
        st.builds(
            SubjectSeen,
            at_ns=_TIME,
            subject=st.binary(min_size=16, max_size=16),
            subject_key=_U32,
            encrypted_id=st.binary(min_size=17, max_size=40),
            recovery_key=_U32,
        ),
        st.builds(
            HeartbeatRecorded,
            at_ns=_TIME,
            wires=_U32,
            connections=_U64,
            exchanges=_U64,
        ),
        _build(
            IdentifiersPaired,
            at_ns=_TIME,
            one=st.binary(min_size=16, max_size=16),
            other=st.binary(min_size=16, max_size=16),
            key=_U32,
        ),
    )


def _terms() -> st.SearchStrategy[object]:
    from proxy.events import ContextTerm

    return st.builds(ContextTerm, key=_U32)
