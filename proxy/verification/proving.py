"""The proof of one row, made from a source that has its seal whole."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.evidence import proof as proofs
from proxy.evidence.canonical import places
from proxy.evidence.columns import Kind, columns, tables
from proxy.evidence.kept import unpack
from proxy.evidence.leaves import absent, salt
from proxy.evidence.proof import Proof
from proxy.evidence.seal import Seal, Sealed, SealRefused, read
from proxy.verification.rows import Part, make
from proxy.verification.source import Source
from proxy.whole_lines import blocks


class NotProvable(ValueError):
    """There is no such row, or its seal is not whole."""


def prove(source: Source, node: str, epoch: int, seq: int) -> Proof:
    """The proof of a row.

    Raises:
        NotProvable: no row, no seal yet, or one that was erased.
        StoreUnavailable, StoreRejected: the source cannot be read.
    """
    seal, sealed = _covering(source, node, epoch, seq)
    sealed = source.filled(seal, sealed)
    stays = unpack(sealed.salts, seal.first) if sealed.leaves else None
    if not sealed.seed and not stays:
        raise NotProvable(f"the rows of seal {seal.number} were erased")
    seed = bytes.fromhex(sealed.seed)
    part = Part(seal.first, seal.last, seed, stays)
    found: dict[int, bytes] = {}
    wanted: tuple[str, tuple[Any, ...]] | None = None
    for table in tables(seal.columns):
        names = source.names(table)
        for block in blocks(
            source.lines(table, node, epoch, seal.first, seal.last), 1 << 20
        ):
            made = make(table, names, seal.columns, block, (node, epoch), (part,))
            found.update(zip(made.seqs, made.leaves, strict=True))
            if seq in made.seqs:
                wanted = table, _row(table, names, block, seq, seal.columns)
    for first, last in seal.absent:
        found.update((each, absent(each)) for each in range(first, last + 1))
    if wanted is None:
        raise NotProvable(f"there is no row {node}:{epoch}:{seq}")
    if stays is not None:
        if seq not in stays:
            raise NotProvable(f"{node}:{epoch}:{seq} was to be erased")
        kept = bytes.fromhex(sealed.leaves)
        return proofs.prove(*wanted, seq, kept, (seal, sealed), stays[seq])
    missing = seal.count - len(found)
    if missing:
        raise NotProvable(f"{missing} rows of seal {seal.number} are missing: verify")
    leaves = b"".join(found[each] for each in range(seal.first, seal.last + 1))
    return proofs.prove(*wanted, seq, leaves, (seal, sealed), salt(seed, seq))


def _covering(source: Source, node: str, epoch: int, seq: int) -> tuple[Seal, Sealed]:
    for sealed in source.seals(node):
        try:
            seal = read(sealed.body)
        except SealRefused:
            continue
        if seal.epoch == epoch and seal.first <= seq <= seal.last:
            return seal, sealed
    raise NotProvable(f"no seal covers {node}:{epoch}:{seq}")


def _row(
    table: str, names: tuple[str, ...], block: bytes, seq: int, version: int
) -> tuple[Any, ...]:
    order = places(table, names, version)
    for line in block.splitlines():
        row = msgspec.json.decode(line, type=list[Any])
        if int(row[2]) == seq:
            return tuple(
                bytes.fromhex(row[n]) if column.kind is Kind.BYTES else row[n]
                for n, column in zip(order, columns(table, version), strict=True)
            )
    raise NotProvable(f"there is no row {seq}")
