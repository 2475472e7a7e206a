"""Group commit: what was decided, into the journal, then acknowledged.

One commit is under way on a thread; the next batch collects meanwhile. A commit
that fails is tried again with the same batch, and nothing is acknowledged: the
wires keep their frames. Progress rows to delete ride along with the next batch.

A time in which there was no room is a gap ``disk_full``, recorded as soon as there
is room. If the recorder ends before that, the journal is not marked as closed in
order, and the gap is the next recorder's ``unclean_stop``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import msgspec

from proxy.clock import Clock
from proxy.errors import WhosawError
from proxy.events import Event, GapKind
from proxy.journal.model import Batch, JournalFull, SetAside
from proxy.recorder.bodies import Bodies
from proxy.recorder.deciding import SessionChange
from proxy.recorder.gaps import of_time
from proxy.recorder.limits import Limits
from proxy.recorder.source import WIRE, Source
from proxy.recorder.tally import Tally
from proxy.shadow import without_persons
from proxy.views import LongEvents, ManyViews

logger = logging.getLogger(__name__)

_LAZY_ROWS = 5_000
"""Progress rows to delete that wait for a batch at most."""

Acknowledge = Callable[[dict[int, list[tuple[int, int, int]]]], None]
"""Takes, by wire boot, (connection, up, down) that are on disk."""


class JournalPort(Protocol):
    """What the recorder needs of a journal."""

    @property
    def stopped_cleanly(self) -> bool:
        """Whether the last writer closed it."""

    @property
    def last_heartbeat_ns(self) -> int:
        """Wall clock of the last heartbeat."""

    @property
    def set_aside(self) -> Sequence[SetAside]:
        """What could not be trusted when it was opened."""

    def commit(self, batch: Batch) -> int:
        """Make a batch durable; raises a ``WhosawError`` and changes nothing."""

    def progress(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Bytes covered per (wire boot, connection)."""

    def keep_boots(self, boots: Iterable[int]) -> None:
        """Name the wires whose progress must survive a rotation."""


class Committer:
    """Takes the assembly's output (``deciding.Output``, save ``forget``)."""

    def __init__(
        self,
        journal: JournalPort,
        clock: Clock,
        limits: Limits,
        acknowledge: Acknowledge,
        shadow: bool = False,
    ) -> None:
        self.shadow = shadow
        """Nothing of persons is kept, see ``proxy.shadow``."""
        self.tally = Tally()
        self.commits = 0
        self.taken = 0
        """Batches begun; all but the last are committed."""
        self.failed = 0
        """Attempts that failed."""
        self.failing = ""
        """Why the commit under way does not succeed; empty when all is well."""
        self._full_since_ns = 0
        """Wall clock of the first refusal for want of room; 0 when there is room."""
        self.last_commit_ns = clock.monotonic_ns()
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._acknowledge = acknowledge
        self._hurried = asyncio.Event()
        self._wanted = asyncio.Event()
        self._events = Bodies()
        self._sessions: dict[bytes, bytes | None] = {}
        self._progress: dict[tuple[int, int], tuple[int, int] | None] = {}
        self._lazy = 0
        self._finishing = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="journal")

    @property
    def full(self) -> bool:
        """So much waits for a commit that the wires must wait too."""
        return (
            self._events.ready > self._limits.pending_events
            or self._events.held > self._limits.pending_bytes
        )

    def released(
        self,
        source: Source,
        number: int,
        covered: tuple[int, int] | None,
        events: Iterable[Event],
        sessions: Iterable[SessionChange],
    ) -> None:
        """Add to the batch that collects."""
        self._put(events)
        if not self.shadow:
            self._sessions.update(sessions)
        if covered is not None:
            self._progress[source.boot, number] = covered
        self._wanted.set()

    def add(self, events: Iterable[Event]) -> None:
        """Events of the recorder itself."""
        self._put(events)
        self._wanted.set()

    def settled(self, boot: int, number: int) -> None:
        """Delete the row with some later batch."""
        self._progress[boot, number] = None
        self._lazy += 1
        if self._lazy > _LAZY_ROWS:
            self._wanted.set()

    def told(self, boot: int, wall_ns: int) -> None:
        """Note how far a wire has told with the next batch; none is made for it."""
        self._progress[boot, WIRE] = wall_ns, 0

    async def run(self) -> None:
        """Commit until ``finish``; a heartbeat when there is nothing else."""
        while not self._finishing:
            try:
                async with asyncio.timeout(self._limits.heartbeat):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            else:
                if not self._finishing:
                    await self._collect()
            await self.commit()
        if self._events or self._progress or self._sessions:
            await self.commit()

    def hurry(self) -> None:
        """Somebody waits for what was added last: do not collect any longer. What
        is added during a commit under way still shares the next one."""
        self._hurried.set()

    async def _collect(self) -> None:
        if not self._hurried.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.commit_delay):
                    await self._hurried.wait()
        self._hurried.clear()

    def finish(self) -> None:
        """Let ``run`` end once everything added before is committed. Cancelling
        it instead is safe too: no later batch is committed after a lost one."""
        self._finishing = True
        self._wanted.set()

    async def commit(self) -> None:
        """Commit what has collected, however long that takes."""
        batch = self._take()
        loop = asyncio.get_running_loop()
        pause = 0.05
        while True:
            try:
                await loop.run_in_executor(self._pool, self._journal.commit, batch)
            except WhosawError as error:
                self.failed += 1
                if not self.failing:
                    logger.error("nothing is recorded: %s", error)  # noqa: TRY400 - told, not traced
                self.failing = str(error)
                if isinstance(error, JournalFull):
                    self._full_since_ns = self._full_since_ns or self._clock.wall_ns()
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._limits.commit_retry_most)
            else:
                break
        if self.failing:
            self.failing = ""
            logger.warning("recording again")
            self._tell_full(batch)
        self.commits += 1
        self.last_commit_ns = self._clock.monotonic_ns()
        acknowledged: dict[int, list[tuple[int, int, int]]] = {}
        for (boot, number), covered in batch.progress.items():
            if covered is not None and number != WIRE:
                acknowledged.setdefault(boot, []).append((number, *covered))
        self._acknowledge(acknowledged)

    def close(self) -> None:
        """Let go of the thread."""
        self._pool.shutdown(wait=True)

    def status(self) -> dict[str, Any]:
        """Figures for the recorder's report."""
        return {
            "commits": self.commits,
            "shadow": self.shadow,
            "failed_commits": self.failed,
            "commit_error": self.failing,
            "pending_events": len(self._events),
            "since_commit_ms": (self._clock.monotonic_ns() - self.last_commit_ns)
            // 1_000_000,
            **self.tally.figures(),
        }

    def _tell_full(self, batch: Batch) -> None:
        """What waited is recorded now; what wires shed meanwhile has its own gaps."""
        if not self._full_since_ns:
            return
        waited = {
            key
            for key, covered in (*batch.progress.items(), *self._progress.items())
            if covered is not None and key[1] != WIRE
        }
        gap = of_time(
            GapKind.DISK_FULL, "journal", self._full_since_ns, self._clock.wall_ns()
        )
        self._full_since_ns = 0
        self.add([msgspec.structs.replace(gap, connections=len(waited))])

    def _put(self, events: Iterable[Event]) -> None:
        many: ManyViews | None = None
        if isinstance(events, LongEvents):
            many = events.views
            events = events.events
        count, add = self.tally.add, self._events.add
        for event in events:
            count(event)
            kept = without_persons(event) if self.shadow else event
            if kept is not None:
                add(kept)
        if many is not None:
            if not self.shadow:
                self._events.add_many(many)
            for sample, number in many.samples():
                self.tally.add_many(sample, number)

    def _take(self) -> Batch:
        batch = Batch(
            events=self._events,
            event_bytes=self._events.bytes,
            sessions=self._sessions,
            progress=self._progress,
            heartbeat_ns=self._clock.wall_ns(),
        )
        self._events, self._sessions, self._progress = Bodies(), {}, {}
        self._lazy = 0
        self._wanted.clear()
        self.taken += 1
        return batch
