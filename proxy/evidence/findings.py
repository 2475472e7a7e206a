"""What a verification finds, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    """What is wrong."""

    CHANGED = "changed"
    """A row is not the one that was sealed."""
    MISSING = "missing"
    """A sealed row is not there."""
    ADDED = "added"
    """A row is there that was not sealed, or twice."""
    REORDERED = "reordered"
    """Rows of an export stand in another order than they were recorded in."""
    UNREADABLE = "unreadable"
    """A row that no recorder ever wrote: a value its column cannot hold."""
    SEAL_MISSING = "seal missing"
    SEAL_CHANGED = "seal changed"
    """Its signature, its link to the one before, or what is kept beside it."""
    SEED_CHANGED = "seed changed"
    """The seed or the tags beside the seal are not its own."""
    TAIL_CUT = "tail cut"
    """Seals, or rows, that an anchor knows are gone."""
    ANCHOR = "anchor"
    """An anchor is none, or contradicts the seals."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One thing that is wrong; sorts by where it is."""

    node: str
    epoch: int = 0
    seq: int = 0
    """First bad sequence number; 0: a seal as a whole."""
    last: int = 0
    """Last one when it is about a run of them."""
    seal: int = 0
    """Number of the seal."""
    text: str = ""
    fault: Fault = Fault.CHANGED

    def place(self) -> str:
        """Where, as ``whosaw why`` writes it."""
        if not self.seq:
            return f"{self.node} seal {self.seal}"
        run = f"-{self.last}" if self.last > self.seq else ""
        return f"{self.node}:{self.epoch}:{self.seq}{run}"
