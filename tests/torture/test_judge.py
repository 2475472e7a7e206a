"""The judge finds what must not be: otherwise a thousand runs say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from proxy.events import (
    Action,
    Actor,
    Event,
    ExchangeRecorded,
    Extraction,
    GapKind,
    GapRecorded,
    ViewRecorded,
)
from tests.torture.judge import Facts, Row, Verdict, judge
from tests.torture.people import Request
from tests.torture.plan import Fault, Plan, Step

ADDRESS = "127.0.1.1"
KILLED = Step(at=0, lasts=0, fault=Fault.KILL, roles=("wire-0",))
REQUEST = Request(
    number="0-0",
    address=ADDRESS,
    target="/client/view.do?id=900001",
    client="900001",
    begun_ns=1000,
    first_ns=1300,
    ended_ns=2000,
    whole=True,
    status=200,
)


def plan(*steps: Step, closed: bool = True) -> Plan:
    """A run of one wire."""
    return Plan(
        seed=1,
        wires=1,
        desks=1,
        seconds=1,
        closed=closed,
        segment_kib=64,
        steps=steps,
    )


def exchange(offset: int = 0) -> ExchangeRecorded:
    """The exchange of ``REQUEST``."""
    return ExchangeRecorded(
        application="vesta",
        wire=7,
        connection=1,
        request_offset=offset,
        started_ns=1100,
        ended_ns=1250,
        monotonic_ns=1100,
        method="GET",
        path="/client/view.do",
        rule="client_view",
        status=200,
        request_bytes=50,
        response_bytes=900,
        content_type="text/html",
        client_address=ADDRESS,
        actor=Actor(),
        extraction=Extraction.RECORDED,
        extraction_reason="",
        views=1,
        ruleset="",
    )


def view(subject: bytes = b"900001") -> ViewRecorded:
    """Its view."""
    return ViewRecorded(
        application="vesta",
        wire=7,
        connection=1,
        request_offset=0,
        started_ns=1100,
        client_address=ADDRESS,
        actor=Actor(),
        subject_type="client",
        subject=subject,
        subject_key=1,
        action=Action.VIEW,
        rule="client_view",
        categories=(),
        position=0,
        ruleset="",
    )


def gap(kind: GapKind, from_ns: int, to_ns: int, *, connection: int = 0) -> GapRecorded:
    """A gap of the wire, or of a connection of ``ADDRESS``."""
    return GapRecorded(
        application="vesta",
        wire=7,
        connection=connection,
        kind=kind,
        reason="",
        intended=False,
        from_ns=from_ns,
        to_ns=to_ns,
        connections=1,
        up_bytes=50,
        down_bytes=0,
        client_address=ADDRESS if connection else "",
    )


def judged(
    *events: Event,
    rows: list[Row] | None = None,
    of: Plan | None = None,
    request: Request = REQUEST,
    sent: Mapping[str, int] | None = None,
) -> Verdict:
    """The verdict over one served request and these events."""
    return judge(
        Facts(
            plan=of or plan(),
            requests=[request],
            served={request.number: 1150},
            events={(1, seq): event for seq, event in enumerate(events, 1)},
            rows=[("t", 1, seq) for seq in range(1, len(events) + 1)]
            if rows is None
            else rows,
            bytes_up={ADDRESS: 50} if sent is None else sent,
            subject=str.encode,
        )
    )


def test_what_was_served_recorded_and_stored_once_is_clean() -> None:
    """No false alarm."""
    assert judged(exchange(), view()).clean


def test_a_committed_row_that_is_not_stored_is_lost() -> None:
    """The store lacks the view."""
    assert judged(exchange(), view(), rows=[("exchanges", 1, 1)]).lost == 1


def test_a_row_that_is_stored_twice_is_a_duplicate() -> None:
    """The same place in the journal, twice in the store."""
    rows = [("exchanges", 1, 1), ("views", 1, 2), ("views", 1, 2)]

    assert judged(exchange(), view(), rows=rows).duplicates == 1


def test_an_exchange_that_is_recorded_twice_is_a_duplicate() -> None:
    """By its identity, and by the page that was asked for once."""
    verdict = judged(exchange(), view(), exchange(), view())

    assert verdict.duplicates == 2


@pytest.mark.parametrize("events", [(), (exchange(),)])
def test_a_page_without_its_view_is_unexplained(events: tuple[Event, ...]) -> None:
    """No row at all, or only that there was an exchange."""
    assert judged(*events, sent={}).unexplained == 1


def test_a_view_nobody_asked_for_is_unexplained() -> None:
    """It would accuse somebody."""
    assert judged(exchange(), view(), view(b"900002")).unexplained == 1


@pytest.mark.parametrize(
    ("found", "steps", "unexplained"),
    [
        (gap(GapKind.SHED, 900, 1200, connection=1), (), 0),
        (gap(GapKind.SHED, 2100, 2200, connection=1), (), 1),
        (gap(GapKind.WIRE_LOST, 900, 1200), (KILLED,), 0),
        (gap(GapKind.WIRE_LOST, 900, 999), (KILLED,), 1),
        (gap(GapKind.UNCLEAN_STOP, 900, 1200), (KILLED,), 0),
        (gap(GapKind.UNCLEAN_STOP, 900, 1200), (), 1),
        (gap(GapKind.GATE_OPENED, 900, 1200), (KILLED,), 1),
    ],
)
def test_a_gap_explains_what_it_is_about(
    found: GapRecorded, steps: tuple[Step, ...], unexplained: int
) -> None:
    """Its address or its wire, its time, and a stop only when wires died."""
    assert judged(found, of=plan(*steps), sent={}).unexplained == unexplained


def test_bytes_that_do_not_add_up_are_unexplained() -> None:
    """51 bytes were sent, 50 are told."""
    assert judged(exchange(), view(), sent={ADDRESS: 51}).unexplained == 1


@pytest.mark.parametrize(("closed", "violations"), [(True, 1), (False, 0)])
def test_a_page_before_its_commit_is_a_violation_unless_a_gap_says_so(
    closed: bool, violations: int
) -> None:
    """With ``closed`` no gap excuses it."""
    request = Request(
        number="0-0",
        address=ADDRESS,
        target="/client/view.do?id=900001",
        client="900001",
        begun_ns=1000,
        first_ns=1300,
        ended_ns=2000,
        whole=True,
        status=200,
        committed=False,
    )
    opened = gap(GapKind.GATE_OPENED, 1200, 1250)

    verdict = judged(
        exchange(), view(), opened, of=plan(closed=closed), request=request, sent={}
    )

    assert verdict.gate == violations
    assert judged(exchange(), view(), request=request).gate == 1


@pytest.mark.parametrize(
    ("closed", "connection", "violations"), [(False, 1, 0), (False, 0, 1), (True, 1, 1)]
)
def test_a_page_of_a_connection_that_is_a_gap_is_let_through_when_open(
    closed: bool, connection: int, violations: int
) -> None:
    """A gap of the whole wire says nothing about a page; ``closed`` shows none."""
    request = replace(REQUEST, committed=False)
    lost = gap(GapKind.WIRE_LOST, 900, 2000, connection=connection)

    verdict = judged(lost, of=plan(KILLED, closed=closed), request=request, sent={})

    assert verdict.gate == violations
