"""What happens before the first commit: the lock, and whom to trust."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from proxy.journal import layout, segment
from proxy.journal.cursor import Cursor
from proxy.journal.locking import Held, lock_file
from proxy.journal.model import JournalBusy, JournalFailed, SetAside


def lock(directory: Path) -> int:
    """Make the directory private and become its only writer.

    Returns the descriptor that holds the lock; it ends with the process.

    Raises:
        JournalBusy: another process holds it.
        OSError: the directory cannot be used.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_mode & 0o077:
        directory.chmod(0o700)
    try:
        return lock_file(directory / layout.LOCK)
    except Held as held:
        raise JournalBusy(
            f"the journal in {directory} is in use by process {held};"
            " a journal has one recorder"
        ) from None


def newest_state(
    name: layout.SegmentName, cursor: Cursor, now_ms: int
) -> segment.State | SetAside:
    """The newest segment's state, or why a fresh epoch must begin without it.

    Older segments are no substitute: their sessions are out of date, and a view
    under a stale session is a view under the wrong name.

    Raises:
        JournalFailed: a later version wrote it.
        sqlite3.OperationalError: the disk failed or the operator's permissions
            are wrong, which is no reason to give the segment up.
    """
    try:
        with closing(segment.connect(name.path)) as connection:
            found = segment.check(connection)
    except segment.NewerFormat as problem:
        raise JournalFailed(f"{name.path} cannot be used: {problem}") from problem
    except (sqlite3.DatabaseError, segment.Untrustworthy) as problem:
        if isinstance(problem, sqlite3.OperationalError):
            raise
        return _set_aside(name, str(problem), now_ms)
    if (found.epoch, found.first) != (name.epoch, name.first):
        return _set_aside(name, "its name and its meta differ", now_ms)
    if cursor.epoch == found.epoch and cursor.shipped > found.last:
        # A copy from before, or a later segment removed by hand: to go on would
        # give numbers out twice, and the store drops what it has seen. What is
        # in it can still be shipped, so it stays.
        return SetAside(
            path=name.path,
            epoch=name.epoch,
            first=name.first,
            reason=f"it ends at {found.last}; {cursor.shipped} was shipped before",
        )
    return found


def _set_aside(name: layout.SegmentName, reason: str, now_ms: int) -> SetAside:
    return SetAside(
        path=layout.set_aside(name.path, now_ms),
        epoch=name.epoch,
        first=name.first,
        reason=reason,
    )
