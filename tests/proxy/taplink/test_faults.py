"""What a wire leaves on a disk that fails, at every single call in turn."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from proxy.taplink import begun, markers
from proxy.taplink.markers import Mark
from tests.support.faulty_files import Fault, Killed, faulty_files

BEFORE = {"sonar": Mark(since_ns=5, reason="deadline")}
AFTER = {**BEFORE, "radar": Mark(since_ns=9, reason="recorder")}
BEGAN_NS = 1_767_225_600_000_000_000
SLACK_NS = 10**18
"""More than the years between that moment and any clock these tests run by."""


@pytest.mark.parametrize("fault", Fault)
def test_a_marker_is_the_old_one_or_the_new_one_and_the_new_one_once_written(
    tmp_path: Path, fault: Fault
) -> None:
    """Never half of it: bytes are shown only after ``write`` returned or failed with
    an error that is counted, so a kill before that has shown nothing."""
    at, hit = 0, True
    while hit:
        at += 1
        directory = tmp_path / f"{at}"
        markers.write(directory, 7, BEFORE)

        written = False
        with faulty_files(directory) as files:
            files.plan(fault, at)
            with contextlib.suppress(OSError, Killed):
                markers.write(directory, 7, AFTER)
                written = True
            hit = files.hit

        (found,) = markers.left_behind(directory, ())
        assert found.marks in ([AFTER] if written else [BEFORE, AFTER]), at
        assert written or hit, at

    assert at > 4


@pytest.mark.parametrize("fault", Fault)
def test_what_says_that_a_wire_began_is_never_wrong_about_when(
    tmp_path: Path, fault: Fault
) -> None:
    """Half a number would be a gap since 1970. What was cut counts from its file's
    time; where there is no file, ``write`` did not come to an end."""
    at, hit = 0, True
    while hit:
        at += 1
        directory = tmp_path / f"{at}"

        with faulty_files(directory) as files:
            files.plan(fault, at)
            with contextlib.suppress(Killed):
                begun.write(directory, 7, BEGAN_NS)
            hit = files.hit

        found = begun.left_behind(directory, (), 2**63)
        assert hit or found == {7: BEGAN_NS}, at
        for since_ns in found.values():
            assert abs(since_ns - BEGAN_NS) < SLACK_NS, at

    assert at > 3
