"""The wires as the recorder knows them."""

from __future__ import annotations

import pytest

from proxy.recorder.source import Source, Sources, State


def sources(*states: tuple[State, int]) -> Sources:
    """Wires in these states, with these watermarks."""
    found = Sources()
    for boot, (state, watermark_ns) in enumerate(states):
        found[boot] = Source(boot, state)
        found[boot].watermark_ns = watermark_ns
    found.high_ns = 99
    return found


def test_the_slowest_wire_decides_how_far_all_have_told() -> None:
    """A wire that is expected has told nothing; without wires nobody is behind."""
    assert sources((State.LIVE, 7), (State.LIVE, 5)).low_ns() == 5
    assert sources((State.LIVE, 7), (State.EXPECTED, 0)).low_ns() == 0
    assert sources().low_ns() == 99


@pytest.mark.parametrize(
    ("state", "patient"),
    [
        (State.EXPECTED, True),
        (State.REPLAYING, True),
        (State.LIVE, False),
        (State.DETACHED, False),
    ],
)
def test_patience_is_for_wires_whose_past_is_not_in_yet(
    state: State, patient: bool
) -> None:
    """A wire that broke off had told what it had; one that replays has not."""
    assert patient == sources((State.LIVE, 7), (state, 5)).patient
