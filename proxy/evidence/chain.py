"""What is wrong with a chain of seals, and what anchors say about it.

A chain is right when every seal is signed with a key that is known, names the
digest of the one before, is numbered one higher, begins where the last one of
its epoch ended, and never goes back to an older epoch or an older key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from proxy.evidence.findings import Fault, Finding
from proxy.evidence.seal import Seal, Sealed, SealRefused, Signed, verified

Keys = Mapping[str, Ed25519PublicKey]
"""Public keys by fingerprint, in the order in which they were used."""


@dataclass(slots=True)
class Chain:
    """The seals of one node that count, and what is wrong with them."""

    node: str
    seals: list[tuple[Seal, Sealed]] = field(default_factory=list)
    """In order; only those whose signature is right."""
    findings: list[Finding] = field(default_factory=list)
    begins_at: int = 1
    """Number of the first seal that is there."""

    @property
    def last(self) -> Seal | None:
        """The newest one."""
        return self.seals[-1][0] if self.seals else None


def chain(node: str, kept: Iterable[Sealed], keys: Keys, begins_at: int = 1) -> Chain:
    """Check the seals of one node, given in the order of their numbers.

    Args:
        node: whose seals they are.
        kept: its seals.
        keys: the public keys to believe.
        begins_at: number the first one must have; more than 1 when older seals
            were dropped with what they sealed.
    """
    found = Chain(node, begins_at=begins_at)
    before: tuple[Seal, Signed] | None = None
    order = list(keys)
    for sealed in kept:
        try:
            seal = verified(sealed, keys)
        except SealRefused as refused:
            number = before[0].number + 1 if before else begins_at
            found.findings.append(
                Finding(
                    node=node,
                    seal=number,
                    fault=Fault.SEAL_CHANGED,
                    text=str(refused),
                )
            )
            continue
        found.findings.extend(_after(node, before, seal, order, begins_at))
        if seal.node == node and (before is None or seal.number > before[0].number):
            before = seal, sealed
            found.seals.append((seal, sealed))
    return found


def _after(
    node: str,
    before: tuple[Seal, Signed] | None,
    seal: Seal,
    order: Sequence[str],
    begins_at: int,
) -> Iterator[Finding]:
    """What is wrong between two seals."""

    def wrong(fault: Fault, text: str, number: int = seal.number) -> Finding:
        return Finding(node=node, seal=number, fault=fault, text=text)

    if seal.node != node:
        yield wrong(Fault.SEAL_CHANGED, f"a seal of {seal.node}")
        return
    expected = before[0].number + 1 if before else begins_at
    if seal.number > expected:
        told = "" if seal.number == expected + 1 else f" to {seal.number - 1}"
        text = f"seals {expected}{told} are not there"
        yield wrong(Fault.SEAL_MISSING, text, expected)
        return
    if seal.number < expected:
        yield wrong(Fault.SEAL_CHANGED, "a second seal of this number")
        return
    if before is None:
        if begins_at == 1 and seal.previous:
            yield wrong(Fault.SEAL_MISSING, "the first seal names one before it")
        return
    old, signed = before
    if seal.previous != signed.digest:
        yield wrong(
            Fault.SEAL_CHANGED, f"does not follow seal {old.number} as it is here"
        )
    if order.index(seal.key) < order.index(old.key):
        yield wrong(Fault.SEAL_CHANGED, f"signed with {seal.key}, a key out of use")
    if seal.epoch < old.epoch or (seal.epoch == old.epoch and seal.first <= old.last):
        yield wrong(Fault.SEAL_CHANGED, f"covers again what seal {old.number} covers")
    elif seal.first > (old.last if seal.epoch == old.epoch else 0) + 1:
        yield wrong(
            Fault.SEAL_CHANGED, f"begins at {seal.first}: entries before are unsealed"
        )


def anchored(found: Chain, anchors: Iterable[Signed], keys: Keys) -> Iterator[Finding]:
    """What anchors know that the chain does not."""
    digests = {seal.number: sealed.digest for seal, sealed in found.seals}
    newest = max(digests, default=0)
    for anchor in anchors:
        try:
            seal = verified(anchor, keys)
        except SealRefused as refused:
            yield Finding(node=found.node, fault=Fault.ANCHOR, text=str(refused))
            continue
        if seal.node != found.node:
            continue
        if seal.number > newest:
            text = (
                f"an anchor holds seal {seal.number} up to {seal.epoch}:{seal.last};"
                f" here the last is {newest}"
            )
            yield Finding(
                node=found.node,
                epoch=seal.epoch,
                seal=seal.number,
                fault=Fault.TAIL_CUT,
                text=text,
            )
        elif seal.number in digests and digests[seal.number] != anchor.digest:
            yield Finding(
                node=found.node,
                seal=seal.number,
                fault=Fault.SEAL_CHANGED,
                text="is not the seal that was anchored",
            )
