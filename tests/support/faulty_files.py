"""A file system that fails when told to, below Python's ``os`` module.

For the small files that are written by plain system calls: cursors, markers, what
was rejected. Calls that change a file under one directory are counted, and one of
them, or some in a row, goes wrong. Reading always works, and what SQLite does goes
another way (``tests.support.faulty_disk``).

A process that is killed is ``Killed``, a ``BaseException``: nothing after it reaches
the disk, whatever ``finally`` tries, until ``mend``.
"""

from __future__ import annotations

import enum
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typing_extensions import Buffer, override


class Fault(enum.Enum):
    """What becomes of one call."""

    FULL = "full"
    """No space left; half of a write has gone through."""
    IO_ERROR = "I/O error"
    SHORT = "short write"
    """A write takes half and says so; other calls succeed."""
    KILL = "kill"
    TORN = "torn"
    """Killed with half of a write done."""


class Killed(BaseException):
    """Stands for kill -9."""


_ERRORS = {Fault.FULL: errno.ENOSPC, Fault.IO_ERROR: errno.EIO}
_ENDS = {Fault.KILL, Fault.TORN}
_HANDED = ("open", "write", "fdopen", "fsync")
_DONE_OR_NOT = ("ftruncate", "replace", "rename", "unlink")
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Files:
    """Decides what becomes of each call; the first is number 1."""

    def __init__(self, directory: Path) -> None:
        self.operations = 0
        self.hit = False
        """Whether the fault has happened."""
        self._prefix = str(directory)
        self._mine: set[int] = set()
        self._fault: Fault | None = None
        self._at = 0
        self._lasting = 1

    def plan(self, fault: Fault, at: int, *, lasting: int = 1) -> None:
        """Disturb ``lasting`` calls from number ``at`` on."""
        self._fault, self._at, self._lasting = fault, at, lasting

    def mend(self) -> None:
        """Everything works from here on."""
        self._fault = None

    def here(self, path: object) -> bool:
        """Whether it is one of the files that are disturbed."""
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(
            self._prefix
        )

    def opened(self, descriptor: int, path: object) -> None:
        """Know this descriptor by its path; numbers are used again."""
        if self.here(path):
            self._mine.add(descriptor)
        else:
            self._mine.discard(descriptor)

    def mine(self, descriptor: int) -> bool:
        """Whether it is of a file that is disturbed."""
        return descriptor in self._mine

    def now(self) -> Fault | None:
        """The fault of the call that begins."""
        if self._fault in _ENDS and self.hit:
            raise Killed
        self.operations += 1
        last = self._at + self._lasting
        if self._fault is None or not self._at <= self.operations < last:
            return None
        self.hit = True
        return self._fault

    def change(self) -> None:
        """A call that is done or not done."""
        fault = self.now()
        if fault in _ENDS:
            raise Killed
        if fault in _ERRORS:
            raise OSError(_ERRORS[fault], os.strerror(_ERRORS[fault]))

    def write(self, real: Callable[[bytes], int | None], data: bytes) -> int | None:
        """A call of which half can be done."""
        fault = self.now()
        if fault is Fault.KILL:
            raise Killed
        if fault is Fault.IO_ERROR:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if fault is None:
            return real(data)
        done = real(data[: len(data) // 2])
        if fault is Fault.TORN:
            raise Killed
        if fault is Fault.FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return done


class _Raw(io.FileIO):
    """A file object's own way to the disk."""

    def __init__(self, descriptor: int, mode: str, files: Files) -> None:
        super().__init__(descriptor, mode)
        self._files = files

    @override
    def write(self, b: Buffer, /) -> int | None:  # type: ignore[override]
        return self._files.write(super().write, bytes(b))


@contextmanager
def faulty_files(directory: Path) -> Iterator[Files]:
    """Calls of ``os`` on files under ``directory`` pass through what is given out."""
    files = Files(directory)
    real: dict[str, Any] = {
        name: getattr(os, name) for name in (*_HANDED, *_DONE_OR_NOT)
    }

    def opening(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if files.here(path) and flags & _CHANGES:
            files.change()
        descriptor: int = real["open"](path, flags, *rest, **more)
        files.opened(descriptor, path)
        return descriptor

    def writing(descriptor: int, data: Any) -> int | None:
        if not files.mine(descriptor):
            return int(real["write"](descriptor, data))
        return files.write(lambda part: real["write"](descriptor, part), bytes(data))

    def handing(descriptor: int, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if files.mine(descriptor) and mode in ("wb", "ab"):
            return io.BufferedWriter(_Raw(descriptor, mode, files))
        return real["fdopen"](descriptor, mode, *rest, **more)

    def syncing(descriptor: int) -> None:
        # Nothing is synced: a kill loses nothing that was written.
        if files.mine(descriptor):
            files.change()
        else:
            real["fsync"](descriptor)

    def changing(name: str) -> Callable[..., Any]:
        def change(first: Any, *rest: Any, **more: Any) -> Any:
            if files.mine(first) if isinstance(first, int) else files.here(first):
                files.change()
            return real[name](first, *rest, **more)

        return change

    hooks = dict(zip(_HANDED, (opening, writing, handing, syncing), strict=True))
    try:
        for name in real:
            setattr(os, name, hooks.get(name) or changing(name))
        yield files
    finally:
        for name, function in real.items():
            setattr(os, name, function)
