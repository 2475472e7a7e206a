"""The journal on a disk that fails, at every single write and sync in turn."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from proxy.journal import (
    Batch,
    Entry,
    Journal,
    JournalFailed,
    JournalFull,
    Limits,
    SegmentDamaged,
)
from tests.support.clocks import ManualClock
from tests.support.faulty_disk import Disk, Fault, faulty_disk, unavailable
from tests.support.journal_entries import everything

pytestmark = pytest.mark.skipif(bool(unavailable()), reason=unavailable())

LIMITS = Limits(segment_entries=4, upkeep_seconds=3600)
BATCHES = 3
TRIES = 12
"""More than a fault lasts."""


def batch(number: int) -> Batch:
    """Two entries that tell which they are, with state beside them."""
    return Batch(
        events=[b"%d.%d" % (number, part) * 20 for part in (1, 2)],
        sessions={b"key": b"%d" % number},
        progress={(1, 1): (number, number)},
    )


def bodies(numbers: list[int]) -> list[bytes]:
    """What those batches put into the journal."""
    return [body for number in numbers for body in batch(number).events]


def run(directory: Path, clock: ManualClock) -> list[int]:
    """Open, commit each batch until it is acknowledged, close; what was."""
    journal = None
    for _ in range(TRIES):
        with contextlib.suppress(JournalFailed):
            journal = Journal.open(directory, "node", LIMITS, clock=clock)
            break
    if journal is None:
        return []
    acknowledged = []
    for number in range(BATCHES):
        for _ in range(TRIES):
            with contextlib.suppress(JournalFailed, JournalFull):
                journal.commit(batch(number))
                acknowledged.append(number)
                break
        else:
            break
    with contextlib.suppress(JournalFailed, JournalFull):
        journal.close()
    return acknowledged


def operations(tmp_path: Path) -> int:
    """How many writes and syncs the whole of ``run`` takes."""
    with faulty_disk(tmp_path / "dry") as disk:
        assert run(tmp_path / "dry", ManualClock()) == list(range(BATCHES))
        return disk.operations


def stored(directory: Path) -> list[bytes]:
    """Every entry's body, in the order of epochs and numbers."""
    found: dict[int, list[Entry]] = everything(directory)
    return [entry.body for epoch in sorted(found) for entry in found[epoch]]


@pytest.mark.parametrize(
    ("fault", "lasting"),
    [
        (Fault.FULL, 1),
        (Fault.FULL, 6),
        (Fault.READ_ONLY, 6),
        (Fault.IO_ERROR, 1),
        (Fault.SHORT, 1),
    ],
)
def test_a_write_that_fails_is_tried_again_and_is_there_once(
    tmp_path: Path, fault: Fault, lasting: int
) -> None:
    """All batches are acknowledged by the same writer, and each is stored once.

    What it could not tidy up at its end the next one does, before anybody reads.
    """
    for at in range(1, operations(tmp_path) + 1):
        directory = tmp_path / f"{at}"

        with faulty_disk(directory) as disk:
            disk.plan(fault, at, lasting=lasting)
            acknowledged = run(directory, ManualClock())
            disk.mend()
            Journal.open(directory, "node", LIMITS, clock=ManualClock()).close()

        assert acknowledged == list(range(BATCHES)), (fault, at)
        assert stored(directory) == bodies(acknowledged), (fault, at)


@pytest.mark.parametrize("fault", [Fault.POWER_CUT, Fault.TORN])
def test_what_was_acknowledged_outlives_the_power(tmp_path: Path, fault: Fault) -> None:
    """After a cut at any write the journal opens, and no acknowledged entry is gone.

    At most the batch under way is there, too: the wires send it again, and the
    progress that was committed with it keeps it from being recorded twice.
    """
    for at in range(1, operations(tmp_path) + 1):
        directory, clock = tmp_path / f"{at}", ManualClock()
        with faulty_disk(directory) as disk:
            disk.plan(fault, at)
            acknowledged = run(directory, clock)
            assert disk.hit

            disk.mend()
            with Journal.open(directory, "node", LIMITS, clock=clock) as journal:
                covered = journal.progress().get((1, 1), (-1, -1))[0]
                assert journal.set_aside == []
                journal.commit(batch(covered + 1))

        assert covered in (len(acknowledged) - 1, len(acknowledged)), (fault, at)
        assert stored(directory) == bodies(list(range(covered + 2))), (fault, at)


def test_a_disk_that_lies_costs_entries_and_never_invents_or_doubles_any(
    tmp_path: Path,
) -> None:
    """One write that was said to be synced is gone after a power cut.

    Acknowledged entries can be missing: that is what a lying disk does. What is
    read was committed, in order and once; the journal opens and goes on, and what
    it cannot trust it sets aside by name.
    """
    whole = bodies(list(range(BATCHES)))
    for at in range(1, operations(tmp_path) + 1):
        directory, clock = tmp_path / f"{at}", ManualClock()
        with faulty_disk(directory) as disk:
            disk.plan(Fault.LOST, at)
            run_until_cut(directory, clock, disk)
            disk.mend()
            disk.lose()

            with Journal.open(directory, "node", LIMITS, clock=clock) as journal:
                journal.commit(Batch(events=[b"after"]))

        try:
            *found, last = stored(directory)
        except SegmentDamaged:
            continue  # Told with its range: the shipper names it as unreadable.
        assert last == b"after", at
        assert found == [body for body in whole if body in found], at


def run_until_cut(directory: Path, clock: ManualClock, disk: Disk) -> None:
    """Commit everything, then the power goes before the journal can close."""
    journal = Journal.open(directory, "node", LIMITS, clock=clock)
    for number in range(BATCHES):
        journal.commit(batch(number))
    disk.plan(Fault.POWER_CUT, disk.operations + 1)
    with contextlib.suppress(JournalFailed, JournalFull):
        journal.close()
