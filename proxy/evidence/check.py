"""What is wrong with the rows of one seal.

Leaves are put in place as rows come, in any order: 32 bytes an entry and one to
count them, so that a seal of a million entries takes 33 MB to check.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from proxy.evidence import merkle
from proxy.evidence.findings import Fault, Finding
from proxy.evidence.leaves import TAG, absent, tags
from proxy.evidence.merkle import SIZE
from proxy.evidence.seal import Seal, Sealed

_TOLD = 20
"""Bad rows of a seal that are named one by one; the rest as a number."""


class Gathering:
    """The leaves of one seal as they come in."""

    def __init__(self, seal: Seal, sealed: Sealed) -> None:
        self.seal = seal
        self.sealed = sealed
        self.seed = bytes.fromhex(sealed.seed)
        self.leaves = bytearray(seal.count * SIZE)
        self.seen = bytearray(seal.count)
        """How often each entry came; 2 stands for more, too."""
        self.unreadable: list[int] = []

    def put(self, seq: int, leaf: bytes) -> None:
        """A row came; ``leaf`` is empty for one that has no canonical bytes."""
        at = seq - self.seal.first
        if self.seen[at]:
            self.seen[at] = 2
            return
        self.seen[at] = 1
        if leaf:
            self.leaves[at * SIZE : (at + 1) * SIZE] = leaf
        else:
            self.unreadable.append(seq)


def seeds(seal: Seal, sealed: Sealed) -> Iterator[Finding]:
    """Whether what is kept beside the seal is its own."""
    for name, given, said in (
        ("seed", sealed.seed, seal.seed),
        ("tags", sealed.tags, seal.tags),
    ):
        try:
            right = sha256(bytes.fromhex(given)).hexdigest() == said
        except ValueError:
            right = False
        if not right and given:
            yield _wrong(
                seal, Fault.SEED_CHANGED, 0, 0, f"its {name} is not the sealed one"
            )


def rows(gathering: Gathering, root: bytes | None = None) -> list[Finding]:
    """What is wrong with the rows of one seal; empty when nothing is.

    Args:
        gathering: all rows of it that there are.
        root: over ``gathering.leaves``, when somebody else counted it already.
    """
    seal, seen = gathering.seal, gathering.seen
    _absent(gathering)
    if seen.count(1) == len(seen) and not gathering.unreadable:
        if (root or merkle.root(gathering.leaves)).hex() == seal.root:
            return []
        return _changed(gathering)
    found = [
        _wrong(seal, Fault.MISSING, first, last, f"sealed in {seal.number}, not there")
        for first, last in _runs(seal, seen, 0)
    ]
    found += [
        _wrong(seal, Fault.ADDED, first, last, "more than one row of this number")
        for first, last in _runs(seal, seen, 2)
    ]
    found += [
        _wrong(seal, Fault.UNREADABLE, seq, seq, "a value its column cannot hold")
        for seq in gathering.unreadable[:_TOLD]
    ]
    return found + _by_tags(gathering)


def root_of(leaves: str) -> str:
    """The root, hex, over leaves that were kept as hex; empty for no hex."""
    try:
        return merkle.root(bytes.fromhex(leaves)).hex()
    except ValueError:
        return ""


def needs_no_root(gathering: Gathering) -> bool:
    """Whether ``rows`` finds something before it needs a root."""
    seen = gathering.seen
    missing = seen.count(0) - sum(b - a + 1 for a, b in gathering.seal.absent)
    return missing > 0 or seen.count(2) > 0 or bool(gathering.unreadable)


def _absent(gathering: Gathering) -> None:
    seal = gathering.seal
    for first, last in seal.absent:
        for seq in range(first, last + 1):
            at = seq - seal.first
            gathering.seen[at] = 1
            gathering.leaves[at * SIZE : (at + 1) * SIZE] = absent(seq)


def _changed(gathering: Gathering) -> list[Finding]:
    found = _by_tags(gathering)
    if found:
        return found
    seal = gathering.seal
    text = f"one of the rows of seal {seal.number} was changed; which is not known"
    return [_wrong(seal, Fault.CHANGED, seal.first, seal.last, text)]


def _by_tags(gathering: Gathering) -> list[Finding]:
    """Rows whose tag is another than it was."""
    seal = gathering.seal
    try:
        kept = bytes.fromhex(gathering.sealed.tags)
    except ValueError:
        return []
    now = tags(gathering.leaves)
    if sha256(kept).hexdigest() != seal.tags or len(now) != len(kept):
        return []
    bad = [
        at
        for at in range(seal.count)
        if gathering.seen[at]
        and now[at * TAG : (at + 1) * TAG] != kept[at * TAG : (at + 1) * TAG]
        and at + seal.first not in gathering.unreadable
    ]
    runs = list(_joined(at + seal.first for at in bad))
    text = f"is not the row that seal {seal.number} covers"
    return [
        _wrong(seal, Fault.CHANGED, first, last, text) for first, last in runs[:_TOLD]
    ]


def _runs(seal: Seal, seen: bytearray, wanted: int) -> list[tuple[int, int]]:
    """Runs of entries that came so often, the first of them."""
    found: list[tuple[int, int]] = []
    at = seen.find(wanted)
    while at >= 0 and len(found) < _TOLD:
        end = at
        while end < len(seen) and seen[end] == wanted:
            end += 1
        found.append((seal.first + at, seal.first + end - 1))
        at = seen.find(wanted, end)
    return found


def _joined(seqs: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = 0
    for seq in seqs:
        if first and seq == last + 1:
            last = seq
            continue
        if first:
            yield first, last
        first = last = seq
    if first:
        yield first, last


def _wrong(seal: Seal, fault: Fault, first: int, last: int, text: str) -> Finding:
    return Finding(
        node=seal.node,
        epoch=seal.epoch,
        seq=first,
        last=last,
        seal=seal.number,
        fault=fault,
        text=text,
    )
