"""Names in a journal's directory.

``<epoch>-<first>.journal`` is a segment, both numbers with 20 digits so that
names sort by age; SQLite puts ``-wal``, ``-shm`` and ``-journal`` beside it.
``….journal.corrupt-<ms>`` is one that was set aside, ``….tmp`` one that was not
finished and is removed.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".journal"
SIDE_FILES = ("-wal", "-shm", "-journal")
LOCK = "lock"

_NAME = re.compile(r"(\d{20})-(\d{20})\.journal(\.corrupt-.*)?")


class SegmentName(NamedTuple):
    """A segment by its name; sorts by age."""

    epoch: int
    first: int
    path: Path


def segment_path(directory: Path, epoch: int, first: int) -> Path:
    """Where the segment that begins with this entry lies."""
    return directory / f"{epoch:020d}-{first:020d}{SUFFIX}"


def segments(directory: Path) -> list[SegmentName]:
    """Segments in use, oldest first; empty when there is no directory."""
    return sorted(
        SegmentName(int(match[1]), int(match[2]), directory / name)
        for name in _names(directory)
        if (match := _NAME.fullmatch(name)) and not match[3]
    )


def epochs_seen(directory: Path) -> set[int]:
    """Epochs of every segment, set aside or not: none of them may be reused."""
    return {
        int(match[1])
        for name in _names(directory)
        if (match := _NAME.match(name)) is not None
    }


def size(path: Path) -> int:
    """Bytes of a segment and what SQLite keeps beside it."""
    return sum(_size(path.with_name(path.name + side)) for side in ("", *SIDE_FILES))


def size_set_aside(directory: Path) -> int:
    """Bytes of what was set aside: it takes room until an operator moves it."""
    return sum(
        _size(directory / name)
        for name in _names(directory)
        if ".corrupt-" in name and _NAME.match(name)
    )


def unlink(path: Path) -> None:
    """Remove a segment and what SQLite keeps beside it; absent is fine."""
    for side in ("", *SIDE_FILES):
        path.with_name(path.name + side).unlink(missing_ok=True)


def set_aside(path: Path, stamp_ms: int) -> Path:
    """Rename a segment, with the log it may need, out of the way."""
    target = path.with_name(f"{path.name}.corrupt-{stamp_ms}")
    for side in ("", *SIDE_FILES):
        source = path.with_name(path.name + side)
        with contextlib.suppress(FileNotFoundError):
            source.rename(target.with_name(target.name + side))
    sync_directory(path.parent)
    return target


def remove_unfinished(directory: Path) -> None:
    """Remove what a crash left of segments that were being made."""
    for name in _names(directory):
        if f"{SUFFIX}.tmp" in name:
            (directory / name).unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Make names in this directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _names(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208 names are all that is needed
    except FileNotFoundError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
