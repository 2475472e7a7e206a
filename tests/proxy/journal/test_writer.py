"""The writing side of the journal."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.journal import (
    Batch,
    Journal,
    JournalBusy,
    JournalFailed,
    JournalFull,
    JournalReader,
    Limits,
)
from proxy.journal.cursor import CURSOR, Cursor, save
from proxy.journal.model import failure
from tests.support.clocks import ManualClock
from tests.support.journal_entries import assert_gapless, everything
from tests.support.waiting import until

BIG = 1 << 63 | 5
"""A wire boot id that does not fit a signed 64 bit number."""


DEFAULTS = Limits()


def opened(
    directory: Path, limits: Limits = DEFAULTS, clock: ManualClock | None = None
) -> Journal:
    """The journal in this directory, with a clock that stands still."""
    return Journal.open(directory, "node", limits, clock=clock or ManualClock())


def events(first: int, count: int) -> list[bytes]:
    """Bodies that tell their sequence number."""
    return [b"event %d" % n for n in range(first, first + count)]


def test_a_committed_batch_is_there_after_opening_again(tmp_path: Path) -> None:
    """Events, sessions, progress and heartbeat survive as one."""
    with opened(tmp_path / "j") as journal:
        epoch = journal.epoch
        last = journal.commit(
            Batch(
                events=events(1, 3),
                sessions={b"key": b"session"},
                progress={(BIG, 7): (100, 2000)},
                heartbeat_ns=42,
            )
        )

    with opened(tmp_path / "j") as again:
        assert (3, 3, epoch) == (last, again.last_seq, again.epoch)
        assert again.sessions() == {b"key": b"session"}
        assert again.progress() == {(BIG, 7): (100, 2000)}
        assert again.last_heartbeat_ns == 42
        assert again.stopped_cleanly
        assert again.set_aside == []
    assert events(1, 3) == [e.body for e in everything(tmp_path / "j")[epoch]]


def test_none_removes_a_session_and_the_progress_of_a_connection(
    tmp_path: Path,
) -> None:
    """State shrinks as well as grows."""
    with opened(tmp_path) as journal:
        journal.commit(
            Batch(sessions={b"a": b"1", b"b": b"2"}, progress={(1, 1): (1, 1)})
        )

        journal.commit(Batch(sessions={b"a": None}, progress={(1, 1): None}))

        assert journal.sessions() == {b"b": b"2"}
        assert journal.progress() == {}


def test_an_empty_batch_writes_nothing(tmp_path: Path) -> None:
    """A group commit with nothing in it costs no sync and no number."""
    with opened(tmp_path) as journal:
        assert journal.commit(Batch()) == 0
        assert journal.last_seq == 0


def test_a_stop_without_close_is_told_with_the_last_heartbeat(tmp_path: Path) -> None:
    """The recorder records a gap from there."""
    journal = opened(tmp_path)
    journal.heartbeat(1234)
    _abandon(journal)

    with opened(tmp_path) as again:
        assert not again.stopped_cleanly
        assert again.last_heartbeat_ns == 1234
    with opened(tmp_path) as after:
        assert after.stopped_cleanly


def test_a_new_journal_stopped_cleanly(tmp_path: Path) -> None:
    """There was nobody before who could have crashed."""
    with opened(tmp_path) as journal:
        assert journal.stopped_cleanly
        assert journal.last_heartbeat_ns == 0


def test_a_failed_commit_changes_nothing_and_can_be_tried_again(
    tmp_path: Path,
) -> None:
    """A full disk: sequence, sessions and progress are as before."""
    with opened(tmp_path) as journal:
        journal.commit(Batch(events=events(1, 2), sessions={b"k": b"before"}))
        _limit_pages(journal, 12)
        batch = Batch(
            events=[b"x" * 100_000],
            sessions={b"k": b"after"},
            progress={(1, 1): (5, 5)},
        )

        with pytest.raises(JournalFull):
            journal.commit(batch)

        assert journal.last_seq == 2
        assert journal.sessions() == {b"k": b"before"}
        assert journal.progress() == {}
        assert journal.failed_commits == 1
        # The limit was the connection's, and a failed commit opens a new one.
        assert journal.commit(batch) == 3
        assert journal.sessions() == {b"k": b"after"}
    assert_gapless(everything(tmp_path)[journal.epoch])


def test_a_commit_that_failed_and_is_on_disk_is_not_written_twice(
    tmp_path: Path,
) -> None:
    """A sync may fail after the log was written: the disk is asked, not memory."""
    with opened(tmp_path) as journal:
        journal.commit(Batch(events=events(1, 2)))
        batch = Batch(events=events(3, 2))
        with sqlite3.connect(journal._path) as other:
            other.executemany(
                "INSERT INTO entries VALUES(?, ?)", enumerate(batch.events, 3)
            )
        other.close()
        with pytest.raises(JournalFailed, match="UNIQUE"):
            journal.commit(batch)

        last = journal.commit(batch)

        assert last == 4
        assert journal.commit(Batch(events=events(5, 1))) == 5
    assert events(1, 5) == [e.body for e in everything(tmp_path)[journal.epoch]]


def test_only_one_process_writes(tmp_path: Path) -> None:
    """The second is told which process holds the journal."""
    with (
        opened(tmp_path),
        pytest.raises(JournalBusy, match=r"in use by process \d+"),
    ):
        opened(tmp_path)

    with opened(tmp_path):
        pass


def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    """Directory 0700, files 0600, whatever the umask and what was there."""
    directory = tmp_path / "j"
    directory.mkdir(mode=0o755)

    with opened(directory) as journal:
        journal.commit(Batch(events=events(1, 1)))

        assert directory.stat().st_mode & 0o777 == 0o700
        assert {0o600} == {p.stat().st_mode & 0o777 for p in directory.iterdir()}


def test_a_full_segment_is_followed_by_one_with_the_same_state(tmp_path: Path) -> None:
    """Numbers go on; sessions and progress come along; no entry is lost."""
    with opened(tmp_path, Limits(segment_entries=10)) as journal:
        journal.commit(Batch(sessions={b"k": b"s"}, progress={(BIG, 1): (1, 2)}))
        for n in range(25):
            journal.commit(Batch(events=events(n + 1, 1)))

        assert journal.rotations == 2
        assert journal.sessions() == {b"k": b"s"}
        assert journal.progress() == {(BIG, 1): (1, 2)}
        assert [s.first for s in JournalReader(tmp_path).segments()] == [1, 11, 21]
        assert_gapless(everything(tmp_path)[journal.epoch])
    with opened(tmp_path) as again:
        assert again.last_seq == 25
        assert again.sessions() == {b"k": b"s"}


def test_bytes_fill_a_segment_too(tmp_path: Path) -> None:
    """The bound in bytes, shrunk."""
    with opened(tmp_path, Limits(segment_bytes=1000)) as journal:
        for _ in range(4):
            journal.commit(Batch(events=[b"x" * 600]))

        assert journal.rotations == 1


def test_progress_of_wires_that_are_gone_goes_at_rotation(tmp_path: Path) -> None:
    """Otherwise it would grow with every restart of a wire."""
    with opened(tmp_path, Limits(segment_entries=1)) as journal:
        journal.commit(
            Batch(events=events(1, 1), progress={(BIG, 1): (1, 1), (2, 1): (1, 1)})
        )
        journal.keep_boots([BIG])

        journal.commit(Batch(events=events(2, 1)))

        assert journal.progress() == {(BIG, 1): (1, 1)}


def test_a_segment_is_unlinked_once_counted_and_not_before(tmp_path: Path) -> None:
    """Shipped is not enough; the segment being written always stays."""
    limits = Limits(segment_entries=10, upkeep_seconds=0.01)
    with opened(tmp_path, limits) as journal:
        for n in range(3):
            journal.commit(Batch(events=events(n * 10 + 1, 10)))
        reader = JournalReader(tmp_path)
        save(tmp_path / CURSOR, Cursor(epoch=journal.epoch, shipped=30, counted=19))
        until(lambda: journal.unlinked == 1, "the first segment is unlinked")
        assert [s.first for s in reader.segments()] == [11, 21]

        save(tmp_path / CURSOR, Cursor(epoch=journal.epoch, shipped=30, counted=30))

        until(lambda: journal.unlinked == 2, "the second segment is unlinked")
        assert [s.first for s in reader.segments()] == [21]
        assert (journal.fill().entries, journal.fill().unshipped) == (10, 0)


def test_a_damaged_cursor_keeps_everything(tmp_path: Path) -> None:
    """Nothing is unlinked on the word of a file that cannot be read."""
    limits = Limits(segment_entries=1, upkeep_seconds=0.01)
    (tmp_path / CURSOR).write_bytes(b'{"epoch": 99')
    with opened(tmp_path, limits) as journal:
        for n in range(3):
            journal.commit(Batch(events=events(n + 1, 1)))
        journal._keep_up()

        assert journal.unlinked == 0
        assert journal.fill().unshipped == 3


def test_the_bound_on_bytes_stops_commits_until_the_store_has_caught_up(
    tmp_path: Path,
) -> None:
    """A full journal says so, loses nothing, and recovers without a restart."""
    limits = Limits(segment_bytes=50_000, total_bytes=600_000)
    with opened(tmp_path, limits) as journal:
        with pytest.raises(JournalFull, match="may hold 600000"):
            _commit_for_ever(journal)
        held = journal.last_seq
        assert journal.fill().bytes <= 600_000 + 2 * limits.segment_bytes
        assert journal.failed_commits == 1

        save(tmp_path / CURSOR, Cursor(epoch=journal.epoch, shipped=held, counted=held))

        assert journal.commit(Batch(events=[b"x" * 5000])) == held + 1


def test_a_log_larger_than_the_bound_is_folded_in_before_anything_is_refused(
    tmp_path: Path,
) -> None:
    """It is kept for the next commits, and no shipping would ever shrink it: small
    commits write whole pages."""
    limits = Limits(segment_bytes=50_000, total_bytes=600_000, upkeep_seconds=3600)
    with opened(tmp_path, limits) as journal:
        little = Batch(events=[b"x" * 300], sessions={b"k": b"s" * 99})
        with pytest.raises(JournalFull):
            _commit_for_ever(journal, little)
        held = journal.last_seq
        save(tmp_path / CURSOR, Cursor(epoch=journal.epoch, shipped=held, counted=held))

        def taken() -> bool:
            with contextlib.suppress(JournalFull):
                return journal.commit(Batch(events=[b"again"])) == held + 1
            return False

        until(taken, "there is room again")


def test_a_journal_that_ends_while_it_refuses_did_not_stop_cleanly(
    tmp_path: Path,
) -> None:
    """The time without room is then the gap of whoever opens it next."""
    limits = Limits(segment_bytes=50_000, total_bytes=600_000)
    with opened(tmp_path, limits) as journal, pytest.raises(JournalFull):
        _commit_for_ever(journal)

    with opened(tmp_path, limits) as again:
        assert not again.stopped_cleanly
        again.commit(Batch(heartbeat_ns=1))

    with opened(tmp_path, limits) as once_more:
        assert once_more.stopped_cleanly


def test_want_of_room_is_told_however_the_system_says_it(tmp_path: Path) -> None:
    """SQLite's own word, the file system's, and a quota."""
    sqlite_full = sqlite3.OperationalError("database or disk is full")
    sqlite_full.sqlite_errorcode = sqlite3.SQLITE_FULL

    told = [
        failure(tmp_path, "a commit failed", problem)
        for problem in (
            sqlite_full,
            OSError(errno.ENOSPC, "No space left on device"),
            OSError(errno.EDQUOT, "Disk quota exceeded"),
            OSError(errno.EIO, "Input/output error"),
            sqlite3.OperationalError("disk I/O error"),
        )
    ]

    assert [type(each) for each in told] == [JournalFull] * 3 + [JournalFailed] * 2


def test_the_log_is_folded_in_beside_the_commits(tmp_path: Path) -> None:
    """It never grows far beyond its bound."""
    limits = Limits(checkpoint_bytes=50_000, wal_bytes=400_000)
    with opened(tmp_path, limits) as journal:
        wal = journal._path.with_name(journal._path.name + "-wal")
        largest = 0
        for n in range(300):
            journal.commit(Batch(events=[b"%04d" % n * 1000]))
            largest = max(largest, wal.stat().st_size)

        assert largest < 1_000_000


def test_a_commit_folds_the_log_in_itself_when_the_thread_is_late(
    tmp_path: Path,
) -> None:
    """The bound holds without the thread, at the price of a pause."""
    limits = Limits(checkpoint_bytes=1 << 40, wal_bytes=100_000)
    with opened(tmp_path, limits) as journal:
        for n in range(100):
            journal.commit(Batch(events=[b"%04d" % n * 1000]))

        assert journal.pauses > 0
        wal = journal._path.with_name(journal._path.name + "-wal")
        assert wal.stat().st_size < 300_000


def test_a_log_pinned_by_a_reader_ends_its_segment(tmp_path: Path) -> None:
    """A reader that hangs in a transaction cannot make the log grow for ever."""
    limits = Limits(checkpoint_bytes=1 << 40, wal_bytes=100_000)
    with opened(tmp_path, limits) as journal:
        journal.commit(Batch(events=[b"x"]))
        reader = sqlite3.connect(journal._path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchone()
        try:
            for _ in range(100):
                journal.commit(Batch(events=[b"x" * 4000]))
        finally:
            reader.close()

        assert journal.rotations > 0
        assert_gapless(everything(tmp_path)[journal.epoch])


def test_another_node_name_begins_another_epoch_and_keeps_the_sessions(
    tmp_path: Path,
) -> None:
    """Identity is (node, epoch, sequence): an epoch belongs to one node."""
    with opened(tmp_path) as journal:
        first = journal.epoch
        journal.commit(Batch(events=events(1, 2), sessions={b"k": b"s"}))

    with Journal.open(tmp_path, "other", clock=ManualClock()) as renamed:
        assert renamed.epoch > first
        assert renamed.last_seq == 0
        assert renamed.sessions() == {b"k": b"s"}
        renamed.commit(Batch(events=events(1, 1)))

        reader = JournalReader(tmp_path)
        assert [reader.node(epoch) for epoch in reader.epochs()] == ["node", "other"]
        assert renamed.fill().entries == 3


def test_an_epoch_is_newer_than_any_seen_even_when_the_clock_went_back(
    tmp_path: Path,
) -> None:
    """A reused epoch would make the store drop new rows as seen before."""
    clock = ManualClock()
    now_ms = clock.wall // 1_000_000
    save(tmp_path / CURSOR, Cursor(epoch=now_ms + 50, shipped=10, counted=10))

    with opened(tmp_path, clock=clock) as journal:
        assert journal.epoch == now_ms + 51


def test_threads_take_turns(tmp_path: Path) -> None:
    """Every commit of every thread is there, gapless."""
    with opened(tmp_path, Limits(segment_entries=50)) as journal:

        def work(thread: int) -> None:
            for n in range(40):
                journal.commit(Batch(events=[b"%d/%d" % (thread, n)] * 2))

        threads = [threading.Thread(target=work, args=(t,)) for t in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert journal.last_seq == 240
    assert_gapless(everything(tmp_path)[journal.epoch])


def test_close_twice_is_fine(tmp_path: Path) -> None:
    """Closing is what every way out does."""
    journal = opened(tmp_path)

    journal.close()
    journal.close()


@settings(max_examples=15, deadline=None)
@given(
    batches=st.lists(st.lists(st.binary(max_size=50), max_size=8), max_size=20),
    segment_entries=st.integers(1, 12),
)
def test_whatever_is_committed_is_read_back_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[list[bytes]],
    segment_entries: int,
) -> None:
    """Any batches, any segment size."""
    directory = tmp_path_factory.mktemp("journal")

    with opened(directory, Limits(segment_entries=segment_entries)) as journal:
        for batch in batches:
            journal.commit(Batch(events=batch))

    read = everything(directory)[journal.epoch]
    assert [body for batch in batches for body in batch] == [e.body for e in read]
    assert_gapless(read)


def _abandon(journal: Journal) -> None:
    """Leave as a crash does: no mark, the lock gone with the process."""
    journal._upkeep.stop()
    journal._connection.close()
    journal._closed = True
    os.close(journal._lock_file)


def _commit_for_ever(journal: Journal, batch: Batch | None = None) -> None:
    batch = batch or Batch(events=[b"x" * 5000])
    while True:
        journal.commit(batch)


def _limit_pages(journal: Journal, pages: int) -> None:
    journal._connection.execute(f"PRAGMA max_page_count={pages}")
