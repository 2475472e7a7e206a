"""What a verification is told, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from proxy.evidence.chain import Chain, Keys
from proxy.evidence.findings import Finding
from proxy.evidence.seal import Signed

MOST_ENTRIES = 1_000_000
"""Entries checked at once: 33 MB of memory; a store is gone through once for
each, so many is faster."""
BLOCK = 1 << 20
"""Bytes of rows in a task: some two thousand rows."""
MOST_FINDINGS = 1_000
"""Findings that are kept; more are counted."""
FEW = 50_000
"""Entries that are checked without other processes: starting those costs more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to verify against."""

    keys: Keys
    anchors: Sequence[Signed] = ()
    erased_before_ns: int = 0
    """Seals from before this time may have been erased, rows and seed."""
    workers: int = 2
    most_entries: int = MOST_ENTRIES
    few: int = FEW
    block: int = BLOCK


@dataclass(slots=True)
class Report:
    """What was found."""

    rows: int = 0
    """Rows whose leaves were computed."""
    seals: int = 0
    nodes: dict[str, Chain] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    """Findings that were not kept."""
    unsealed: int = 0
    """Rows after the last seal of their node."""
    erased: int = 0
    """Entries whose rows were erased in time."""
    erased_runs: list[tuple[str, int, int]] = field(default_factory=list)
    """In which seals, as runs of them: node, first and last number."""
    unfinished: int = 0
    """Seals whose erasure has begun and not ended: it is made good by the next."""
    absent: int = 0
    """Entries that were absent when they were sealed."""

    @property
    def nothing_sealed(self) -> bool:
        """There is no seal, and nothing that says there was one."""
        return not (self.seals or self.nodes or self.findings)

    def add(self, found: Finding) -> None:
        """Keep a finding."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(found)
        else:
            self.more += 1

    def erase(self, node: str, number: int, entries: int) -> None:
        """Rows of this seal were erased in time. Seals of a node come in order."""
        self.erased += entries
        if self.erased_runs:
            before = self.erased_runs[-1]
            if before[0] == node and before[2] + 1 == number:
                self.erased_runs[-1] = (node, before[1], number)
                return
        self.erased_runs.append((node, number, number))

    def first(self) -> Finding | None:
        """The first bad row, or seal when no row is known."""
        rows = [each for each in self.findings if each.epoch and each.seq]
        return min(rows or self.findings, default=None)
