"""Entries to rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, assert_never

import msgspec

from proxy.events import (
    AttributionLearned,
    ConnectionEnded,
    ExchangeRecorded,
    GapRecorded,
    HeartbeatRecorded,
    IdentifiersPaired,
    SessionChanged,
    ViewRecorded,
    decode,
)
from proxy.events.custody import CaptureMade, InquiryRecorded, SubjectSeen
from proxy.journal.model import Entry
from proxy.store.row_of import Row
from proxy.store.tables import Table, table_for


class Numbered(NamedTuple):
    """A row and the entry it came from."""

    entry: Entry
    row: Row


class Unreadable(NamedTuple):
    """An entry that no row can be made of, and why."""

    entry: Entry
    reason: str


@dataclass(slots=True)
class Split:
    """The rows of a batch, by table, in the order of their numbers."""

    tables: dict[str, Table] = field(default_factory=dict)
    rows: dict[str, list[Numbered]] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)


def split(entries: Sequence[Entry], node: str, epoch: int) -> Split:
    """Decode entries and sort them by table; nothing is lost on the way."""
    result = Split()
    for entry in entries:
        try:
            event = decode(entry.body)
            table = table_for(event)
            row = table.row(event, node, epoch, entry.seq)
        except msgspec.MsgspecError as problem:
            result.unreadable.append(Unreadable(entry, f"not an event: {problem}"))
        # Fail open: a mapping that cannot take one event costs that event a
        # place in the store, not every later one.
        except Exception as problem:  # noqa: BLE001
            reason = f"no row: {type(problem).__name__}: {problem}"
            result.unreadable.append(Unreadable(entry, reason))
        else:
            result.tables[table.name] = table
            result.rows.setdefault(table.name, []).append(Numbered(entry, row))
    return result


def happened_ns(body: bytes) -> int | None:
    """When the event was about to be known, ns since the epoch.

    None for bytes that are not an event.
    """
    try:
        event = decode(body)
    except msgspec.MsgspecError:
        return None
    match event:
        case ExchangeRecorded() | ConnectionEnded():
            return event.ended_ns
        case ViewRecorded():
            return event.started_ns
        case AttributionLearned() | SessionChanged() | HeartbeatRecorded():
            return event.at_ns
        case IdentifiersPaired() | CaptureMade() | SubjectSeen() | InquiryRecorded():
            return event.at_ns
        case GapRecorded():
            return event.to_ns
        case _:
            assert_never(event)
