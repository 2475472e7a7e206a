"""In shadow nothing of persons is left of any event."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given

from proxy import events
from proxy.events import Event, ExchangeRecorded, encode
from proxy.shadow import without_persons
from tests.support.event_strategies import events as any_event
from tests.support.rows import exchange


def kinds() -> Iterator[type]:
    """Every kind of event there is."""
    yield from events.Event.__args__


@given(any_event())
def test_no_account_address_session_or_subject_is_left(event: Event) -> None:
    """Whatever the event is."""
    left = without_persons(event)

    if left is None:
        return
    for name in (
        *("subject", "one", "other", "previous", "context"),
        *("trace_id", "parent_span", "processor"),
    ):
        assert not getattr(left, name, None)
    assert not getattr(left, "client_address", "")
    actor = getattr(left, "actor", None)
    if actor is not None:
        assert (actor.name, actor.on_wire, actor.binding, actor.session) == ("",) * 4


def test_what_tells_about_pages_is_left() -> None:
    """The page, its bytes, how it was read, and how well somebody would be known."""
    before = exchange()

    left = without_persons(before)

    assert isinstance(left, ExchangeRecorded)
    for name in (
        *("path", "rule", "status", "request_bytes", "response_bytes", "views"),
        *("extraction", "extraction_reason", "ruleset", "started_ns"),
    ):
        assert getattr(left, name) == getattr(before, name)
    assert left.actor.strength is before.actor.strength
    assert left.actor.scheme == before.actor.scheme


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_a_field_that_is_added_is_thought_of(kind: type) -> None:
    """A kind of event, or a field of one, that this test does not know fails it: say
    in ``proxy.shadow`` what becomes of it, then here."""
    known = {
        "ExchangeRecorded": 25,
        "GapRecorded": 12,
        "ConnectionEnded": 9,
        "HeartbeatRecorded": 4,
        "CaptureMade": 7,
        "ViewRecorded": None,
        "SessionChanged": None,
        "AttributionLearned": None,
        "IdentifiersPaired": None,
        "SubjectSeen": None,
        "InquiryRecorded": None,
    }

    fields = known[kind.__name__]

    if fields is not None:
        assert len(msgspec.structs.fields(kind)) == fields


def test_what_is_left_can_be_encoded() -> None:
    """As any event."""
    left = without_persons(exchange())

    assert left is not None
    assert b"jansen" not in encode(left)
