"""A row's canonical bytes: the same from the event and from the store.

Format, all numbers little endian::

    row     = version (1 byte) ‖ text(table) ‖ numbers ‖ others
    numbers = the NUMBER and SIGNED columns in order, 8 bytes each
    others  = the other columns in order
    text    = length in bytes (4 bytes) ‖ UTF-8;  bytes: the same, unencoded
    texts   = how many (4 bytes) ‖ text, text, …
    terms   = how many (4 bytes) ‖ (text ‖ text ‖ number), …

Two different rows never have the same bytes: each part says how long it is, and
the version says which parts there are.

Failure modes: ``NotCanonical`` for a value that is not of its column's kind.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from proxy.evidence.columns import VERSION, Column, Kind, columns

_LENGTH = struct.Struct("<I").pack
_NUMBER = struct.Struct("<Q").pack
_NUMERIC = {Kind.NUMBER, Kind.SIGNED}

_TOGETHER = 4
_MOST_KNOWN = 50_000
"""Encoded texts kept for the next rows: names, paths, addresses repeat."""


class NotCanonical(ValueError):
    """A value is not what its column holds."""


class _Known(dict[Any, bytes]):
    """Encoded values; one that is not there is encoded."""

    def __init__(self, encode: Callable[[Any], bytes]) -> None:
        super().__init__()
        self._encode = encode

    def __missing__(self, value: object) -> bytes:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        found = self[value] = self._encode(value)
        return found


def _text(value: str) -> bytes:
    data = value.encode()
    return _LENGTH(len(data)) + data


def _bytes(value: bytes) -> bytes:
    return _LENGTH(len(value)) + value


class Encoder:
    """Canonical bytes of rows of one table. Not shared between threads."""

    def __init__(self, table: str, version: int = VERSION) -> None:
        wanted = columns(table, version)
        self.names = tuple(column.name for column in wanted)
        """The order in which values come in."""
        numeric = [n for n, column in enumerate(wanted) if column.kind in _NUMERIC]
        others = [n for n, column in enumerate(wanted) if n not in numeric]
        self._numeric = numeric
        self._head = struct.pack("<B", version) + _bytes(table.encode())
        self._pack = struct.Struct(
            "<" + "".join(wanted[n].kind.value for n in numeric)
        ).pack
        self._texts = _Known(_text)
        self._lists = _Known(self._list)
        self._term_lists = _Known(self._terms)
        self._groups: list[tuple[tuple[int, ...], Callable[[Any], bytes]]] = [
            (run, _Known(self._together).__getitem__)
            if len(run) > 1
            else (run, self._part(wanted[run[0]]))
            for run in _groups(wanted, others)
        ]

    def rows(self, values: Sequence[Sequence[Any]]) -> Iterator[bytes]:
        """The bytes of each of many rows, given column by column; lists as tuples.

        Raises:
            NotCanonical: a value is not what its column holds.
        """
        try:
            parts: list[Iterable[bytes]] = [
                map(self._pack, *(values[n] for n in self._numeric))
            ]
            parts += [
                map(part, zip(*(values[n] for n in run), strict=True))
                if len(run) > 1
                else map(part, values[run[0]])
                for run, part in self._groups
            ]
            head = self._head
            for row in zip(*parts, strict=True):
                yield head + b"".join(row)
        except (struct.error, TypeError, AttributeError, ValueError) as error:
            raise NotCanonical(f"{type(error).__name__}: {error}") from error

    def row(self, values: Sequence[Any]) -> bytes:
        """The bytes of one row.

        Raises:
            NotCanonical: a value is not what its column holds.
        """
        return next(self.rows([(value,) for value in values]))

    def _part(self, column: Column) -> Callable[[Any], bytes]:
        match column.kind:
            case Kind.TEXT:
                return self._texts.__getitem__
            case Kind.BYTES:
                return _bytes
            case Kind.TEXTS:
                return self._lists.__getitem__
            case _:
                return self._term_lists.__getitem__

    def _together(self, values: tuple[str, ...]) -> bytes:
        return b"".join(map(self._texts.__getitem__, values))

    def _list(self, values: tuple[str, ...]) -> bytes:
        return _LENGTH(len(values)) + b"".join(map(self._texts.__getitem__, values))

    def _terms(self, values: tuple[tuple[str, str, int], ...]) -> bytes:
        text = self._texts
        return _LENGTH(len(values)) + b"".join(
            text[name] + text[value] + _NUMBER(key) for name, value, key in values
        )


def _groups(wanted: Sequence[Column], others: Sequence[int]) -> list[tuple[int, ...]]:
    """Texts side by side that are encoded, and kept, together.

    They repeat together: whose session it is fills eight columns and changes with
    a login. It is only faster; the bytes are the same.
    """
    found: list[tuple[int, ...]] = []
    before: object = None
    for n in others:
        column = wanted[n]
        actor = column.name.startswith("actor")
        kind = (column.kind, actor)
        most = _TOGETHER * (2 if actor else 1)
        if column.kind is Kind.TEXT and kind == before and len(found[-1]) < most:
            found[-1] = (*found[-1], n)
        else:
            found.append((n,))
        before = kind
    return found


@cache
def places(table: str, names: tuple[str, ...], version: int) -> tuple[int, ...]:
    """Where the columns of this version stand among ``names``.

    Raises:
        NotCanonical: one of them is not there.
    """
    wanted = [column.name for column in columns(table, version)]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise NotCanonical(f"{table}: no column {', '.join(missing)}")
    return tuple(map(names.index, wanted))
