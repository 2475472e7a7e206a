"""The views of a period, asked for in slices of whole hours.

A slice holds at least an hour and, unless one hour holds more, at most ``ROWS``
views, so that each question ends within the store's limits. Views that arrive while
slices are read are in those not read yet. Within a slice rows stand by time.

Failure modes: ``StoreUnavailable`` and ``StoreRejected``, also in the middle of a
slice: what was written until then is no export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import msgspec

from proxy.store.investigations import moment
from proxy.store.port import Questions

ROWS = 200_000
"""Views of a slice: a store sorts them within seconds."""
MOST_LINE = 1 << 20
"""Bytes of one row; categories and names are bounded at a few hundred each."""

COLUMNS = (
    *("started_at", "actor", "application", "action", "opened", "categories"),
    *("actor_strength", "actor_scheme", "actor_reason", "actor_on_wire", "actor_kind"),
    *("actor_session", "actor_binding", "learned_actor", "learned_strength"),
    *("learned_scheme", "learned_kind", "client_address", "subject_type"),
    *("subject_hex", "subject_key", "rule", "position", "activity", "trace_id"),
    *("ruleset", "node", "epoch", "seq", "wire", "connection", "request_offset"),
)
"""Of every row of an export, in this order; ``docs/store.md`` says what they are."""

STATEMENT = (
    f"SELECT {', '.join(COLUMNS)} "  # noqa: S608 constant
    "FROM views_in(from = {from:String}, to = {to:String}) "
    "ORDER BY started_at, node, epoch, seq"
)
_decoder = msgspec.json.Decoder(list[Any])


class Store(Questions, Protocol):
    """What is asked; ``ClickHouseStore`` does."""

    def stream(
        self, sql: str, params: Mapping[str, object] | None = None
    ) -> Iterator[bytes]:
        """Rows as lines of JSON arrays, in chunks of any size."""


class Slice(NamedTuple):
    """A part of the period."""

    start: datetime
    end: datetime
    """Not included."""
    rows: int
    """As counted beforehand."""


def slices(
    store: Store, start: datetime, end: datetime, most: int = ROWS
) -> list[Slice]:
    """Slices that hold every view of the period, in order."""
    result = store.query(
        "SELECT toStartOfHour(started_at) AS hour, count() FROM views "
        "WHERE started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC') "
        "AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC') "
        "GROUP BY hour ORDER BY hour",
        period(start, end),
    )
    found: list[Slice] = []
    for hour, rows in result.rows:
        if found and found[-1].rows + rows <= most:
            last = found.pop()
            begin, rows = last.start, last.rows + rows
        else:
            begin = max(hour, start)
        found.append(Slice(begin, min(hour + timedelta(hours=1), end), rows))
    return found


def rows(store: Store, part: Slice) -> Iterator[dict[str, Any]]:
    """Views of a slice, column → value; times as text in UTC with nanoseconds.

    Raises:
        StoreUnavailable, StoreRejected: also in the middle.
        ValueError: a line that is no row, or longer than ``MOST_LINE``.
    """
    for line in _lines(store.stream(STATEMENT, period(part.start, part.end))):
        values = _decoder.decode(line)
        yield dict(zip(COLUMNS, values, strict=True))


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > MOST_LINE:
            raise ValueError("a row of the store is longer than any can be")
        yield from whole
    if rest:
        yield rest


def period(start: datetime, end: datetime) -> dict[str, object]:
    """A period as parameters of a question."""
    return {"from": moment(start), "to": moment(end)}
