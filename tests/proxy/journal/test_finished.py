"""Segments that are not written any more."""

from __future__ import annotations

from pathlib import Path

from proxy.journal import Batch, Journal, Limits, layout
from proxy.journal.cursor import Cursor
from proxy.journal.finished import FinishedSegments
from tests.support.clocks import ManualClock


def test_what_an_earlier_process_left_is_known_by_its_spans(tmp_path: Path) -> None:
    """From the names, and from the last entry where an epoch ends."""
    epoch = _three_segments(tmp_path)
    finished = FinishedSegments()

    finished.add_found(layout.segments(tmp_path), following=1)

    assert [*finished.spans()] == [(epoch, 1, 10), (epoch, 11, 20)]
    other = FinishedSegments()
    other.add_found(layout.segments(tmp_path), following=0)
    assert [*other.spans()][-1] == (epoch, 21, 25)
    assert other.bytes > finished.bytes > 0


def test_a_segment_goes_with_its_last_entry_or_with_its_epoch(tmp_path: Path) -> None:
    """Counted to the end, or of an epoch before the cursor's."""
    epoch = _three_segments(tmp_path)
    finished = FinishedSegments()
    finished.add_found(layout.segments(tmp_path), following=0)

    finished.unlink_counted(Cursor(epoch=epoch, shipped=25, counted=19))
    assert [first for _, first, _ in finished.spans()] == [11, 21]
    finished.unlink_counted(Cursor(epoch=epoch - 1, shipped=99, counted=99))
    assert [first for _, first, _ in finished.spans()] == [11, 21]
    finished.unlink_counted(Cursor(epoch=epoch + 1))

    assert [*finished.spans()] == []
    assert layout.segments(tmp_path) == []
    assert finished.bytes == 0
    assert finished.unlinked == 3


def _three_segments(directory: Path) -> int:
    with Journal.open(
        directory, "node", Limits(segment_entries=10), clock=ManualClock()
    ) as journal:
        for _ in range(5):
            journal.commit(Batch(events=[b"x"] * 5))
    return journal.epoch
