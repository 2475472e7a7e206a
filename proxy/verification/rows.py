"""Rows as they travel: lines of JSON, the same from a store and in an export.

A line is an array of the columns of the newest version, node, epoch and seq
first; times are ns since 1970, bytes are hex. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from proxy.evidence.canonical import Encoder, NotCanonical, places
from proxy.evidence.columns import Column, Kind, columns
from proxy.evidence.leaves import leaves, salted_leaf

IDENTITY = ("node", "epoch", "seq")

_TYPES: dict[Kind, Any] = {
    Kind.NUMBER: int,
    Kind.SIGNED: int,
    Kind.TEXT: str,
    Kind.BYTES: str,
    Kind.TEXTS: tuple[str, ...],
    Kind.TERMS: tuple[tuple[str, str, int], ...],
}


class Part(NamedTuple):
    """What a worker needs of one seal."""

    first: int
    last: int
    seed: bytes
    salts: Mapping[int, bytes] | None = None
    """By number, instead of the seed: of a seal whose other rows were erased."""


@dataclass(slots=True)
class Made:
    """Leaves of a run of lines."""

    seqs: list[int] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    """One for each of ``seqs``; empty for a row without canonical bytes."""
    strays: list[tuple[str, int, int]] = field(default_factory=list)
    """Rows that do not belong here: node, epoch, seq."""
    broken: int = 0
    """Lines that are no row at all."""
    ordered: bool = True
    """Whether their numbers rise."""


def expression(column: Column) -> str:
    """How a store is asked for the value of a column."""
    name = column.name
    match column.kind:
        case Kind.NUMBER:
            return f"toUInt64({name})"
        case Kind.SIGNED if name.endswith("_ns"):
            return f"toInt64({name})"
        case Kind.SIGNED:
            return f"toUnixTimestamp64Nano({name})"
        case Kind.TEXT:
            return f"toString({name})"
        case Kind.BYTES:
            return f"lower(hex({name}))"
        case Kind.TEXTS:
            return f"arrayMap(each -> toString(each), {name})"
        case _:
            return name


@cache
def _decoder(table: str, names: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    kinds = {column.name: column.kind for column in columns(table)}
    types = [_TYPES[kinds[name]] if name in kinds else Any for name in names]
    return msgspec.json.Decoder(tuple[tuple(types)], strict=False)  # type: ignore[misc]


@cache
def _encoder(table: str, version: int) -> Encoder:
    return Encoder(table, version)


def make(
    table: str,
    names: tuple[str, ...],
    version: int,
    lines: bytes,
    where: tuple[str, int],
    parts: Sequence[Part],
) -> Made:
    """The leaves of these lines.

    Args:
        table: whose rows they are.
        names: the columns of a line.
        version: of the columns the seals cover.
        lines: whole lines.
        where: node and epoch of all of them.
        parts: seals they belong to, in order.
    """
    made = Made()
    rows = _decoded(_decoder(table, names), lines, made)
    rows = _belonging(rows, where, parts, made)
    if not rows:
        return made
    values: list[Sequence[Any]] = list(zip(*rows, strict=True))
    seqs = values[2]
    made.ordered = all(a < b for a, b in pairwise(seqs))
    made.seqs = list(seqs)
    order = places(table, names, version)
    kinds = [column.kind for column in columns(table, version)]
    try:
        wanted = [
            [bytes.fromhex(each) for each in values[n]]
            if kind is Kind.BYTES
            else values[n]
            for n, kind in zip(order, kinds, strict=True)
        ]
        canonical = list(_encoder(table, version).rows(wanted))
    except (NotCanonical, ValueError):
        made.leaves = [
            _one(table, version, row, seq, order, parts)
            for row, seq in zip(rows, seqs, strict=True)
        ]
        return made
    if len(parts) == 1:
        made.leaves = _of_one(seqs, canonical, parts[0])
        return made
    made.leaves = _of_many(seqs, canonical, parts)
    return made


def _of_one(seqs: Sequence[int], canonical: Sequence[bytes], part: Part) -> list[bytes]:
    """Leaves of rows of one seal; empty where its salts have none of this row."""
    if part.salts is None:
        return leaves(part.seed, seqs, canonical)
    known = [part.salts.get(seq) for seq in seqs]
    return [
        salted_leaf(each, row) if each is not None else b""
        for each, row in zip(known, canonical, strict=True)
    ]


def _of_many(
    seqs: Sequence[int], canonical: Sequence[bytes], parts: Sequence[Part]
) -> list[bytes]:
    """Leaves of rows that belong to several seals, in any order."""
    firsts = [part.first for part in parts]
    groups: dict[int, list[int]] = {}
    for at, seq in enumerate(seqs):
        groups.setdefault(bisect_right(firsts, seq) - 1, []).append(at)
    found = [b""] * len(seqs)
    for number, members in groups.items():
        made = _of_one(
            [seqs[at] for at in members],
            [canonical[at] for at in members],
            parts[number],
        )
        for at, leaf in zip(members, made, strict=True):
            found[at] = leaf
    return found


def _decoded(
    decoder: msgspec.json.Decoder[Any], lines: bytes, made: Made
) -> list[tuple[Any, ...]]:
    try:
        return list(decoder.decode_lines(lines))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    found = []
    for line in lines.splitlines():
        try:
            found.append(decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            identity = identity_of(line)
            if identity is None:
                made.broken += 1
            else:
                made.strays.append(identity)
    return found


def _belonging(
    rows: list[tuple[Any, ...]],
    where: tuple[str, int],
    parts: Sequence[Part],
    made: Made,
) -> list[tuple[Any, ...]]:
    first, last = parts[0].first, parts[-1].last
    if not rows:
        return rows
    nodes, epochs, seqs = ([row[n] for row in rows] for n in range(3))
    if (
        {*nodes} == {where[0]}
        and {*epochs} == {where[1]}
        and min(seqs) >= first
        and max(seqs) <= last
    ):
        return rows
    kept = []
    for row in rows:
        if row[:2] == where and first <= row[2] <= last:
            kept.append(row)
        else:
            made.strays.append((row[0], row[1], row[2]))
    return kept


def _one(
    table: str,
    version: int,
    row: tuple[Any, ...],
    seq: int,
    order: Sequence[int],
    parts: Sequence[Part],
) -> bytes:
    kinds = [column.kind for column in columns(table, version)]
    try:
        values = [
            bytes.fromhex(row[n]) if kind is Kind.BYTES else row[n]
            for n, kind in zip(order, kinds, strict=True)
        ]
        canonical = _encoder(table, version).row(values)
    except (NotCanonical, ValueError):
        return b""
    return _of_many([seq], [canonical], parts)[0]


def identity_of(line: bytes) -> tuple[str, int, int] | None:
    """Node, epoch and number of a row; None when it has none."""
    try:
        row = msgspec.json.decode(line, type=list[Any], strict=False)
        return str(row[0]), int(row[1]), int(row[2])
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        ValueError,
        IndexError,
        TypeError,
    ):
        return None
