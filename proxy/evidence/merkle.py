"""Merkle trees after RFC 9162 2.1: roots and inclusion proofs.

Leaves and inner nodes are hashed with different first bytes, so that neither can
stand for the other. A tree of one leaf is that leaf; a tree of none is SHA-256 of
nothing. Leaves come as one run of bytes, 32 each: 32 MB for a million.
"""

from __future__ import annotations

from hashlib import sha256

SIZE = 32
"""Bytes of a hash."""
EMPTY = sha256().digest()


def root(leaves: bytes | bytearray) -> bytes:
    """The root over leaves that stand one after the other."""
    if not leaves:
        return EMPTY
    level = bytes(leaves)
    while len(level) > SIZE:
        level = _above(level)
    return level


def path(leaves: bytes | bytearray, index: int) -> list[bytes]:
    """The hashes that lead from one leaf to the root, from below.

    Raises:
        IndexError: there is no such leaf.
    """
    level = bytes(leaves)
    if not 0 <= index < len(level) // SIZE:
        raise IndexError(f"leaf {index} of {len(level) // SIZE}")
    found = []
    while len(level) > SIZE:
        beside = (index ^ 1) * SIZE
        if beside < len(level):
            found.append(level[beside : beside + SIZE])
        level = _above(level)
        index >>= 1
    return found


def follow(leaf: bytes, index: int, count: int, siblings: list[bytes]) -> bytes | None:
    """The root that these siblings lead to; None when they do not fit the tree.

    After RFC 9162 2.1.3.2.
    """
    if not 0 <= index < count:
        return None
    last = count - 1
    found = leaf
    for sibling in siblings:
        if last == 0:
            return None
        if index & 1 or index == last:
            found = sha256(b"\1" + sibling + found).digest()
            while index and not index & 1:
                index >>= 1
                last >>= 1
        else:
            found = sha256(b"\1" + found + sibling).digest()
        index >>= 1
        last >>= 1
    return found if last == 0 else None


def _above(level: bytes) -> bytes:
    """The level above: pairs are hashed, a last one alone moves up as it is."""
    pairs = len(level) // (2 * SIZE) * (2 * SIZE)
    hashed = b"".join(
        [
            sha256(b"\1" + level[at : at + 2 * SIZE]).digest()
            for at in range(0, pairs, 2 * SIZE)
        ]
    )
    return hashed + level[pairs:]
