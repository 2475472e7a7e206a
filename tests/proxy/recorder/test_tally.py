"""Counts behind the shares on a board."""

from __future__ import annotations

import json

from proxy.events import GapKind
from proxy.recorder.gaps import of_time
from proxy.recorder.tally import Tally
from tests.support.rows import exchange, view


def test_events_are_counted_by_what_a_board_asks() -> None:
    """Application, extraction and strength; action; kind of gap."""
    tally = Tally()
    for event in (exchange(), exchange(), view(), of_time(GapKind.SHED, "x", 1, 2)):
        tally.add(event)

    figures = tally.figures()

    assert [row[-1] for row in figures["exchanges_by"]] == [2]  # type: ignore[attr-defined]
    assert [row[-1] for row in figures["views_by"]] == [1]  # type: ignore[attr-defined]
    assert figures["gaps_by"] == [["", "shed", False, 1]]


def test_no_name_and_no_client_is_in_the_figures() -> None:
    """Metrics are read by people who may not see persons."""
    tally = Tally()
    tally.add(exchange())
    tally.add(view())

    said = json.dumps(tally.figures())

    assert exchange().actor.name
    assert exchange().actor.name not in said
    assert view().subject.hex() not in said
