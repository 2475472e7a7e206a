"""Markers that dead wires left behind become gaps, and are then taken away."""

from __future__ import annotations

from pathlib import Path

from proxy.events import GapKind, GapRecorded
from proxy.recorder.committer import Committer
from proxy.recorder.limits import Limits
from proxy.recorder.marking import Marking
from proxy.taplink import markers
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
