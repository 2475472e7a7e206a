"""An export: rows and seals as files, to verify far from any store.

Format, a directory::

    seals.jsonl     ``Sealed``, one a line: by node, then number
    <table>.jsonl   first line: the names of the columns; then rows as in
                    ``rows``, by node, epoch and seq

The order is part of the format, so that a stretch is found by halving and read
once; a row that stands elsewhere is told.

Failure modes: ``UsageError`` for a directory that is no export.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from proxy.errors import UsageError
from proxy.evidence.columns import columns, tables
from proxy.evidence.seal import Seal, Sealed, SealRefused, read
from proxy.verification.rows import IDENTITY, identity_of
from proxy.verification.source import Source, Span

_CHUNK = 1 << 20
_MOST_ROWS = 1_000_000
"""Entries a store sorts at once while an export is written."""


class ExportSource:
    """A ``Source`` over an export."""

    ordered = True

    def __init__(self, directory: Path) -> None:
        if not (directory / "seals.jsonl").is_file():
            raise UsageError(f"{directory}: no export: there is no seals.jsonl in it")
        self._directory = directory
        self._names: dict[str, tuple[str, ...]] = {}
        self._starts: dict[str, int] = {}
        self._at: dict[str, int] = {}
        """By table, where the next stretch begins: all before it was read."""
        self._filling: Iterator[tuple[str, Sealed]] | None = None
        for table in tables():
            self._open(table)

    def nodes(self) -> list[str]:
        """See ``Source``."""
        return sorted({node for node, _ in self._sealed()})

    def seals(self, node: str) -> Iterator[Sealed]:
        """See ``Source``."""
        for name, sealed in self._sealed():
            if name == node:
                yield msgspec.structs.replace(
                    sealed, leaves="", salts="", kept=bool(sealed.leaves)
                )

    def filled(self, seal: Seal, sealed: Sealed) -> Sealed:
        """See ``Source``; read on from the one that was asked for before."""
        if not sealed.kept:
            return sealed
        for turn in range(2):
            if self._filling is None or turn:
                self._filling = self._sealed()
            for name, found in self._filling:
                if (name, found.body) == (seal.node, sealed.body):
                    return msgspec.structs.replace(found, kept=True)
        raise UsageError(f"{self._directory}: changed while it was read")

    def names(self, table: str) -> tuple[str, ...]:
        """See ``Source``."""
        return self._names.get(table, ())

    def lines(
        self,
        table: str,
        node: str,
        epoch: int,
        first: int,  # noqa: ARG002 read on from where the one before ended
        last: int,
    ) -> Iterator[bytes]:
        """See ``Source``. Whatever stands before the end of the stretch and was
        not read yet comes with it."""
        if table not in self._names:
            return
        with self._path(table).open("rb") as file:
            begin = self._at[table]
            end = self._find(file, table, (node, epoch, last + 1))
            self._at[table] = max(begin, end)
            yield from _read(file, begin, end)

    def count(self, table: str, node: str, epoch: int, first: int, last: int) -> int:
        """See ``Source``."""
        if table not in self._names:
            return 0
        with self._path(table).open("rb") as file:
            begin = self._find(file, table, (node, epoch, first))
            end = self._find(file, table, (node, epoch, last + 1))
            return sum(chunk.count(b"\n") for chunk in _read(file, begin, end))

    def spans(self) -> list[Span]:
        """See ``Source``: what was not read as part of a stretch."""
        found: dict[tuple[str, str, int], list[int]] = {}
        for table in self._names:
            with self._path(table).open("rb") as file:
                file.seek(self._at[table])
                for line in file:
                    node, epoch, seq = identity_of(line) or ("", 0, 0)
                    found.setdefault((table, node, epoch), []).append(seq)
        return [
            Span(*key, len(seqs), min(seqs), max(seqs)) for key, seqs in found.items()
        ]

    def _path(self, table: str) -> Path:
        return self._directory / f"{table}.jsonl"

    def _open(self, table: str) -> None:
        path = self._path(table)
        if not path.is_file():
            return
        with path.open("rb") as file:
            head = file.readline()
            try:
                names = tuple(msgspec.json.decode(head, type=list[str]))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                names = ()
            wanted = {column.name for column in columns(table)}
            if names[:3] != IDENTITY or not wanted <= set(names):
                raise UsageError(
                    f"{path}:1: names of the columns expected, node, epoch and seq "
                    f"first: {', '.join(sorted(wanted - set(names)))} missing"
                )
            self._names[table] = names
            self._starts[table] = self._at[table] = file.tell()

    def _sealed(self) -> Iterator[tuple[str, Sealed]]:
        path = self._directory / "seals.jsonl"
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    sealed = msgspec.json.decode(line, type=Sealed)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    raise UsageError(f"{path}:{number}: no seal: {error}") from None
                try:
                    yield read(sealed.body).node, sealed
                except SealRefused:
                    # Told by the chain of the first node: it cannot be placed.
                    yield self._first_node(path), sealed

    def _first_node(self, path: Path) -> str:
        with path.open("rb") as file:
            for line in file:
                try:
                    return read(msgspec.json.decode(line, type=Sealed).body).node
                except (msgspec.MsgspecError, UnicodeDecodeError, SealRefused):
                    continue
        return ""

    def _find(self, file: BinaryIO, table: str, key: tuple[str, int, int]) -> int:
        """Offset of the first line whose row is not before ``key``."""
        low = self._starts[table]
        high = file.seek(0, os.SEEK_END)
        while low < high:
            middle = (low + high) // 2
            begin = _line_start(file, middle, low)
            file.seek(begin)
            line = file.readline()
            identity = identity_of(line)
            if identity is not None and identity < key:
                low = begin + len(line)
            else:
                high = begin
        return low


def _whole(source: Source, sealed: Sealed) -> Sealed:
    try:
        return source.filled(read(sealed.body), sealed)
    except SealRefused:
        return sealed


def _line_start(file: BinaryIO, at: int, low: int) -> int:
    """Where the line begins that ``at`` is in."""
    step = 4096
    while at > low:
        begin = max(low, at - step)
        file.seek(begin)
        found = file.read(at - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        at = begin
    return low


def _read(file: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    file.seek(begin)
    while begin < end:
        data = file.read(min(_CHUNK, end - begin))
        if not data:
            return
        begin += len(data)
        yield data


def sealed_stretches(source: Source) -> list[tuple[str, int, int, int]]:
    """What is sealed, as (node, epoch, first, last), in order."""
    found: list[tuple[str, int, int, int]] = []
    for node in source.nodes():
        for sealed in source.seals(node):
            try:
                seal = read(sealed.body)
            except SealRefused:
                continue
            if not seal.count:
                continue
            before = found[-1] if found else ("", 0, 0, 0)
            follows = before[:2] == (seal.node, seal.epoch)
            if (
                follows
                and seal.first == before[3] + 1
                and seal.last - before[2] < _MOST_ROWS
            ):
                found[-1] = (*before[:3], seal.last)
            else:
                found.append((seal.node, seal.epoch, seal.first, seal.last))
    return found


def write(
    directory: Path, source: Source, stretches: Sequence[tuple[str, int, int, int]]
) -> int:
    """Write an export of these stretches (node, epoch, first, last), in order.

    Returns the number of bytes of rows. ``source`` must give rows in order.

    Raises:
        UsageError: there is one already, or the disk refused.
    """
    size = 0
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (directory / "seals.jsonl").open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            for node in source.nodes():
                for sealed in source.seals(node):
                    file.write(msgspec.json.encode(_whole(source, sealed)) + b"\n")
        for table in tables():
            with (directory / f"{table}.jsonl").open("xb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(msgspec.json.encode(source.names(table)) + b"\n")
                for stretch in stretches:
                    for chunk in source.lines(table, *stretch):
                        size += file.write(chunk)
    except OSError as error:
        raise UsageError(f"{directory}: {error.strerror}") from error
    return size
