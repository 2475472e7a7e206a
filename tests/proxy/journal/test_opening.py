"""Which journal is trusted at open."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from proxy.journal import Batch, Journal, JournalFailed, JournalReader
from proxy.journal.cursor import CURSOR, Cursor, save
from tests.support.clocks import ManualClock
from tests.support.journal_entries import assert_gapless, everything


def test_a_damaged_segment_is_set_aside_and_a_fresh_epoch_begins(
    tmp_path: Path,
) -> None:
    """Recording goes on at once; no session of before names anybody after."""
    old = _filled(tmp_path)
    path = JournalReader(tmp_path).segments()[-1].path
    _scribble(path, 4096, 40_000)

    with Journal.open(tmp_path, "node", clock=ManualClock()) as journal:
        (aside,) = journal.set_aside
        assert (aside.epoch, aside.first) == (old, 1)
        assert aside.path.exists()
        assert ".corrupt-" in aside.path.name
        assert not path.exists()
        assert not journal.stopped_cleanly
        assert journal.epoch > old
        assert journal.sessions() == {}
        assert journal.commit(Batch(events=[b"new"])) == 1


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    """As after a disk that lost its first block."""
    _filled(tmp_path)
    path = JournalReader(tmp_path).segments()[-1].path
    _scribble(path, 0, 4096)

    with Journal.open(tmp_path, "node", clock=ManualClock()) as journal:
        assert len(journal.set_aside) == 1


def test_an_empty_file_is_set_aside(tmp_path: Path) -> None:
    """As after a file system that lost the content of a new file."""
    _filled(tmp_path)
    path = JournalReader(tmp_path).segments()[-1].path
    path.write_bytes(b"")

    with Journal.open(tmp_path, "node", clock=ManualClock()) as journal:
        assert "tables" in journal.set_aside[0].reason


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM entries WHERE seq = 50", "not gapless"),
        ("DELETE FROM entries WHERE seq = 1", "not gapless"),
        ("DELETE FROM meta WHERE key = 'heartbeat_ns'", "incomplete"),
        ("UPDATE meta SET value = 7 WHERE key = 'epoch'", "name and its meta"),
    ],
)
def test_a_segment_that_contradicts_itself_is_set_aside(
    tmp_path: Path, statement: str, reason: str
) -> None:
    """A database may be sound and its content wrong."""
    _filled(tmp_path)
    with sqlite3.connect(JournalReader(tmp_path).segments()[-1].path) as connection:
        connection.execute(statement)
    connection.close()

    with Journal.open(tmp_path, "node", clock=ManualClock()) as journal:
        assert reason in journal.set_aside[0].reason


def test_a_journal_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A downgrade must not cost evidence."""
    _filled(tmp_path)
    path = JournalReader(tmp_path).segments()[-1].path
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = 2 WHERE key = 'format'")
    connection.close()

    with pytest.raises(JournalFailed, match="format 2"):
        Journal.open(tmp_path, "node", clock=ManualClock())

    assert path.exists()


def test_a_journal_that_ends_before_what_was_shipped_gives_no_number_twice(
    tmp_path: Path,
) -> None:
    """An old copy put back: its numbers are in the store already."""
    old = _filled(tmp_path)
    save(tmp_path / CURSOR, Cursor(epoch=old, shipped=500))

    with Journal.open(tmp_path, "node", clock=ManualClock()) as journal:
        assert journal.epoch > old
        assert journal.last_seq == 0
        assert "500 was shipped" in journal.set_aside[0].reason
    assert_gapless(everything(tmp_path)[old])


def test_a_segment_that_was_being_made_is_removed(tmp_path: Path) -> None:
    """A crash in the middle of a rotation leaves the old segment the newest."""
    epoch = _filled(tmp_path)
    unfinished = tmp_path / f"{epoch:020d}-{101:020d}.journal.tmp"
    unfinished.write_bytes(b"half")

    with Journal.open(tmp_path, "node", clock=ManualClock()) as journal:
        assert (journal.epoch, journal.last_seq) == (epoch, 100)
    assert not unfinished.exists()


def test_a_crash_right_after_a_rotation_goes_on_in_the_new_segment(
    tmp_path: Path,
) -> None:
    """The new one has no entry yet: its name says where numbers go on."""
    _filled(tmp_path)
    with Journal.open(tmp_path, "node", clock=ManualClock()) as journal:
        journal._rotate(journal.epoch, journal.last_seq + 1)

    with Journal.open(tmp_path, "node", clock=ManualClock()) as journal:
        assert journal.commit(Batch(events=[b"x"])) == 101
        assert journal.sessions() == {b"k": b"s"}
    assert_gapless(everything(tmp_path)[journal.epoch])


def test_a_directory_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    """The message names the place."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(JournalFailed, match="file/j"):
        Journal.open(tmp_path / "file" / "j", "node", clock=ManualClock())


def _filled(directory: Path) -> int:
    """A journal of 100 entries in one segment; its epoch."""
    with Journal.open(directory, "node", clock=ManualClock()) as journal:
        journal.commit(Batch(events=[b"entry" * 100] * 100, sessions={b"k": b"s"}))
    return journal.epoch


def _scribble(path: Path, start: int, end: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * (end - start))
