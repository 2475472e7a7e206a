"""One segment."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.journal import Batch, segment


@given(st.integers(0, (1 << 64) - 1))
def test_an_unsigned_number_survives_sqlite(number: int) -> None:
    """Boot ids are 64 random bits; SQLite's integers have a sign."""
    assert segment.unsigned(segment.signed(number)) == number
    assert -(1 << 63) <= segment.signed(number) < 1 << 63


def test_creating_one_that_fails_leaves_no_file(tmp_path: Path) -> None:
    """A segment is complete under its name, or absent."""
    with pytest.raises(sqlite3.OperationalError):
        _create(tmp_path / "s", snapshot_of=tmp_path / "absent" / "old")

    assert [*tmp_path.iterdir()] == []


def test_opening_never_makes_one(tmp_path: Path) -> None:
    """An absent segment is an error, not an empty journal."""
    with pytest.raises(sqlite3.OperationalError):
        segment.connect(tmp_path / "absent")

    assert [*tmp_path.iterdir()] == []


def test_a_reading_connection_cannot_write(tmp_path: Path) -> None:
    """Only the recorder's process writes."""
    _create(tmp_path / "s")

    with (
        closing(segment.connect(tmp_path / "s", read_only=True)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        segment.write(connection, 1, Batch(events=[b"x"]))


def test_a_reader_in_the_way_defers_the_finish(tmp_path: Path) -> None:
    """It is tried again later; nobody waits."""
    _create(tmp_path / "s")
    with closing(segment.connect_writer(tmp_path / "s", 1 << 20)) as writer:
        segment.write(writer, 1, Batch(events=[b"x"]))
        with closing(segment.connect(tmp_path / "s", read_only=True)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM entries").fetchall()
            assert not segment.finish(tmp_path / "s")

    assert segment.finish(tmp_path / "s")
    assert [p.name for p in tmp_path.iterdir()] == ["s"]


def test_a_place_with_odd_letters_works(tmp_path: Path) -> None:
    """Paths reach SQLite as URIs."""
    directory = tmp_path / "a b?c#d%41é"
    directory.mkdir()

    _create(directory / "s")

    with closing(segment.connect(directory / "s")) as connection:
        assert segment.check(connection).node == "node"


def _create(path: Path, snapshot_of: Path | None = None) -> None:
    segment.create(
        path,
        node="node",
        epoch=1,
        first=1,
        heartbeat_ns=0,
        snapshot_of=snapshot_of,
        boots=None,
    )


@pytest.mark.parametrize("count", [1, 49, 50, 51, 100, 149])
def test_entries_are_numbered_gapless_however_many_there_are(
    count: int, tmp_path: Path
) -> None:
    """They are inserted in groups; the edge of a group is no edge of the numbers."""
    path = tmp_path / "a"
    _create(path)
    bodies = [b"%d" % number for number in range(count)]

    with closing(segment.connect_writer(path, 1 << 20)) as connection:
        segment.write(connection, 7, Batch(events=bodies))
        rows = connection.execute("SELECT seq, body FROM entries ORDER BY seq")
        found = rows.fetchall()

    assert found == list(enumerate(bodies, 7))


def test_a_batch_with_one_bad_entry_leaves_nothing(tmp_path: Path) -> None:
    """Groups before it are rolled back as well."""
    path = tmp_path / "a"
    _create(path)
    bodies: list[bytes] = [b"x"] * 60
    bodies[55] = None  # type: ignore[call-overload] # NOT NULL refuses it

    with closing(segment.connect_writer(path, 1 << 20)) as connection:
        with pytest.raises(sqlite3.IntegrityError):
            segment.write(connection, 1, Batch(events=bodies))
        left = connection.execute("SELECT count(*) FROM entries").fetchone()

    assert left == (0,)
