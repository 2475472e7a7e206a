"""Whose files these are: operators type commands as root, a sidecar is a user.

A key file that root rewrote as its own would keep the sidecar from its next start. So
a command that changes something in the state directory does it as the user who owns
that directory: then the files are that user's, and the kernel holds the command to
that user's rights, whatever lies there. A process that keeps running is refused
instead: everything it makes would be root's.

Failure modes: ``UsageError`` with whose the directory is and what to type.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proxy.errors import UsageError


@contextmanager
def as_owner_of(path: Path) -> Iterator[None]:
    """As the user a file or directory belongs to, when root asks; else as we are.

    For commands, which have one thread: the user is the process's meanwhile.
    """
    owner = _foreign(path)
    if owner is None:
        yield
        return
    before = os.getegid(), os.getgroups()
    os.setgroups([owner.st_gid])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(before[0])
        os.setgroups(before[1])


def refuse_root(state: Path) -> None:
    """Make sure that a process that keeps running does not leave root's files there.

    Raises:
        UsageError: this is root, and the state directory is another user's.
    """
    owner = _foreign(state)
    if owner is not None:
        name = _name(owner.st_uid)
        raise UsageError(
            f"{state}: belongs to {name}, and this is root: start the service, or run: "
            f"runuser -u {name} -- whosaw ..."
        )


def make(state: Path) -> None:
    """The state directory, which this process can write to.

    Raises:
        UsageError: it cannot.
    """
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(
            f"{state}: the state directory cannot be made: {error.strerror}; "
            "'state' in the config says where it is"
        ) from error
    if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
        raise UsageError(
            f"{state}: the state directory is not for {_name(os.geteuid())}; "
            "give it to the user of the sidecar"
        )


def _foreign(path: Path) -> os.stat_result | None:
    """Whose it is, if this is root and root does not own it."""
    if os.geteuid() != 0:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return None if found.st_uid == 0 else found


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
