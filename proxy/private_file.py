"""Files with a secret: read only while nobody else can.

Private is a file that its owner alone may read, or the one form in which
Kubernetes hands out a Secret to a process that is not root: owned by root, readable
by a group of this process, by nobody else, and written by none of both.

Failure modes: ``UsageError`` with the file and what to do, never its content.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from proxy.errors import UsageError


def read(path: Path, what: str = "this secret") -> bytes:
    """The content of a private file.

    Raises:
        UsageError: it cannot be read, or others may read it.
    """
    try:
        with path.open("rb") as file:
            refuse_shared(path, os.fstat(file.fileno()))
            return file.read()
    except OSError as error:
        raise UsageError(f"{path}: cannot read {what}: {error.strerror}") from error


def refuse_shared(path: Path, found: os.stat_result) -> None:
    """Make sure that nobody else may read it.

    Raises:
        UsageError: somebody else may.
    """
    mode = stat.S_IMODE(found.st_mode)
    groups = frozenset((os.getegid(), *os.getgroups()))
    ours = found.st_gid in groups and os.geteuid() != 0
    if not private(mode, owner=found.st_uid, ours=ours):
        raise UsageError(
            f"{path}: may be read by others (mode {mode:04o}); run: chmod 600 {path}"
        )


def private(mode: int, *, owner: int, ours: bool) -> bool:
    """Whether a file is this process's alone.

    Args:
        mode: its permissions.
        owner: the user it belongs to.
        ours: its group is one of this process's, which is not root.
    """
    if mode & 0o077 == 0:
        return True
    return mode & 0o037 == 0 and owner == 0 and ours
