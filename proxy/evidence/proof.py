"""One row, shown to be sealed, without showing any other.

A proof holds the row's values, its salt, the hashes beside its way to the root,
and the seal. It needs neither the store nor the seed; who holds it learns nothing
about other rows, because each has a salt of its own.
"""

from __future__ import annotations

import msgspec

from proxy.evidence import merkle
from proxy.evidence.canonical import Encoder, NotCanonical
from proxy.evidence.chain import Keys
from proxy.evidence.columns import Kind, columns
from proxy.evidence.leaves import salted_leaf
from proxy.evidence.seal import Seal, SealRefused, Signed, verified


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A row with its way to a seal. Hashes and bytes are hex."""

    format: int = 1
    table: str
    row: dict[str, object]
    """Values by column; bytes as hex."""
    salt: str
    path: tuple[str, ...]
    seal: Signed


class ProofRefused(ValueError):
    """It does not show what it says."""


def prove(
    table: str,
    values: tuple[object, ...],
    seq: int,
    leaves: bytes | bytearray,
    seal: tuple[Seal, Signed],
    known: bytes,
) -> Proof:
    """The proof of one row.

    Args:
        table: the row's table.
        values: in the order of the columns of the seal's version.
        seq: its sequence number.
        leaves: of all entries of the seal.
        seal: the one that covers it.
        known: the salt of this row.
    """
    said, signed = seal
    names = columns(table, said.columns)
    return Proof(
        table=table,
        row={
            column.name: value.hex() if isinstance(value, bytes) else value
            for column, value in zip(names, values, strict=True)
        },
        salt=known.hex(),
        path=tuple(each.hex() for each in merkle.path(leaves, seq - said.first)),
        seal=Signed(body=signed.body, signature=signed.signature),
    )


def follow(proof: Proof, keys: Keys) -> Seal:
    """The seal that covers the row of this proof.

    Raises:
        ProofRefused: the row is not covered by it, or the seal is not signed with
            a key that is known.
    """
    try:
        seal = verified(proof.seal, keys)
        values = _values(proof, seal.columns)
        row = Encoder(proof.table, seal.columns).row(values)
        seq = proof.row["seq"]
        same = (proof.row["node"], proof.row["epoch"]) == (seal.node, seal.epoch)
        siblings = [bytes.fromhex(each) for each in proof.path]
        leaf = salted_leaf(bytes.fromhex(proof.salt), row)
    except (SealRefused, NotCanonical, KeyError, ValueError, TypeError) as error:
        raise ProofRefused(str(error)) from None
    if not same or not isinstance(seq, int):
        raise ProofRefused("the row is of another node or epoch than the seal")
    root = merkle.follow(leaf, seq - seal.first, seal.count, siblings)
    if root is None or root.hex() != seal.root:
        raise ProofRefused("the row is not the one that was sealed")
    return seal


def _values(proof: Proof, version: int) -> list[object]:
    found = []
    for column in columns(proof.table, version):
        value = proof.row[column.name]
        if column.kind is Kind.BYTES:
            value = bytes.fromhex(str(value))
        elif isinstance(value, list):
            value = tuple(tuple(x) if isinstance(x, list) else x for x in value)
        found.append(value)
    return found
