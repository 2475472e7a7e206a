"""The cursor in memory is never ahead of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.journal.cursor import CURSOR, Cursor, load, save
from proxy.shipper.position import Position


def test_a_move_that_could_not_be_written_did_not_happen(tmp_path: Path) -> None:
    """Otherwise the next batch would begin behind one nobody knows of."""
    refusing = False

    def saving(path: Path, cursor: Cursor) -> None:
        if refusing:
            raise OSError(28, "No space left on device")
        save(path, cursor)

    position = Position(tmp_path / CURSOR, saving)
    first = position.begin(5, lambda: (5, 0), 0)
    refusing = True

    with pytest.raises(OSError, match="No space left"):
        position.move(Cursor(epoch=5, shipped=9))

    assert position.cursor == first == load(tmp_path / CURSOR)


def test_a_beginning_without_a_file_is_unsure_up_to_the_tail(tmp_path: Path) -> None:
    """And durable at once: the tail moves on."""
    path = tmp_path / "made" / CURSOR

    begun = Position(path).begin(5, lambda: (7, 30), 0)

    assert begun == Cursor(epoch=5, unsure=(7, 30))
    assert Position(path).begin(9, lambda: (9, 99), 0) == begun


def test_a_damaged_file_is_kept_beside(tmp_path: Path) -> None:
    """A person may want to see it."""
    (tmp_path / CURSOR).write_bytes(b"{")

    Position(tmp_path / CURSOR).begin(5, lambda: (5, 3), 77)

    assert (tmp_path / f"{CURSOR}.corrupt-77").read_bytes() == b"{"
