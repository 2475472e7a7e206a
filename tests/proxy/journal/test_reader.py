"""The reading side of the journal."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from typing_extensions import override

from proxy.journal import (
    Batch,
    Entry,
    Journal,
    JournalFailed,
    JournalReader,
    Limits,
    SegmentDamaged,
)
from proxy.journal.cursor import CURSOR, Cursor, save
from proxy.journal.layout import SegmentName
from tests.support.clocks import ManualClock
from tests.support.journal_entries import assert_gapless, everything


def test_a_journal_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    """The shipper may start first."""
    reader = JournalReader(tmp_path / "absent")

    assert reader.tail() == (0, 0)
    assert reader.epochs() == []
    assert reader.read(1, 0, 10) == []
    assert reader.node(1) == ""
    assert reader.last_seq(1) == 0


def test_reading_crosses_segments_and_stops_at_its_bounds(tmp_path: Path) -> None:
    """Rows and bytes are bounded; what was asked for begins after a number."""
    with _journal(tmp_path, segment_entries=10) as journal:
        for n in range(1, 36):
            journal.commit(Batch(events=[b"%03d" % n]))
        reader = JournalReader(tmp_path)

        assert reader.tail() == (journal.epoch, 35)
        assert [*range(8, 23)] == [e.seq for e in reader.read(journal.epoch, 7, 15)]
        assert reader.read(journal.epoch, 33, 100) == [
            Entry(34, b"034"),
            Entry(35, b"035"),
        ]
        assert len(reader.read(journal.epoch, 0, 100, max_bytes=60)) == 20
        assert reader.read(journal.epoch, 35, 100) == []
        assert reader.read(journal.epoch + 1, 0, 100) == []


def test_what_is_committed_is_seen_while_the_writer_lives(tmp_path: Path) -> None:
    """No copy, no close, no waiting for a checkpoint."""
    with _journal(tmp_path) as journal:
        reader = JournalReader(tmp_path)
        for n in range(1, 5):
            journal.commit(Batch(events=[b"x"]))

            assert reader.tail() == (journal.epoch, n)
            assert len(reader.read(journal.epoch, 0, 10)) == n


def test_older_epochs_come_first(tmp_path: Path) -> None:
    """A fresh epoch does not hide what an old one still holds."""
    with _journal(tmp_path) as journal:
        journal.commit(Batch(events=[b"old"]))
        journal._rotate(journal.epoch + 5, 1)
        journal.commit(Batch(events=[b"new"]))
        reader = JournalReader(tmp_path)

        old, new = reader.epochs()

        assert reader.read(old, 0, 10) == [Entry(1, b"old")]
        assert reader.read(new, 0, 10) == [Entry(1, b"new")]
        assert reader.tail() == (new, 1)


def test_reading_during_rotation_and_unlinking_misses_nothing(tmp_path: Path) -> None:
    """A reader that follows while segments come and go sees each entry once."""
    total = 1500
    with _journal(tmp_path, segment_entries=20, upkeep_seconds=0.001) as journal:
        reader = JournalReader(tmp_path)
        seen: list[Entry] = []

        def follow() -> None:
            while len(seen) < total:
                try:
                    seen.extend(
                        reader.read(journal.epoch, seen[-1].seq if seen else 0, 70)
                    )
                except JournalFailed:
                    continue
                if seen:
                    save(
                        tmp_path / CURSOR,
                        Cursor(
                            epoch=journal.epoch,
                            shipped=seen[-1].seq,
                            counted=seen[-1].seq,
                        ),
                    )

        thread = threading.Thread(target=follow)
        thread.start()
        for n in range(0, total, 3):
            journal.commit(Batch(events=[b"%d" % (n + i + 1) for i in range(3)]))
        thread.join(60)

        assert [Entry(n, b"%d" % n) for n in range(1, total + 1)] == seen
        assert journal.unlinked > 0


def test_a_segment_unlinked_since_it_was_listed_is_passed_over(tmp_path: Path) -> None:
    """It was counted, or it would be there."""
    with _journal(tmp_path, segment_entries=5) as journal:
        for n in range(1, 13):
            journal.commit(Batch(events=[b"%d" % n]))
        reader = _Late(tmp_path)
        reader.gone = []
        reader.gone = [reader.segments()[0]]

        entries = reader.read(journal.epoch, 0, 100)

        assert [e.seq for e in entries] == [6, 7, 8, 9, 10, 11, 12]


def test_a_hole_between_segments_ends_a_read(tmp_path: Path) -> None:
    """A run is consecutive: what follows a hole is the next read's."""
    with _journal(tmp_path, segment_entries=5) as journal:
        for n in range(1, 16):
            journal.commit(Batch(events=[b"%d" % n]))
        reader = JournalReader(tmp_path)
        reader.segments()[1].path.unlink()

        assert [e.seq for e in reader.read(journal.epoch, 0, 100)] == [1, 2, 3, 4, 5]
        assert reader.read(journal.epoch, 5, 100)[0].seq == 11


def test_entries_around_a_damaged_page_are_read_and_the_rest_named(
    tmp_path: Path,
) -> None:
    """Damage costs the entries on the page, and says which those are."""
    with _journal(tmp_path, segment_entries=200) as journal:
        journal.commit(Batch(events=[b"%04d" % n * 100 for n in range(1, 201)]))
        journal.commit(Batch(events=[b"last"]))
    path = JournalReader(tmp_path).segments()[0].path
    with path.open("r+b") as file:
        file.seek(4096 * 12)
        file.write(b"\x00" * 4096)
    reader = JournalReader(tmp_path)

    seen: list[int] = []
    lost: list[int] = []
    while (after := max([0, *seen, *lost])) < 201:
        try:
            seen += [e.seq for e in reader.read(journal.epoch, after, 1000)]
        except SegmentDamaged as damaged:
            lost += range(damaged.first, damaged.last + 1)

    assert sorted(seen + lost) == [*range(1, 202)]
    assert 1 <= len(lost) <= 20


def test_a_finished_segment_that_is_no_database_is_named_whole(tmp_path: Path) -> None:
    """Its bounds follow from the names."""
    with _journal(tmp_path, segment_entries=5) as journal:
        for n in range(1, 13):
            journal.commit(Batch(events=[b"%d" % n]))
    reader = JournalReader(tmp_path)
    reader.segments()[1].path.write_bytes(b"no database" * 1000)

    assert len(reader.read(journal.epoch, 0, 100)) == 5
    with pytest.raises(SegmentDamaged) as raised:
        reader.read(journal.epoch, 5, 100)

    assert (raised.value.first, raised.value.last) == (6, 10)
    assert [e.seq for e in reader.read(journal.epoch, 10, 100)] == [11, 12]


def test_damage_without_a_known_end_waits_for_the_recorder(tmp_path: Path) -> None:
    """Only the recorder may set the newest segment aside."""
    with _journal(tmp_path) as journal:
        journal.commit(Batch(events=[b"x"]))
    reader = JournalReader(tmp_path)
    reader.segments()[0].path.write_bytes(b"no database" * 1000)

    with pytest.raises(JournalFailed, match="damaged"):
        reader.read(journal.epoch, 0, 100)


def test_finished_segments_are_single_files(tmp_path: Path) -> None:
    """A reader of one leaves no file behind beside it."""
    with _journal(tmp_path, segment_entries=5) as journal:
        for n in range(1, 13):
            journal.commit(Batch(events=[b"%d" % n]))
        journal._keep_up()

        assert_gapless(everything(tmp_path)[journal.epoch])

    finished = [s.path.name for s in JournalReader(tmp_path).segments()[:-1]]
    names = [path.name for path in tmp_path.iterdir()]
    assert [n for n in names if n.startswith(tuple(finished))] == sorted(
        finished, key=names.index
    )


def _journal(directory: Path, **limits: float) -> Journal:
    return Journal.open(
        directory,
        "node",
        Limits(**limits),  # type: ignore[arg-type]
        clock=ManualClock(),
    )


class _Late(JournalReader):
    """Lists segments that have gone meanwhile."""

    gone: list[SegmentName]

    @override
    def segments(self) -> list[SegmentName]:
        listed = super().segments()
        for name in self.gone:
            name.path.unlink(missing_ok=True)
        return listed
