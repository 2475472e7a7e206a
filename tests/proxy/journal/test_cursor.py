"""The shipper's cursor file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.journal.cursor import CURSOR, Cursor, CursorDamaged, load, save

NUMBERS = st.integers(0, 1 << 62)


@settings(max_examples=30, deadline=None)
@given(
    epoch=NUMBERS,
    shipped=NUMBERS,
    batch=st.none() | st.tuples(NUMBERS, NUMBERS),
    stored=st.dictionaries(st.text(max_size=5), NUMBERS),
)
def test_a_cursor_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    epoch: int,
    shipped: int,
    batch: tuple[int, int] | None,
    stored: dict[str, int],
) -> None:
    """Every field survives."""
    path = tmp_path_factory.mktemp("cursor") / CURSOR
    cursor = Cursor(epoch=epoch, shipped=shipped, batch=batch, stored=stored)

    save(path, cursor)

    assert load(path) == cursor


def test_there_is_none_before_the_first(tmp_path: Path) -> None:
    """Absent is not damaged."""
    assert load(tmp_path / CURSOR) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x00\x00\x00",
        b'{"epoch": 5',
        b'{"epoch": "five"}',
        b'{"format": 2}',
        b'{"shipped": 3, "counted": 4}',
        b'{"unknown": 1}',
    ],
)
def test_what_cannot_be_a_cursor_is_damaged(tmp_path: Path, text: bytes) -> None:
    """It is told, never taken for zero."""
    (tmp_path / CURSOR).write_bytes(text)

    with pytest.raises(CursorDamaged, match=CURSOR):
        load(tmp_path / CURSOR)


def test_a_crash_between_write_and_rename_leaves_the_old_one(tmp_path: Path) -> None:
    """The file beside it is replaced at the next save."""
    path = tmp_path / CURSOR
    save(path, Cursor(epoch=1))
    (tmp_path / f"{CURSOR}.tmp").write_bytes(b"half a cur")

    assert load(path) == Cursor(epoch=1)
    save(path, Cursor(epoch=2))

    assert load(path) == Cursor(epoch=2)
    assert [p.name for p in tmp_path.iterdir()] == [CURSOR]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
