"""Open gaps on a wire's own disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from proxy.taplink import markers
from proxy.taplink.markers import Mark, Marker

MARKS = {"sonar": Mark(since_ns=5, reason="deadline")}


def test_marker_of_a_wire_that_died_is_found_and_of_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    """The living tell their gaps themselves."""
    directory = tmp_path / "open-gaps"
    markers.write(directory, 1, MARKS)
    markers.write(directory, 2, MARKS)

    found = markers.left_behind(directory, {1})

    assert found == [Marker(boot=2, marks=MARKS)]
    markers.remove(directory, 2)
    markers.remove(directory, 2)
    assert markers.left_behind(directory, {1}) == []


def test_marker_is_nobody_elses_to_read(tmp_path: Path) -> None:
    """As everything in the state directory."""
    directory = tmp_path / "open-gaps"

    markers.write(directory, 1, MARKS)

    (path,) = directory.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"", b"{", b'{"boot": 7}', b"\0" * 64])
def test_unreadable_marker_is_a_gap_without_details(
    tmp_path: Path, content: bytes
) -> None:
    """A power cut may leave anything; that it is there says enough."""
    (tmp_path / f"{7:016x}.json").write_bytes(content)
    (tmp_path / "another.json").write_bytes(b"no marker")

    (found,) = markers.left_behind(tmp_path, ())

    assert found.boot == 7
    assert [mark.reason for mark in found.marks.values()] == ["unreadable_marker"]


def test_no_directory_is_no_gap(tmp_path: Path) -> None:
    """As at the first start."""
    assert markers.left_behind(tmp_path / "none", ()) == []
