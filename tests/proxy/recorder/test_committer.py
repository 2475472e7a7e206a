"""Group commit."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from proxy.clock import SystemClock
from proxy.events import Event, ExchangeRecorded, GapKind, GapRecorded, decode
from proxy.journal import Journal, JournalReader
from proxy.journal import Limits as JournalLimits
from proxy.journal.cursor import CURSOR, Cursor, save
from proxy.recorder.committer import Committer
from proxy.recorder.gaps import of_time
from proxy.recorder.limits import Limits
from proxy.recorder.source import Source, State
from tests.support.journals import MemoryJournal
from tests.support.rows import exchange, view
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


async def test_the_time_without_room_is_one_gap_as_soon_as_there_is_room() -> None:
    """From the first refusal to the first success, with the connections that waited;
    nothing is acknowledged in between, and nobody has to start anything again."""
    journal, told = MemoryJournal(), list[Told]()
    journal.full = True
    clock = SystemClock()
    group = committer(journal, told, Limits(commit_retry_most=0.01))
    source = Source(7, State.LIVE)
    began_ns = clock.wall_ns()
    group.released(source, 1, (10, 20), [GAP], [])
    committing = asyncio.get_running_loop().create_task(group.commit())
    await until_async(lambda: group.failed > 2)
    group.released(source, 2, (1, 1), [GAP], [])
    while_full = list(told)

    journal.full = False
    await committing
    await group.commit()
    await group.commit()
    group.close()

    found = [
        each
        for each in journal.events()
        if isinstance(each, GapRecorded) and each.kind is GapKind.DISK_FULL
    ]
    assert while_full == []
    assert len(journal.bodies) == 3
    assert [each.connections for each in found] == [2]
    assert began_ns <= found[0].from_ns < found[0].to_ns <= clock.wall_ns()
    assert told[:2] == [{7: [(1, 10, 20)]}, {7: [(2, 1, 1)]}]


async def test_recording_goes_on_once_the_shipper_has_made_room(tmp_path: Path) -> None:
    """On a real journal: every event is there once, the gap behind them."""
    limits = JournalLimits(
        segment_bytes=50_000, total_bytes=600_000, upkeep_seconds=3600
    )
    gap = msgspec.structs.replace(GAP, reason="x" * 10_000)
    with Journal.open(tmp_path, "node", limits, clock=SystemClock()) as journal:
        group = Committer(
            journal, SystemClock(), Limits(commit_retry_most=0.01), lambda _: None
        )
        running = asyncio.get_running_loop().create_task(group.run())
        while not group.failed:
            before = group.commits
            group.add([gap] * 5)
            await until_async(lambda: group.failed or group.commits > before)  # noqa: B023
        before = journal.last_seq

        shipped = Cursor(epoch=journal.epoch, shipped=before, counted=before)
        save(tmp_path / CURSOR, shipped)
        await until_async(lambda: journal.last_seq == before + 6)
        group.finish()
        await running
        group.close()

        entries = JournalReader(tmp_path).read(journal.epoch, before, 100)
    found = [decode(entry.body) for entry in entries]
    kinds = [each.kind for each in found if isinstance(each, GapRecorded)]
    assert kinds == [GapKind.SHED] * 5 + [GapKind.DISK_FULL]


async def test_a_disk_that_fails_otherwise_is_no_want_of_room() -> None:
    """What could be tried again until it succeeded has lost nothing."""
    journal = MemoryJournal()
    journal.broken = True
    group = committer(journal, [], Limits(commit_retry_most=0.01))
    group.add([GAP])
    committing = asyncio.get_running_loop().create_task(group.commit())
    await until_async(lambda: group.failed > 1)

    journal.broken = False
    await committing
    await group.commit()
    group.close()

    assert len(journal.bodies) == 1


async def test_in_shadow_neither_sessions_nor_views_are_committed() -> None:
    """Acknowledged all the same, and counted: coverage is what shadow is for."""
    journal, told = MemoryJournal(), list[Told]()
    group = Committer(journal, SystemClock(), Limits(), told.append, shadow=True)

    recorded: list[Event] = [exchange(), view(), GAP]
    group.released(Source(7, State.LIVE), 1, (10, 20), recorded, [(b"k", b"s")])
    await group.commit()
    group.close()

    kept = [decode(body) for body in journal.bodies]
    assert [type(each) for each in kept] == [ExchangeRecorded, GapRecorded]
    assert b"jansen" not in b"".join(journal.bodies)
    assert journal.open_sessions == {}
    assert told == [{7: [(1, 10, 20)]}]
    assert group.tally.views.total() == 1
    assert group.status()["shadow"]
