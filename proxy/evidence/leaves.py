"""Leaves of many rows at once, and their tags.

A *tag* is the first two bytes of a leaf. Tags are kept beside the seal, so that
a root that does not fit leads to the row that was changed: one time in 65,536 a
changed row keeps its tag, and the root still tells that something was.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import blake2b, sha256

from proxy.evidence.merkle import SIZE

SALT_BYTES = 16
TAG = 2
"""Bytes of a tag."""

_NUMBER = struct.Struct("<Q").pack


def leaf(seed: bytes, seq: int, row: bytes) -> bytes:
    """The leaf of one entry."""
    return sha256(b"\0" + salt(seed, seq) + row).digest()


def salt(seed: bytes, seq: int) -> bytes:
    """The salt of one entry: told with the row in a proof, it tells no other."""
    return blake2b(_NUMBER(seq), key=seed, digest_size=SALT_BYTES).digest()


def salted_leaf(known: bytes, row: bytes) -> bytes:
    """The leaf of a row whose salt is known."""
    return sha256(b"\0" + known + row).digest()


def absent(seq: int) -> bytes:
    """The leaf of an entry that could not be read when it was to be sealed."""
    return sha256(b"\2" + _NUMBER(seq)).digest()


def leaves(seed: bytes, seqs: Iterable[int], rows: Iterable[bytes]) -> list[bytes]:
    """The leaves of rows of one seal, in the order they come in."""
    state = blake2b(key=seed, digest_size=SALT_BYTES)
    found = []
    for seq, row in zip(seqs, rows, strict=True):
        salting = state.copy()
        salting.update(_NUMBER(seq))
        found.append(sha256(b"\0" + salting.digest() + row).digest())
    return found


def tags(run: bytes | bytearray) -> bytes:
    """The tags of leaves that stand one after the other."""
    found = bytearray(len(run) // SIZE * TAG)
    found[::2] = run[::SIZE]
    found[1::2] = run[1::SIZE]
    return bytes(found)
