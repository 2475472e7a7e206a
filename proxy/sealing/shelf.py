"""The seals of one node on disk.

Format, in a directory of 0700::

    <node>-<number of the first>.jsonl  ``Signed``, one a line, appended to only
    waiting/<node>-<number>.json        ``Sealed`` with its secret parts, until
                                        the store has it
    timestamps/<node>-<number>.tsr      answers of time-stamping authorities
    anchored.json                       number of the last anchored seal by anchor
    outages.json                        when anchors were away

A node that gets another name begins a chain of its own beside the old one.

A new file begins every ``PER_FILE`` seals; older ones may be moved away.

Failure modes: ``OSError`` from the disk; nothing is half done then. A chain that
ends in something that is no seal is ``ShelfDamaged``: a person must look.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from proxy.errors import WhosawError
from proxy.evidence.seal import Seal, Sealed, SealRefused, Signed, read
from proxy.journal import layout
from proxy.sealing import outages

TIMESTAMPS = "timestamps"
PER_FILE = 50_000
"""Seals in a file: a month of minutes, some 30 MB."""


class ShelfDamaged(WhosawError):
    """The seals on disk cannot be continued."""


class Shelf:
    """The seals in ``directory``; one process writes them."""

    def __init__(self, directory: Path, per_file: int = PER_FILE) -> None:
        self.directory = directory
        self._per_file = per_file
        self._waiting = directory / "waiting"
        self.timestamps = directory / TIMESTAMPS
        for each in (directory, self._waiting, self.timestamps):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.last: tuple[Seal, Signed] | None = None
        """The newest seal."""
        self._doubtful: tuple[Path, int] | None = None
        """A file whose last append failed, and how long it was before."""
        self._begin()

    def append(self, seal: Seal, sealed: Sealed) -> None:
        """Keep a seal durably, with its secret parts beside it.

        Raises:
            OSError: the disk refused; the same seal may be appended again.
        """
        _replace(self._waiting / _stem(seal), msgspec.json.encode(sealed))
        first = (seal.number - 1) // self._per_file * self._per_file + 1
        path = self.directory / f"{seal.node}-{first:012d}.jsonl"
        if self._doubtful is not None:
            # Half a line, or a whole one whose sync failed: it would stand twice.
            _cut(*self._doubtful)
            self._doubtful = None
        try:
            whole = path.stat().st_size
        except FileNotFoundError:
            whole = 0
        self._doubtful = path, whole
        _append(path, sealed.line() + b"\n")
        if not whole:
            layout.sync_directory(self.directory)
        self._doubtful = None
        self.last = seal, Signed(body=sealed.body, signature=sealed.signature)

    def signed(self) -> Iterator[Signed]:
        """Every seal, in order."""
        for path in self._files():
            with path.open("rb") as file:
                for line in file:
                    yield msgspec.json.decode(line, type=Signed)

    def waiting(self, most: int) -> list[tuple[Seal, Sealed]]:
        """Seals the store does not have yet, the oldest first."""
        found = []
        for path in sorted(self._waiting.glob("*.json"))[:most]:
            sealed = msgspec.json.decode(path.read_bytes(), type=Sealed)
            seal = read(sealed.body)
            # The one that is being written is on the shelf only with its line.
            newest = self.last[0] if self.last else None
            if newest is None or newest.node != seal.node:
                written = newest is not None
            else:
                written = seal.number <= newest.number
            if written:
                found.append((seal, sealed))
        return found

    def stored(self, seal: Seal) -> None:
        """The store has this seal and its seed: forget the secret parts here."""
        (self._waiting / _stem(seal)).unlink(missing_ok=True)

    def anchored(self) -> dict[str, int]:
        """Number of the last anchored seal, by anchor."""
        return outages.anchored(self.directory)

    def note_anchored(self, numbers: dict[str, int]) -> None:
        """Remember how far each anchor has come."""
        _replace(self.directory / "anchored.json", msgspec.json.encode(numbers))

    def note_outages(self, known: Sequence[outages.Outage]) -> None:
        """Remember when anchors were away."""
        _replace(self.directory / outages.FILE, msgspec.json.encode(known))

    def _files(self) -> list[Path]:
        return sorted(self.directory.glob("*.jsonl"))

    def _begin(self) -> None:
        """Find the newest seal; cut off what a crash left of one."""
        for path in self._files():
            with path.open("r+b") as file:
                data = file.read()
                whole = data.rfind(b"\n") + 1
                if whole < len(data):
                    file.truncate(whole)
            for line in data[:whole].splitlines()[-1:]:
                found = _read(path, line)
                if self.last is None or found[0].epoch >= self.last[0].epoch:
                    self.last = found


def _stem(seal: Seal) -> str:
    return f"{seal.node}-{seal.number:012d}.json"


def _read(path: Path, line: bytes) -> tuple[Seal, Signed]:
    try:
        signed = msgspec.json.decode(line, type=Signed)
        return read(signed.body), signed
    except (msgspec.MsgspecError, UnicodeDecodeError, SealRefused) as error:
        raise ShelfDamaged(
            f"{path}: its last line is no seal ({error}); put the file back"
            " from a copy: a chain that begins anew proves less"
        ) from error


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cut(path: Path, size: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    layout.sync_directory(path.parent)
