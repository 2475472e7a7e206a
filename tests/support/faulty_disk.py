"""A disk that fails when told to, below SQLite and above the file system.

It is a VFS of the very SQLite the standard library uses, so the journal runs as it
is: the default VFS's files, with their write and sync passed through ``Disk``. Only
files under one directory are counted and disturbed.

Failure modes: ``unavailable`` where SQLite is built into the interpreter and cannot
be reached.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path

_OK, _READONLY, _FULL, _WRITE, _SYNC = 0, 8, 13, 778, 1034
"""Result codes of SQLite; the last two are kinds of SQLITE_IOERR."""

_Write = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Sync = ctypes.CFUNCTYPE(c_int, c_void_p, c_int)
_Open = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))


class _Vfs(Structure):
    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("path_size", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("rest", c_void_p * 15),
    )


class _Methods(Structure):
    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", c_void_p),
        ("truncate", c_void_p),
        ("sync", c_void_p),
        ("rest", c_void_p * 13),
    )


class Fault(enum.Enum):
    """What the disk does to one write or sync."""

    FULL = "full"
    READ_ONLY = "read only"
    IO_ERROR = "I/O error"
    SHORT = "short write"
    """Half of it is written, and told."""
    TORN = "torn write"
    """Half of it is written and the power goes: nothing after it is written."""
    POWER_CUT = "power cut"
    LOST = "lost"
    """Told as done and synced, and gone after the power cut: ``lose``."""


_ENDS = {Fault.TORN, Fault.POWER_CUT}


class Disk:
    """Decides what becomes of each operation; the first is number 1."""

    def __init__(self, directory: Path) -> None:
        self.operations = 0
        self.hit = False
        """Whether the fault has happened."""
        self._prefix = str(directory)
        self._fault: Fault | None = None
        self._at = 0
        self._lasting = 1
        self._lost: tuple[str, int, bytes] | None = None

    def plan(self, fault: Fault, at: int, *, lasting: int = 1) -> None:
        """Disturb ``lasting`` operations from number ``at`` on."""
        self._fault, self._at, self._lasting = fault, at, lasting

    def mend(self) -> None:
        """The disk works from here on."""
        self._fault = None

    def lose(self) -> None:
        """The power was cut: what was said to be synced is not there."""
        if self._lost is not None:
            path, offset, before = self._lost
            if Path(path).exists():
                with Path(path).open("r+b") as file:
                    file.seek(offset)
                    file.write(before)
        self._lost = None

    def now(self, path: str) -> Fault | None:
        """The fault of the operation that begins."""
        if not path.startswith(self._prefix):
            return None
        self.operations += 1
        if self._fault is None or self.operations < self._at:
            return None
        if self._fault not in _ENDS and self.operations >= self._at + self._lasting:
            return None
        first, self.hit = not self.hit, True
        if self._fault is Fault.TORN and not first:
            return Fault.POWER_CUT
        return self._fault

    def remember(self, path: str, offset: int, size: int) -> None:
        """Keep what stands where a write that will be lost goes."""
        with Path(path).open("rb") as file:
            file.seek(offset)
            self._lost = (path, offset, file.read(size).ljust(size, b"\0"))


def unavailable() -> str:
    """Why no such disk can be made here; empty when one can."""
    try:
        _library()
    except (AttributeError, OSError) as problem:
        return f"the interpreter's SQLite cannot be reached: {problem}"
    return ""


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    library.sqlite3_vfs_register.argtypes = [c_void_p, c_int]
    library.sqlite3_vfs_unregister.argtypes = [c_void_p]
    return library


class _Shim:
    """The pointers SQLite holds; they must live as long as a file is open."""

    def __init__(self, real: _Vfs, disk: Disk) -> None:
        self._disk = disk
        self._paths: dict[int, str] = {}
        self._tables: dict[int, _Methods] = {}
        self._kept: list[Callable[..., int]] = []
        self._real = real
        self._real_open = _Open(real.open)
        self._hook = _Open(self._open)
        self.vfs = _Vfs.from_buffer_copy(real)
        self.vfs.name = b"faulty"
        self.vfs.next = None
        self.vfs.open = ctypes.cast(self._hook, c_void_p).value

    def _open(
        self,
        _: int,
        name: int | None,
        file: int,
        flags: int,
        out: ctypes._Pointer[c_int],
    ) -> int:
        # The name is passed on as the pointer it is: SQLite keeps it, and URI
        # parameters behind its end.
        code = int(
            self._real_open(ctypes.addressof(self._real), name, file, flags, out)
        )
        if code == _OK:
            self._paths[file] = ctypes.string_at(name).decode() if name else ""
            place = c_void_p.from_address(file)
            if place.value:
                place.value = ctypes.addressof(self._table(place.value))
        return code

    def _table(self, address: int) -> _Methods:
        found = self._tables.get(address)
        if found is None:
            found = _Methods.from_buffer_copy(_Methods.from_address(address))
            write = self._write(_Write(found.write))
            sync = _Sync(self._sync)
            self._kept += [write, sync]
            found.write = ctypes.cast(write, c_void_p).value  # type: ignore[arg-type]
            found.sync = ctypes.cast(sync, c_void_p).value
            self._tables[address] = found
        return found

    def _write(self, real: Callable[..., int]) -> Callable[..., int]:
        codes = {
            Fault.FULL: _FULL,
            Fault.READ_ONLY: _READONLY,
            Fault.IO_ERROR: _WRITE,
            Fault.POWER_CUT: _WRITE,
        }

        def write(file: int, data: int, size: int, offset: int) -> int:
            path = self._paths[file]
            fault = self._disk.now(path)
            if fault in codes:
                return codes[fault]
            if fault in (Fault.SHORT, Fault.TORN):
                real(file, data, size // 2, offset)
                return _WRITE
            if fault is Fault.LOST:
                self._disk.remember(path, offset, size)
            return real(file, data, size, offset)

        return _Write(write)

    def _sync(self, file: int, _: int) -> int:
        # Nothing is synced: the power is cut by this disk alone, and every sync
        # of the host's would cost milliseconds.
        fault = self._disk.now(self._paths[file])
        return _OK if fault in (None, Fault.LOST) else _SYNC


@contextmanager
def faulty_disk(directory: Path) -> Iterator[Disk]:
    """SQLite's files under ``directory`` pass through the disk that is given out.

    Every connection must be closed before the end.
    """
    library = _library()
    real = library.sqlite3_vfs_find(None)
    disk = Disk(directory)
    shim = _Shim(real.contents, disk)
    library.sqlite3_vfs_register(ctypes.addressof(shim.vfs), 1)
    try:
        yield disk
    finally:
        library.sqlite3_vfs_register(ctypes.addressof(real.contents), 1)
        library.sqlite3_vfs_unregister(ctypes.addressof(shim.vfs))
