"""A wire's word on disk that it has begun, until a recorder knows of it: an edge.

A wire relays from its first moment, also when no recorder is there. Should it die
before one has heard of it, nobody would know that there was anything to record. So
it leaves ``DIRECTORY/BOOT.begun``, synced, before it accepts; the recorder that
knows it takes the file away, and so does the wire when it ends with nothing owed.
What is left is made a gap.

Failure modes: a file that cannot be written or removed is logged; one that cannot
be read counts as begun when it was last changed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path

logger = logging.getLogger(__name__)

SUFFIX = ".begun"


def write(directory: Path, boot: int, wall_ns: int) -> None:
    """Put it there; relaying does not depend on it."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = _path(directory, boot)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, b"%d\n" % wall_ns)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        entries = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(entries)
        finally:
            os.close(entries)
    except OSError as error:
        logger.warning("that it has begun cannot be noted: %s", error.strerror)


def remove(directory: Path, boot: int) -> None:
    """Take it away: a recorder's journal knows the wire, or it owes nothing."""
    try:
        _path(directory, boot).unlink(missing_ok=True)
    except OSError as error:
        logger.warning("that it had begun cannot be removed: %s", error.strerror)


def left_behind(
    directory: Path, living: Iterable[int], before_ns: int
) -> dict[int, int]:
    """Wires that began before ``before_ns`` (wall clock) and are not among the
    living: boot → when."""
    known = set(living)
    found = {}
    for path in directory.glob(f"*{SUFFIX}"):
        try:
            boot = int(path.stem, 16)
            if boot in known:
                continue
            text = path.read_bytes()
            # Without its end half a number may stand there: a year long past.
            whole = text.endswith(b"\n") and text[:-1].isdigit()
            since_ns = int(text) if whole else path.stat().st_mtime_ns
        except (OSError, ValueError):
            continue
        if since_ns < before_ns:
            found[boot] = since_ns
    return found


def _path(directory: Path, boot: int) -> Path:
    return directory / f"{boot:016x}{SUFFIX}"
