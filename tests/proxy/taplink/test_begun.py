"""A wire's word on disk that it has begun."""

from __future__ import annotations

import stat
from pathlib import Path

from proxy.taplink import begun


def test_wire_that_began_and_is_not_known_is_found(tmp_path: Path) -> None:
    """Not one that lives, nor one that has only just begun."""
    directory = tmp_path / "open-gaps"
    for boot, began_ns in ((5, 100), (6, 100), (7, 900)):
        begun.write(directory, boot, began_ns)

    assert begun.left_behind(directory, {6}, before_ns=500) == {5: 100}
    begun.remove(directory, 5)
    begun.remove(directory, 5)
    assert begun.left_behind(directory, (), before_ns=901) == {6: 100, 7: 900}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_file_that_says_nothing_counts_as_begun_when_it_was_changed(
    tmp_path: Path,
) -> None:
    """A crash between making and writing it; a name that is no wire's is skipped."""
    (tmp_path / "0000000000000005.begun").touch()
    (tmp_path / "notes.begun").touch()

    found = begun.left_behind(tmp_path, (), before_ns=2**63)

    assert list(found) == [5]
    assert found[5] > 0


def test_disk_that_takes_nothing_does_not_stop_a_wire(tmp_path: Path) -> None:
    """Relaying goes first."""
    blocked = tmp_path / "file"
    blocked.touch()

    begun.write(blocked / "below", 5, 100)
    begun.remove(blocked / "below", 5)

    assert begun.left_behind(blocked / "below", (), 10) == {}
