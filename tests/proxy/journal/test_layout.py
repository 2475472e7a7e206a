"""Names in a journal's directory."""

from __future__ import annotations

from pathlib import Path

from proxy.journal import layout


def test_segments_sort_by_age_and_nothing_else_is_one(tmp_path: Path) -> None:
    """Epoch first, then sequence; whatever else lies there is left alone."""
    expected = [(9, 1), (10, 1), (10, 900), (10, 1000)]
    for epoch, first in reversed(expected):
        layout.segment_path(tmp_path, epoch, first).touch()
    for name in ("lock", "notes.txt", "1-1.journal", "x.journal"):
        (tmp_path / name).touch()
    path = layout.segment_path(tmp_path, 8, 1)
    for side in ("-wal", "-shm", ".tmp", ".corrupt-5"):
        path.with_name(path.name + side).touch()

    assert expected == [(s.epoch, s.first) for s in layout.segments(tmp_path)]


def test_an_absent_directory_has_no_segments(tmp_path: Path) -> None:
    """Readers may come first."""
    assert layout.segments(tmp_path / "no") == []
    assert layout.epochs_seen(tmp_path / "no") == set()
    assert layout.size_set_aside(tmp_path / "no") == 0


def test_setting_aside_takes_the_log_along_and_keeps_the_epoch_known(
    tmp_path: Path,
) -> None:
    """The log may hold what the segment lacks; the epoch may not come again."""
    path = layout.segment_path(tmp_path, 7, 1)
    path.write_bytes(b"12345")
    path.with_name(path.name + "-wal").write_bytes(b"123")

    target = layout.set_aside(path, 99)

    assert target.read_bytes() == b"12345"
    assert target.with_name(target.name + "-wal").read_bytes() == b"123"
    assert layout.segments(tmp_path) == []
    assert layout.epochs_seen(tmp_path) == {7}
    assert layout.size_set_aside(tmp_path) == 8


def test_unlinking_takes_what_lies_beside_and_minds_nothing_absent(
    tmp_path: Path,
) -> None:
    """Twice is as good as once."""
    path = layout.segment_path(tmp_path, 7, 1)
    path.touch()
    path.with_name(path.name + "-shm").touch()

    layout.unlink(path)
    layout.unlink(path)

    assert [*tmp_path.iterdir()] == []


def test_sizes_count_what_lies_beside(tmp_path: Path) -> None:
    """The log is most of a segment that is being written."""
    path = layout.segment_path(tmp_path, 7, 1)
    path.write_bytes(b"1")
    path.with_name(path.name + "-wal").write_bytes(b"22")

    assert layout.size(path) == 3
    assert layout.size(tmp_path / "absent") == 0
