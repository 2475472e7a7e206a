"""Files of staff, caseload and watchlist into the store: all of a file or nothing.

Rows go in first, in parts with fixed bounds and tokens, and the row of
``context_loads`` last: a row counts once its load is there. So a load that broke off
is loaded again as if it had not begun, and the same file again adds nothing. What a
load *is* depends on its bytes, its kind and the ids of the live subject keys: after a
new key the same file is loaded once more.

A caseload or watchlist row is stored once per live key, an employee's own ids under
all of them: views carry the key that was in use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from proxy.context_files import ContextKind, ContextRow, rows_of
from proxy.pseudonym import pseudonym
from proxy.store.port import QuestionsAndRows

PART = 50_000
"""Rows of one insert: one block of the engine, some megabytes."""

_PERIOD = ("valid_from", "valid_to")
_COLUMNS = {
    ContextKind.STAFF: (
        *("load", "line", "employee", "team", "unit", "schedule", "own"),
        *_PERIOD,
    ),
    ContextKind.CASELOAD: (
        *("load", "line", "employee", "subject_type", "subject", "subject_key"),
        *_PERIOD,
    ),
    ContextKind.WATCHLIST: (
        *("load", "line", "subject_type", "subject", "subject_key", "reason"),
        *_PERIOD,
    ),
}
_LOAD_COLUMNS = ("load", "kind", "source", "lines", "loaded_by", "loaded_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextFile:
    """A file that ``proxy.context_files.check`` has passed, and who loads it."""

    kind: ContextKind
    data: bytes
    name: str
    rows: int
    loaded_by: str


def load(
    store: QuestionsAndRows,
    file: ContextFile,
    keys: Mapping[int, bytes],
    now: datetime,
    *,
    part: int = PART,
) -> datetime | None:
    """Load a file; when it was loaded before, then that time and nothing is added.

    Args:
        store: where to.
        file: what.
        keys: every live subject key, by id.
        now: stands on the load.
        part: rows of one insert.

    Raises:
        StoreUnavailable, StoreRejected: nothing of it counts; load it again.
    """
    load_id = _load_id(file, keys)
    found = store.query(
        "SELECT min(loaded_at), count() FROM context_loads "
        "WHERE load = toFixedString(unhex({load:String}), 16)",
        {"load": load_id.hex()},
    )
    before, count = found.rows[0]
    if count:
        assert isinstance(before, datetime)
        return before
    rows = _stored(file, load_id, keys)
    number = 0
    while chunk := list(islice(rows, part)):
        token = f"context {load_id.hex()} {number} {part}"
        store.insert(file.kind.value, _COLUMNS[file.kind], chunk, token)
        number += 1
    row = (load_id, file.kind.value, file.name, file.rows, file.loaded_by, _ns(now))
    store.insert("context_loads", _LOAD_COLUMNS, [row], f"context {load_id.hex()}")
    return None


def _load_id(file: ContextFile, keys: Mapping[int, bytes]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{file.kind.value} {sorted(keys)} ".encode())
    digest.update(file.data)
    return digest.digest()


def _stored(
    file: ContextFile, load_id: bytes, keys: Mapping[int, bytes]
) -> Iterator[tuple[object, ...]]:
    for row in rows_of(file.kind, file.data):
        for values in _values(file.kind, row, keys):
            yield (load_id, row.line, *values, row.valid_from, row.valid_to)


def _values(
    kind: ContextKind, row: ContextRow, keys: Mapping[int, bytes]
) -> Iterator[tuple[object, ...]]:
    if kind is ContextKind.STAFF:
        own = [
            (subject_type, pseudonym(key, subject_type, identifier), key_id)
            for subject_type, identifier in row.own
            for key_id, key in keys.items()
        ]
        yield row.employee, row.team, row.unit, row.schedule, own
        return
    for key_id, key in keys.items():
        subject = pseudonym(key, row.subject_type, row.subject)
        if kind is ContextKind.CASELOAD:
            yield row.employee, row.subject_type, subject, key_id
        else:
            yield row.subject_type, subject, key_id, row.reason


def _ns(at: datetime) -> int:
    return int(at.timestamp()) * 10**9 + at.microsecond * 1_000
