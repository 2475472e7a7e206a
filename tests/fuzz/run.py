"""Many inputs over several processes: what was found, how long, how much memory."""

from __future__ import annotations

import faulthandler
import gc
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random

from tests.bench.procfs import memory_mib
from tests.fuzz import bodies, framing
from tests.fuzz.mutating import Mutator

PIECE = 1_000
"""Inputs handed to a process at a time."""
MOST_SECONDS = 1.0
"""CPU time of one input."""
HANGS_SECONDS = 300
"""After which a process that does not come back is ended, with its stack told."""
MOST_GROWTH_MIB = 32.0
"""Of a process after the first tenth of the inputs: caches are full by then."""

Check = Callable[[Mutator], None]
TARGETS: dict[str, Check] = {
    "framing": framing.check,
    "body": bodies.check_body,
    "stream": bodies.check_stream,
    **{word: bodies.dialect(word) for word in bodies.WORDS},
}


@dataclass(slots=True)
class Verdict:
    """Of inputs so far."""

    inputs: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    """What was found, with the target and the number to play it again."""
    slow: int = 0
    slowest: float = 0.0
    """Seconds of CPU."""
    slowest_of: str = ""
    cpu: float = 0.0
    growth: float = 0.0
    """MiB, of the process that grew most."""

    @property
    def clean(self) -> bool:
        """Nothing was found."""
        return not self.failures and not self.slow and self.growth <= MOST_GROWTH_MIB

    def add(self, other: Verdict) -> None:
        """Together."""
        self.inputs += other.inputs
        self.failures += other.failures
        self.slow += other.slow
        self.cpu += other.cpu
        if other.slowest > self.slowest:
            self.slowest, self.slowest_of = other.slowest, other.slowest_of

    def line(self) -> str:
        """The last line of a run."""
        counts = ", ".join(f"{name} {n:,}" for name, n in self.inputs.most_common())
        return (
            f"{self.inputs.total():,} inputs ({counts}): {len(self.failures)} crashes, "
            f"{self.slow} over {MOST_SECONDS:.0f} s; slowest {self.slowest:.3f} s "
            f"({self.slowest_of}); memory +{self.growth:.1f} MiB after the first "
            f"tenth; {self.cpu:.0f} s of CPU"
        )


def one(name: str, seed: int, number: int) -> None:
    """Input ``number`` of a target; raises what is found."""
    TARGETS[name](Mutator(Random(f"{seed}-{name}-{number}")))


def piece(name: str, seed: int, first: int, count: int) -> tuple[int, float, Verdict]:
    """Some inputs of a target; process and its memory beside what was found."""
    faulthandler.dump_traceback_later(HANGS_SECONDS, exit=True)
    verdict = Verdict()
    began = time.process_time()
    for number in range(first, first + count):
        start = time.thread_time()
        try:
            one(name, seed, number)
        except Exception as found:  # noqa: BLE001 - finding them is what this is for
            last = traceback.extract_tb(found.__traceback__)[-1]
            said = f"{type(found).__name__}: {str(found)[:120]}"
            told = f"{name} {number}: {said} at {last.filename}:{last.lineno}"
            verdict.failures.append(told)
        took = time.thread_time() - start
        if took > verdict.slowest:
            verdict.slowest, verdict.slowest_of = took, f"{name} {number}"
        verdict.slow += took > MOST_SECONDS
    verdict.inputs[name] = count
    verdict.cpu = time.process_time() - began
    faulthandler.cancel_dump_traceback_later()
    gc.collect()
    return os.getpid(), memory_mib(os.getpid(), "VmRSS"), verdict


def run(
    inputs: int,
    seed: int,
    processes: int,
    names: list[str],
    tell: Callable[[Verdict], object] = lambda _: None,
) -> Verdict:
    """All of it."""
    total = Verdict()
    first: dict[int, float] = {}
    with ProcessPoolExecutor(processes) as pool:
        pieces = list(_pieces(inputs, names))
        found = pool.map(
            piece, *zip(*[(n, seed, at, c) for n, at, c in pieces], strict=True)
        )
        for process, memory, verdict in found:
            total.add(verdict)
            if 10 * total.inputs.total() >= inputs:
                since = first.setdefault(process, memory)
                total.growth = max(total.growth, memory - since)
            tell(total)
    return total


def _pieces(inputs: int, names: list[str]) -> Iterator[tuple[str, int, int]]:
    """(target, first number, count), targets in turn."""
    size = max(1, min(PIECE, inputs // len(names)))
    left, turn = inputs, 0
    while left > 0:
        count = min(size, left)
        yield names[turn % len(names)], turn // len(names) * size, count
        left -= count
        turn += 1
