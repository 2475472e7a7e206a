"""One process at a time, by a lock on a file that ends with the process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Held(Exception):
    """Another process holds the lock; ``args[0]`` is its process id, or ``?``."""


def lock_file(path: Path) -> int:
    """Take the lock; close the returned descriptor to give it back.

    Raises:
        Held: another process has it.
        OSError: the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace") or "?"
        os.close(descriptor)
        raise Held(holder) from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
