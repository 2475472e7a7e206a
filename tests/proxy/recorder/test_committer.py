"""Group commit."""

from __future__ import annotations

import asyncio

from proxy.clock import SystemClock
from proxy.events import GapKind
from proxy.recorder.committer import Committer
from proxy.recorder.gaps import of_time
from proxy.recorder.limits import Limits
from proxy.recorder.source import Source, State
from tests.support.journals import MemoryJournal
from tests.support.waiting import until_async

Told = dict[int, list[tuple[int, int, int]]]
GAP = of_time(GapKind.SHED, "test", 1, 2)


def committer(
    journal: MemoryJournal, told: list[Told], limits: Limits | None = None
) -> Committer:
    """One that notes what it acknowledges."""
    return Committer(journal, SystemClock(), limits or Limits(), told.append)


async def test_what_collects_during_a_commit_is_the_next_batch() -> None:
    """One transaction each; only what is in it is acknowledged by it."""
    journal, told = MemoryJournal(), list[Told]()
    group = committer(journal, told)
    source = Source(7, State.LIVE)
    group.released(source, 1, (10, 20), [GAP], [(b"key", b"old")])

    committing = asyncio.get_running_loop().create_task(group.commit())
    await asyncio.sleep(0)
    group.released(source, 2, (1, 1), [GAP, GAP], [(b"key", None)])
    await committing
    between = (len(journal.bodies), list(told), dict(journal.open_sessions))
    await group.commit()
    group.close()

    assert between == (1, [{7: [(1, 10, 20)]}], {b"key": b"old"})
    assert len(journal.bodies) == 3
    assert told[-1] == {7: [(2, 1, 1)]}
    assert not journal.open_sessions


async def test_rows_of_settled_connections_go_with_a_later_batch() -> None:
    """They cost no commit of their own, and are not acknowledged."""
    journal, told = MemoryJournal(), list[Told]()
    journal.rows = {(7, 1): (1, 1)}
    group = committer(journal, told, Limits(heartbeat=60, commit_delay=0))
    group.settled(7, 1)
    running = asyncio.get_running_loop().create_task(group.run())
    await asyncio.sleep(0)
    assert journal.rows

    group.add([GAP])
    await until_async(lambda: not journal.rows)

    assert told == [{}]
    group.finish()
    await running
    group.close()


async def test_a_run_that_is_finished_commits_the_rest_first() -> None:
    """Nothing decided is left behind by an orderly stop."""
    journal, told = MemoryJournal(), list[Told]()
    group = committer(journal, told)
    running = asyncio.get_running_loop().create_task(group.run())
    group.add([GAP] * 3)

    group.finish()
    await running
    group.close()

    assert len(journal.bodies) == 3


async def test_fullness_is_told_by_events_and_by_bytes() -> None:
    """Either bound stops the reading of wires."""
    by_events = committer(MemoryJournal(), [], Limits(pending_events=2))
    by_bytes = committer(MemoryJournal(), [], Limits(pending_bytes=10))
    before = (by_events.full, by_bytes.full)

    by_events.add([GAP] * 3)
    by_bytes.add([GAP])

    assert before == (False, False)
    assert (by_events.full, by_bytes.full) == (True, True)
