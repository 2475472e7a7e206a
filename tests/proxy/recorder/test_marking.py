"""Markers that dead wires left behind become gaps, and are then taken away."""

from __future__ import annotations

from pathlib import Path

from proxy.events import GapKind, GapRecorded
from proxy.recorder.committer import Committer
from proxy.recorder.limits import Limits
from proxy.recorder.marking import Marking
from proxy.taplink import begun, markers
from proxy.taplink.markers import Mark
from tests.support.clocks import ManualClock
from tests.support.journals import MemoryJournal


async def test_marker_is_recorded_once_and_removed_only_when_that_is_on_disk(
    tmp_path: Path,
) -> None:
    """A recorder that dies in between says it again, never not at all."""
    clock, journal = ManualClock(), MemoryJournal()
    committer = Committer(journal, clock, Limits(), lambda _: None)
    marking = Marking(tmp_path, committer, clock)
    markers.write(tmp_path, 5, {"sonar": Mark(since_ns=7, reason="deadline")})

    marking.collect({4})
    marking.collect({4})
    marking.committed()
    before = markers.left_behind(tmp_path, ())
    await committer.commit()
    marking.committed()

    assert before
    assert not markers.left_behind(tmp_path, ())
    (gap,) = journal.events()
    assert isinstance(gap, GapRecorded)
    assert (gap.kind, gap.application, gap.wire, gap.reason, gap.from_ns) == (
        GapKind.GATE_OPENED,
        "sonar",
        5,
        "deadline",
        7,
    )
    committer.close()


def test_recorder_without_a_directory_looks_nowhere() -> None:
    """As in tests of its other parts."""
    committer = Committer(MemoryJournal(), ManualClock(), Limits(), lambda _: None)

    marking = Marking(None, committer, ManualClock())
    marking.collect(())
    marking.committed()

    assert committer.taken == 0
    committer.close()


async def test_wire_that_never_connected_is_a_gap_from_when_it_began(
    tmp_path: Path,
) -> None:
    """Once, and only after the grace in which it may still come."""
    clock, journal = ManualClock(), MemoryJournal()
    committer = Committer(journal, clock, Limits(), lambda _: None)
    marking = Marking(tmp_path, committer, clock, grace=5.0)
    now_ns = clock.wall_ns()
    begun.write(tmp_path, 5, now_ns - 6_000_000_000)
    begun.write(tmp_path, 6, now_ns - 4_000_000_000)

    marking.look(())
    marking.look(())
    await committer.commit()
    marking.committed()
    marking.look(())

    (gap,) = journal.events()
    assert isinstance(gap, GapRecorded)
    assert (gap.kind, gap.wire, gap.reason) == (
        GapKind.WIRE_LOST,
        5,
        "never_connected",
    )
    assert (gap.from_ns, gap.to_ns) == (now_ns - 6_000_000_000, now_ns)
    committer.close()


async def test_wire_that_the_journal_knows_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    """Its file goes once the batch that notes it is on disk, not before."""
    clock = ManualClock()
    committer = Committer(MemoryJournal(), clock, Limits(), lambda _: None)
    marking = Marking(tmp_path, committer, clock)
    begun.write(tmp_path, 5, 1)

    committer.told(5, 7)
    marking.introduced(5)
    marking.committed()
    before = begun.left_behind(tmp_path, (), 2)
    await committer.commit()
    marking.committed()

    assert before == {5: 1}
    assert begun.left_behind(tmp_path, (), 2) == {}
    committer.close()
