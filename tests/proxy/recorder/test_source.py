"""The wires as the recorder knows them."""

from __future__ import annotations

import pytest

from proxy.exchange.limits import Limits
from proxy.recorder.connection import Connection
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


def test_wire_has_told_until_its_watermark_when_everything_is_decided() -> None:
    """A connection in the middle of something counts as of when it was at rest."""
    source = Source(1, State.LIVE)
    source.wall_ns, source.watermark_ns = 1_000_000, 500
    connection = Connection(Nobody(), source, 3, None, 100, Limits())
    connection.start(0, 0)
    source.connections[3] = connection

    assert source.tell() == 1_000_500
    connection.data(True, 0, 700, b"GET / HT")
    source.watermark_ns = 900
    assert source.tell() == 1_000_500
    source.state = State.REPLAYING
    source.watermark_ns = 0
    assert source.tell() == 1_000_500


class Nobody:
    """Owns a connection of which nothing is decided."""

    def exchange(self, *_: object, **__: object) -> None:
        """Not called."""

    gap = over = forget = acknowledge = exchange

    def stream(self, *_: object) -> None:
        """Nobody reads what is large."""
