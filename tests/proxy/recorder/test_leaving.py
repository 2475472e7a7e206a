"""What is told of wires that ended without a goodbye."""

from __future__ import annotations

from proxy.events import GapKind
from proxy.recorder.leaving import of_gone, of_unexpected
from proxy.recorder.source import Source, State

WALL = 1_000_000


def source(*, watermark_ns: int = 0, told_ns: int = 0, missed_ns: int = 0) -> Source:
    """A wire that was connected."""
    made = Source(7, State.LIVE)
    made.wall_ns = WALL
    made.watermark_ns, made.told_ns, made.missed_ns = watermark_ns, told_ns, missed_ns
    return made


def test_killed_wire_leaves_a_gap_from_the_last_it_told_until_it_was_missed() -> None:
    """Also when no connection of it was open: one may have begun since."""
    (gap,) = of_gone(source(watermark_ns=50, missed_ns=WALL + 90), {}, replaying=False)

    assert gap.kind is GapKind.WIRE_LOST
    assert (gap.from_ns, gap.to_ns) == (WALL + 50, WALL + 90)
    assert (gap.wire, gap.connections) == (7, 0)


def test_wire_that_died_while_it_sent_again_is_a_gap_from_what_the_journal_knows() -> (
    None
):
    """Its watermark is about what it sent again, not about what it kept."""
    wire = source(watermark_ns=70, told_ns=WALL + 20, missed_ns=WALL + 90)

    (gap,) = of_gone(wire, {"sonar": [(3, 4), (0, 1)]}, replaying=True)

    assert (gap.from_ns, gap.to_ns) == (WALL + 20, WALL + 90)
    assert (gap.connections, gap.up_bytes, gap.down_bytes) == (2, 3, 5)
    assert gap.application == "sonar"


def test_wire_that_said_goodbye_leaves_no_gap() -> None:
    """Everything was told."""
    wire = source(watermark_ns=50)
    wire.bye = True

    assert of_gone(wire, {}, replaying=False) == []


def test_wire_that_did_not_return_is_a_gap_from_what_the_journal_knows() -> None:
    """Without a note in the journal, from the recorder's last heartbeat."""
    noted, unknown = source(told_ns=WALL + 20), source()
    unknown.done[3] = (10, 10)

    (gap,) = of_unexpected(noted, WALL + 50, WALL + 99)
    assert (gap.from_ns, gap.to_ns) == (WALL + 20, WALL + 99)
    (gap,) = of_unexpected(unknown, WALL + 50, WALL + 99)
    assert (gap.from_ns, gap.connections) == (WALL + 50, 1)
    assert of_unexpected(source(), WALL + 50, WALL + 99) == []
