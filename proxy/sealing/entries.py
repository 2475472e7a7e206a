"""Entries of the journal to leaves. Pure.

An entry is sealed as the row that the store will hold of it, so it goes through
the one mapping from events to rows. One that is no event of this version is
absent from the seal, which says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from proxy.events import decode
from proxy.evidence.canonical import Encoder, NotCanonical, places
from proxy.evidence.columns import VERSION
from proxy.evidence.leaves import absent, leaves
from proxy.journal.model import Entry
from proxy.store.row_of import Row
from proxy.store.tables import Table, table_for


@dataclass(slots=True)
class Leaves:
    """Leaves of consecutive entries."""

    run: bytes = b""
    """One after the other."""
    absent: list[int] = field(default_factory=list)
    rulesets: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Group:
    table: Table
    seqs: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


class Leafing:
    """Makes leaves of entries; keeps an encoder a table."""

    def __init__(self) -> None:
        self._encoders: dict[str, Encoder] = {}

    def leaves(
        self, entries: Sequence[Entry], node: str, epoch: int, seed: bytes
    ) -> Leaves:
        """The leaves of consecutive entries of one epoch."""
        groups: dict[str, _Group] = {}
        found: dict[int, bytes] = {}
        result = Leaves()
        for entry in entries:
            try:
                event = decode(entry.body)
                table = table_for(event)
                row = table.row(event, node, epoch, entry.seq)
            except (msgspec.MsgspecError, TypeError, ValueError):
                result.absent.append(entry.seq)
                continue
            group = groups.setdefault(table.name, _Group(table))
            group.seqs.append(entry.seq)
            group.rows.append(row)
            result.rulesets.add(getattr(event, "ruleset", ""))
        for group in groups.values():
            found.update(self._group(group, seed, result))
        for seq in result.absent:
            found[seq] = absent(seq)
        result.run = b"".join(found[entry.seq] for entry in entries)
        result.rulesets.discard("")
        return result

    def _group(self, group: _Group, seed: bytes, result: Leaves) -> dict[int, bytes]:
        name = group.table.name
        encoder = self._encoders.get(name)
        if encoder is None:
            encoder = self._encoders[name] = Encoder(name)
        order = places(name, group.table.columns, VERSION)
        columns = list(zip(*group.rows, strict=True))
        try:
            canonical = list(encoder.rows([columns[n] for n in order]))
        except NotCanonical:
            return self._one_by_one(group, order, encoder, seed, result)
        made = leaves(seed, group.seqs, canonical)
        return dict(zip(group.seqs, made, strict=True))

    def _one_by_one(
        self,
        group: _Group,
        order: tuple[int, ...],
        encoder: Encoder,
        seed: bytes,
        result: Leaves,
    ) -> dict[int, bytes]:
        """A value that fits no column costs its own row only."""
        found = {}
        for seq, row in zip(group.seqs, group.rows, strict=True):
            try:
                canonical = encoder.row([row[n] for n in order])
            except NotCanonical:
                result.absent.append(seq)
            else:
                found[seq] = leaves(seed, [seq], [canonical])[0]
        return found
