"""Makes the seals of a journal: reads what is new, one seal after the other.

The seal before is the only state: its epoch and last entry say where to go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proxy.clock import Clock
from proxy.evidence import merkle
from proxy.evidence.columns import VERSION
from proxy.evidence.leaves import absent, tags
from proxy.evidence.seal import Seal, Sealed, fingerprint, new_seed, sign
from proxy.journal.cursor import Cursor, save
from proxy.journal.model import SegmentDamaged
from proxy.journal.reader import JournalReader
from proxy.sealing.entries import Leafing
from proxy.sealing.shelf import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds, with the reason of each default."""

    entries: int = 500_000
    """In a seal: 16 MB of leaves while it is made, 33 MB while it is checked."""
    read: int = 5_000
    """Read at once: some 5 MB, a tenth of a second of work."""
    rulesets: int = 100
    """Named in a seal; more than that are a loop that writes rule sets."""


@dataclass(slots=True)
class _Run:
    """What a seal is about to cover."""

    epoch: int
    first: int
    leaves: bytearray
    absent: list[tuple[int, int]]
    rulesets: set[str]

    @property
    def last(self) -> int:
        return self.first + len(self.leaves) // merkle.SIZE - 1


class Sealer:
    """Seals one journal. One thread uses it."""

    def __init__(
        self,
        reader: JournalReader,
        shelf: Shelf,
        key: Ed25519PrivateKey,
        clock: Clock,
        mark: Path,
        *,
        limits: Limits | None = None,
    ) -> None:
        self.seals = 0
        """Made since the start."""
        self.absent = 0
        """Entries that could not be read."""
        self._reader = reader
        self._shelf = shelf
        self._key = key
        self._clock = clock
        self._mark = mark
        self._limits = limits or Limits()
        self._leafing = Leafing()
        self._fingerprint = fingerprint(key.public_key())

    def period(self) -> int:
        """Seal everything there is; an empty seal when there is nothing.

        Returns how many seals were made; 0 only without a journal.

        Raises:
            JournalFailed, SegmentDamaged: the journal cannot be read now.
            OSError: the disk refused. Nothing is lost; call it again.
        """
        made = 0
        while True:
            run, more = self._next()
            if run is None or (not run.leaves and made):
                self._note()
                return made
            self._seal(run)
            made += 1
            if not more:
                self._note()
                return made

    def _next(self) -> tuple[_Run | None, bool]:
        """What to seal next, and whether more is there already."""
        # Epochs first: all but the newest have ended when they are read.
        epochs = self._reader.epochs()
        if not epochs:
            return None, False
        epoch, last = self._position()
        if epoch not in epochs or self._reader.last_seq(epoch) <= last:
            later = [each for each in epochs if each > epoch]
            if later:
                epoch, last = later[0], 0
        seed = new_seed()
        tail = self._reader.last_seq(epoch)
        run = self._collect(epoch, last, min(tail, last + self._limits.entries), seed)
        self._seed = seed
        return run, run.last < tail or epoch < epochs[-1]

    def _position(self) -> tuple[int, int]:
        if self._shelf.last is None:
            return 0, 0
        seal = self._shelf.last[0]
        return seal.epoch, seal.last

    def _collect(self, epoch: int, after: int, last: int, seed: bytes) -> _Run:
        run = _Run(epoch, after + 1, bytearray(), [], set())
        node = self._reader.node(epoch) or self._node()
        while run.last < last:
            wanted = min(self._limits.read, last - run.last)
            try:
                entries = self._reader.read(epoch, run.last, wanted)
            except SegmentDamaged as damaged:
                _pass_over(run, min(damaged.last, last))
                continue
            if not entries:
                break
            if entries[0].seq > run.last + 1:
                # Unlinked before they were sealed, or before sealing began.
                if not run.leaves and self._begins(epoch):
                    run.first = entries[0].seq
                else:
                    _pass_over(run, min(entries[0].seq - 1, last))
                    continue
            made = self._leafing.leaves(entries, node, epoch, seed)
            run.leaves += made.run
            run.rulesets |= made.rulesets
            for seq in sorted(made.absent):
                _note_absent(run.absent, seq, seq)
        return run

    def _begins(self, epoch: int) -> bool:
        """Whether no entry of this epoch was sealed yet, nor of one before."""
        return self._shelf.last is None and epoch > 0

    def _node(self) -> str:
        return self._shelf.last[0].node if self._shelf.last else ""

    def _seal(self, run: _Run) -> None:
        node = self._reader.node(run.epoch) or self._node()
        before = self._shelf.last
        if before is not None and before[0].node != node:
            before = None
        kept = tags(run.leaves)
        seal = Seal(
            node=node,
            number=before[0].number + 1 if before else 1,
            epoch=run.epoch,
            first=run.first,
            last=run.last,
            root=merkle.root(run.leaves).hex(),
            columns=VERSION,
            sealed_at_ns=self._clock.wall_ns(),
            previous=before[1].digest if before else "",
            key=self._fingerprint,
            seed=sha256(self._seed).hexdigest(),
            tags=sha256(kept).hexdigest(),
            absent=tuple(run.absent),
            rulesets=tuple(sorted(run.rulesets)[: self._limits.rulesets]),
        )
        signed = sign(seal, self._key)
        self._shelf.append(
            seal,
            Sealed(
                body=signed.body,
                signature=signed.signature,
                seed=self._seed.hex(),
                tags=kept.hex(),
            ),
        )
        self.seals += 1
        self.absent += sum(last - first + 1 for first, last in run.absent)

    def _note(self) -> None:
        """Let the journal unlink what is sealed."""
        epoch, last = self._position()
        if epoch:
            save(self._mark, Cursor(epoch=epoch, shipped=last, counted=last))


def _pass_over(run: _Run, last: int) -> None:
    """Take entries up to ``last`` as absent."""
    first = run.last + 1
    _note_absent(run.absent, first, last)
    run.leaves += b"".join(absent(seq) for seq in range(first, last + 1))


def _note_absent(runs: list[tuple[int, int]], first: int, last: int) -> None:
    if runs and runs[-1][1] == first - 1:
        runs[-1] = runs[-1][0], last
    else:
        runs.append((first, last))
