"""The journal's own thread."""

from __future__ import annotations

import threading

from proxy.journal.upkeep import Upkeep
from tests.support.waiting import until


def test_it_works_when_woken_and_stops_when_told() -> None:
    """The period is an hour: only waking can make it work."""
    done = threading.Event()
    upkeep = Upkeep(done.set, seconds=3600)
    upkeep.start()

    upkeep.wake()

    until(done.is_set, "work")
    upkeep.stop()


def test_it_works_by_itself_and_outlives_a_fault_of_the_disk() -> None:
    """A failed round is counted and tried again."""
    rounds: list[int] = []

    def work() -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise OSError("disk")

    upkeep = Upkeep(work, seconds=0.001)
    upkeep.start()

    until(lambda: len(rounds) >= 3, "rounds after the fault")
    upkeep.stop()
    assert upkeep.failures == 1
