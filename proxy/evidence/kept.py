"""What stays of a seal when some of its rows are erased and others are not.

The seed could try whether a guessed row had been there, so it goes with the first
row. Two things take its place: every leaf, from which the root is computed, and
the salt of each row that stays, which opens that row's leaf and no other. Pure.

Format of the salts, hex: per row its number less the seal's first (4 bytes, little
endian) and its salt.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from proxy.evidence.leaves import SALT_BYTES

_SALT = struct.Struct(f"<I{SALT_BYTES}s")


def pack(salts: Mapping[int, bytes], first: int) -> str:
    """Salts by number, of a seal that begins at ``first``."""
    return b"".join(_SALT.pack(seq - first, salts[seq]) for seq in sorted(salts)).hex()


def unpack(text: str, first: int) -> dict[int, bytes]:
    """Salts by number; none for what is no such text."""
    try:
        found = _SALT.iter_unpack(bytes.fromhex(text))
        return {first + at: salt for at, salt in found}
    except (ValueError, struct.error):
        return {}
