"""Lines of LDV 1.0.0: every field, nothing of an employee, the same as the store's."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from hypothesis import given

from proxy.events import Actor, Event, ExchangeRecorded, Extraction, ViewRecorded
from proxy.ldv.lines import UNKNOWN_ACTIVITY, Line, Status, line
from proxy.store.client import ClickHouseStore
from proxy.store.investigations import moment
from tests.support.event_strategies import events
from tests.support.office_rows import EVENTS, PERIOD
from tests.support.rows import GAP, HEARTBEAT, LEARNED, SESSION, exchange, view

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLED = {
    "trace_id": TRACE,
    "parent_span": SPAN,
    "processor": "https://intake.example",
}


def made(event: Event, seq: int = 1) -> Line:
    """The line of an event that has one."""
    found = line(event, "n", 7, seq)
    assert found is not None
    return found


def test_each_subject_is_a_line_and_a_child_of_its_exchange() -> None:
    """N subjects, n + 1 lines of one trace; none has two subjects."""
    lines = [
        made(exchange(wire=5)),
        *(made(view(wire=5, position=n), n) for n in (2, 3)),
    ]

    parent, first, second = lines
    assert {each.trace_id for each in lines} == {parent.trace_id}
    assert len({each.span_id for each in lines}) == 3
    assert parent.parent_span_id == b""
    assert first.parent_span_id == second.parent_span_id == parent.span_id
    assert [len(each.trace_id) for each in lines] == [16] * 3
    assert "dpl.core.data_subject_id" not in dict(parent.attributes)
    assert dict(first.attributes) == {
        "dpl.core.processing_activity_id": UNKNOWN_ACTIVITY,
        "dpl.core.data_subject_id": bytes(range(16)).hex(),
        "dpl.core.data_subject_id_type": "client",
        "whosaw.subject_key": "3",
    }


def test_a_trusted_caller_is_named_and_its_trace_goes_on() -> None:
    """Trace id unchanged, its span as the parent, and who it was."""
    parent, child = made(exchange(**CALLED)), made(view(trace_id=TRACE))

    assert parent.trace_id.hex() == child.trace_id.hex() == TRACE
    assert parent.parent_span_id.hex() == SPAN
    assert parent.remote_parent
    assert not child.remote_parent
    processor = dict(parent.attributes)["dpl.core.foreign_operation.processor"]
    assert processor == CALLED["processor"]
    assert "dpl.core.foreign_operation.processor" not in dict(child.attributes)


@pytest.mark.parametrize(
    ("status", "meant", "said"),
    [
        (200, Status.OK, None),
        (304, Status.OK, None),
        (404, Status.UNSET, None),
        (503, Status.ERROR, "HTTP 503"),
        (0, Status.ERROR, "no response"),
    ],
)
def test_only_a_technical_failure_is_an_error(
    status: int, meant: Status, said: str | None
) -> None:
    """And then says which."""
    found = made(exchange(status=status))

    assert found.status is meant
    assert dict(found.attributes).get("exception.message") == said


def test_what_is_no_processing_has_no_line() -> None:
    """Nor has what the rule set ignores; what it cannot read has one."""
    ignored = exchange(rule="", extraction=Extraction.NOTHING_EXPECTED)

    for event in (ignored, SESSION, GAP, LEARNED, HEARTBEAT):
        assert line(event, "n", 7, 1) is None
    assert made(exchange(rule="", extraction=Extraction.UNMAPPED)).name == (
        "handle request"
    )


@given(events())
def test_no_line_tells_of_an_employee(event: Event) -> None:
    """It is the same whoever it was, from wherever, on whatever path."""
    if not isinstance(event, ExchangeRecorded | ViewRecorded):
        return
    other = msgspec.structs.replace(
        event,
        actor=Actor(name="somebody else", session="ff"),
        client_address="192.0.2.9",
    )
    if isinstance(other, ExchangeRecorded):
        other = msgspec.structs.replace(other, path="/elsewhere", method="PUT")

    assert _or_none(event) == _or_none(other)


def _or_none(event: Event) -> Line | None:
    try:
        return line(event, "n", 7, 1)
    except ValueError:  # trace ids that no pipeline makes
        return None


def test_the_store_tells_the_same_lines(office_store: ClickHouseStore) -> None:
    """Ids, parents, status, names, times and attributes; of every row of a period."""
    start, end = PERIOD
    found = office_store.query(
        "SELECT trace_id, span_id, parent_span_id, status, name, start_time, end_time, "
        "resource, attributes FROM ldv_lines(from = {from:String}, to = {to:String}) "
        "ORDER BY seq",
        {"from": moment(start), "to": moment(end)},
    )

    expected = []
    for seq, event in enumerate(EVENTS, 1):
        one = line(event, "n", 1, seq)
        if one is None or not start.timestamp() <= one.start_ns / 1e9 < end.timestamp():
            continue
        expected.append(
            (
                one.trace_id.hex(),
                one.span_id.hex(),
                one.parent_span_id.hex(),
                one.status.value,
                one.name,
                one.start_ns // 10**6,
                one.end_ns // 10**6,
                {
                    "service.name": one.application,
                    "service.instance.id": one.node,
                },
                dict(one.attributes),
            )
        )
    assert found.rows == expected
    assert len(expected) == 7


def test_a_line_is_a_value() -> None:
    """Nothing that makes one can be told from it by accident."""
    assert {each.name for each in dataclasses.fields(Line)} == {
        *("trace_id", "span_id", "parent_span_id", "remote_parent", "status", "name"),
        *("start_ns", "end_ns", "application", "node", "attributes"),
    }
