"""The journal through kill -9 and a disk that refuses, with a real process."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.clock import SystemClock
from proxy.journal import Entry, Journal
from tests.support.journal_entries import assert_gapless, everything
from tests.support.journal_writer import SMALL, body


@pytest.mark.parametrize("seed", range(3))
def test_kill_9_loses_nothing_acknowledged_and_invents_nothing(
    tmp_path: Path, seed: int
) -> None:
    """Killed again and again: every acknowledged entry is there, gapless, and the
    state is that of the last entry."""
    rng = random.Random(seed)

    for _ in range(3):
        acknowledged = _kill_after(tmp_path, rng.randrange(1, 600))

        with Journal.open(tmp_path, "node", SMALL, clock=SystemClock()) as journal:
            assert journal.last_seq >= acknowledged
            assert not journal.stopped_cleanly
            assert journal.set_aside == []
            last = journal.last_seq
            assert journal.sessions() == {b"turn": str(last).encode()}
            assert journal.progress()[1 << 63, 1][0] == last
        ((epoch, entries),) = everything(tmp_path).items()
        assert_gapless(entries)
        assert len(entries) == last
        assert [Entry(e.seq, body(epoch, e.seq)) for e in entries] == entries


@pytest.mark.parametrize("file_bytes", [40_000, 70_000, 150_000])
def test_a_file_that_may_not_grow_fails_one_commit_and_costs_no_entry(
    tmp_path: Path, file_bytes: int
) -> None:
    """The write fails in the middle of a batch; the same batch then succeeds."""
    run = subprocess.run(
        [*_COMMAND, str(tmp_path), str(file_bytes)],
        check=True,
        capture_output=True,
        text=True,
    )

    assert "failed Journal" in run.stdout
    ((epoch, entries),) = everything(tmp_path).items()
    assert_gapless(entries)
    assert f"committed {len(entries)}\n" in run.stdout
    assert [Entry(e.seq, body(epoch, e.seq)) for e in entries] == entries


_COMMAND = [sys.executable, "-m", "tests.support.journal_writer"]


def _kill_after(directory: Path, lines: int) -> int:
    """Run the writer, kill it after this many acknowledged commits; the last."""
    process = subprocess.Popen(
        [*_COMMAND, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    acknowledged = 0
    with process.stdout as output:
        for number, line in enumerate(output):
            if not line.endswith("\n"):
                break  # killed in the middle of a word
            acknowledged = int(line.split()[-1])
            if number == lines:
                process.kill()
        process.wait()
    return acknowledged
