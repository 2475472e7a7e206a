"""Leaves and roots in several processes, into one piece of shared memory.

The memory is a file that is mapped by all (a container's ``/dev/shm`` may hold 64
MiB only): the leaves of a stretch, then a byte an entry that says it came. With
one worker everything is done here.
"""

from __future__ import annotations

import gc
import mmap
import multiprocessing
import struct
import tempfile
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from proxy.evidence import merkle
from proxy.evidence.merkle import SIZE
from proxy.verification.rows import Part, make

_PUT = struct.Struct(f"{SIZE}s").pack_into
_memory: mmap.mmap | None = None
"""Of this process: the stretch that is being checked."""


class Task(NamedTuple):
    """Lines of one stretch."""

    table: str
    names: tuple[str, ...]
    version: int
    lines: bytes
    where: tuple[str, int]
    parts: tuple[Part, ...]
    number: int
    """Its place among the tasks of the stretch."""


@dataclass(slots=True)
class Done:
    """What a task found besides leaves."""

    table: str
    rows: int
    number: int = 0
    first: int = 0
    last: int = 0
    again: tuple[int, ...] = ()
    """Numbers that had come before."""
    unreadable: tuple[int, ...] = ()
    strays: tuple[tuple[str, int, int], ...] = ()
    broken: int = 0
    ordered: bool = True


class Workers:
    """A pool, or none. Use as a context manager through ``workers``."""

    def __init__(
        self, memory: mmap.mmap, pool: ProcessPoolExecutor | None, count: int
    ) -> None:
        self.memory = memory
        self._pool = pool
        self._most = 3 * count
        """Tasks under way: enough to keep all busy, few enough for memory."""

    def map(self, entries: int, tasks: Iterator[Task]) -> Iterator[Done]:
        """Do tasks of a stretch of so many entries, in any order."""
        if self._pool is None:
            for task in tasks:
                yield _leaves(entries, task)
            return
        pending: set[Future[Done]] = set()
        for task in tasks:
            pending.add(self._pool.submit(_leaves, entries, task))
            if len(pending) >= self._most:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        for each in pending:
            yield each.result()

    def roots(self, spans: list[tuple[int, int]]) -> list[bytes]:
        """Roots over leaves [begin, end) of the stretch."""
        if self._pool is None or sum(end - begin for begin, end in spans) < 20_000:
            return [_root(*span) for span in spans]
        starts, ends = zip(*spans, strict=True)
        size = max(1, len(spans) // 16)
        return list(self._pool.map(_root, starts, ends, chunksize=size))


@contextmanager
def workers(count: int, entries: int) -> Iterator[Workers]:
    """Workers for stretches of up to ``entries`` entries."""
    global _memory  # noqa: PLW0603 one stretch a process, set once
    with tempfile.NamedTemporaryFile(prefix="whosaw-verify-") as file:
        file.truncate(max(1, entries * (SIZE + 1)))
        _attach(file.name)
        assert _memory is not None
        memory = _memory
        try:
            if count < 2:
                yield Workers(memory, None, 1)
                return
            with ProcessPoolExecutor(
                count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(file.name,),
            ) as pool:
                yield Workers(memory, pool, count)
        finally:
            _memory = None
            memory.close()


def _attach(path: str) -> None:
    global _memory  # noqa: PLW0603 one stretch a process, set once
    with open(path, "r+b") as file:  # noqa: PTH123 it is a name, handed over
        _memory = mmap.mmap(file.fileno(), 0)


def _begin(path: str) -> None:
    """The start of a worker. Rows make no cycles: looking for them in each of a
    million lists costs a fifth of the time."""
    gc.set_threshold(500_000, 20, 20)
    _attach(path)


def _root(begin: int, end: int) -> bytes:
    assert _memory is not None
    return merkle.root(_memory[begin * SIZE : end * SIZE])


def _leaves(entries: int, task: Task) -> Done:
    """Put the leaves of a task in their places."""
    memory = _memory
    assert memory is not None
    made = make(
        task.table, task.names, task.version, task.lines, task.where, task.parts
    )
    first = task.parts[0].first
    again, unreadable = [], []
    with memoryview(memory) as whole, whole[entries * SIZE :] as seen:
        for seq, leaf in zip(made.seqs, made.leaves, strict=True):
            at = seq - first
            if seen[at]:
                again.append(seq)
                continue
            seen[at] = 1
            if leaf:
                _PUT(whole, at * SIZE, leaf)
            else:
                unreadable.append(seq)
    return Done(
        table=task.table,
        rows=len(made.seqs),
        number=task.number,
        first=made.seqs[0] if made.seqs else 0,
        last=made.seqs[-1] if made.seqs else 0,
        again=tuple(again),
        unreadable=tuple(unreadable),
        strays=tuple(made.strays[:100]),
        broken=made.broken,
        ordered=made.ordered,
    )
