"""The shipper's cursor: how far the store has come, in a file of its own.

Format: one JSON object in ``shipped.json``, replaced as a whole (write, fsync,
rename, fsync of the directory), so that it is the old or the new one and never
half of either. The shipper writes it, the journal reads it to know which
segments may go.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from proxy.journal import layout

CURSOR = "shipped.json"
"""Its name in the journal's directory, unless a config says otherwise."""
SEALED = "sealed.json"
"""The sealer's mark, in the same form: what it counts is sealed."""
LDV = "ldv.json"
"""The mark of the lines for citizens: what it counts was sent."""


class Cursor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Progress within one epoch; every earlier epoch is done and counted."""

    format: int = 1
    epoch: int = 0
    shipped: int = 0
    """Last sequence number that was acknowledged by the store, or rejected."""
    counted: int = 0
    """Last one up to which the rows in the store were counted."""
    batch: tuple[int, int] | None = None
    """First and last of the batch whose sending has begun and is not known to
    have ended. It is never formed differently."""
    stored: dict[str, int] = {}
    """Rows per table in (counted, shipped] that the store must hold."""
    unsure: tuple[int, int] = (0, 0)
    """Entries up to this (epoch, sequence) may be in the store without this
    file knowing: after it was lost, or when the count was short."""


class CursorDamaged(ValueError):
    """The file is there and cannot be read as a cursor."""


_decoder = msgspec.json.Decoder(Cursor)


def load(path: Path) -> Cursor | None:
    """Read the cursor; None when there is none.

    Raises:
        CursorDamaged: the file says nothing that can be used.
        OSError: it cannot be read.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        cursor = _decoder.decode(text)
    except msgspec.MsgspecError as problem:
        raise CursorDamaged(f"{path}: {problem}") from problem
    if cursor.format != 1 or not 0 <= cursor.counted <= cursor.shipped:
        raise CursorDamaged(f"{path}: contradicts itself")
    return cursor


def save(path: Path, cursor: Cursor) -> None:
    """Replace the cursor durably.

    Raises:
        OSError: the disk refused; the old one still stands.
    """
    temporary = path.with_name(path.name + ".tmp")
    descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(msgspec.json.encode(cursor))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    layout.sync_directory(path.parent)
