"""Open gaps on the wire's own disk: an edge.

Before a wire shows what no recorder has on disk, it writes since when and why to
``DIRECTORY/BOOT.json``, whole and synced. A wire that lives tells the recorder in
its stream and removes the file once that is committed. The marker of a wire that
died is what a recorder makes its gap of.

Failure modes: a marker that cannot be written is logged and counted; the bytes
pass all the same, which is what ``open`` means. A file that cannot be read is a
gap without details, never nothing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

logger = logging.getLogger(__name__)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One application that is relayed unrecorded."""

    since_ns: int
    """Wall clock."""
    reason: str


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """What one wire left on disk."""

    boot: int
    marks: dict[str, Mark]


def write(directory: Path, boot: int, marks: Mapping[str, Mark]) -> None:
    """Put the marker there, durably, in the place of the one before.

    Raises:
        OSError: the disk does not take it.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = _path(directory, boot)
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        content = msgspec.json.encode(Marker(boot=boot, marks=dict(marks)))
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    _sync(directory)


def remove(directory: Path, boot: int) -> None:
    """Take it away: its gap is on disk elsewhere."""
    try:
        _path(directory, boot).unlink(missing_ok=True)
    except OSError as error:
        logger.warning("a marker cannot be removed: %s", error.strerror)


def left_behind(directory: Path, living: Iterable[int]) -> list[Marker]:
    """Markers of wires that are not among the living."""
    known = set(living)
    found = []
    for path in sorted(directory.glob("*.json")):
        try:
            boot = int(path.stem, 16)
        except ValueError:
            continue
        if boot in known:
            continue
        try:
            marker = msgspec.json.decode(path.read_bytes(), type=Marker)
        except (OSError, msgspec.MsgspecError):
            marker = Marker(
                boot=boot, marks={"": Mark(since_ns=0, reason="unreadable_marker")}
            )
        found.append(msgspec.structs.replace(marker, boot=boot))
    return found


def _path(directory: Path, boot: int) -> Path:
    return directory / f"{boot:016x}.json"


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
