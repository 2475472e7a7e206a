"""Exports: every view once, bounded, and an OCSF event is one by OCSF's own schema."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import jsonschema
import msgspec
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from proxy.events import Action
from proxy.exports.lines import Format, head, line
from proxy.exports.ocsf import CLASS, VERSION, event
from proxy.exports.slices import COLUMNS, MOST_LINE, STATEMENT, Slice, rows, slices
from proxy.store.client import ClickHouseStore
from proxy.store.port import Result
from tests.support.office_rows import ACTIVITY, HOSTILE, PERIOD, SUBJECT

START, END = PERIOD


@cache
def ocsf() -> jsonschema.Draft202012Validator:
    """What the framework says of this class, as a library carries it."""
    found = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
    name = found.lookup_class_name_from_uid(CLASS)
    return jsonschema.Draft202012Validator(
        found.get_class_schema(class_name=name, profiles=["host"])
    )


def exported(store: ClickHouseStore, most: int = 100) -> list[dict[str, Any]]:
    """Every row of the period."""
    parts = slices(store, START, END, most)
    return [row for part in parts for row in rows(store, part)]


def test_every_view_of_the_period_is_exported_once(
    office_store: ClickHouseStore,
) -> None:
    """By time, however small the slices are."""
    whole, cut = exported(office_store), exported(office_store, 1)

    assert whole == cut
    assert len(whole) == 5
    assert [row["started_at"] for row in whole] == sorted(
        row["started_at"] for row in whole
    )
    assert whole[0]["started_at"] == "2026-05-28 19:56:40.123456789"


def test_slices_are_bounded_and_leave_nothing_out(
    office_store: ClickHouseStore,
) -> None:
    """Hours of more views than the bound are slices of their own."""
    parts = slices(office_store, START, END + timedelta(hours=1), 3)

    assert parts[0].start >= START
    assert sum(part.rows for part in parts) == 6
    assert all(a.end <= b.start for a, b in pairwise(parts))


def test_every_event_is_one_by_the_frameworks_own_schema(
    office_store: ClickHouseStore,
) -> None:
    """Whatever the action, with and without a name, hostile names too."""
    found = exported(office_store)

    for row in found:
        for action in Action:
            for kind in ("person", "robot", "shared", "unknown"):
                told = event({**row, "action": action.value, "actor_kind": kind})
                assert [e.message for e in ocsf().iter_errors(told)] == []


def test_an_event_says_who_whose_when_and_why(office_store: ClickHouseStore) -> None:
    """And is told from every other by its place in the journal."""
    first, hostile, nameless, robot, _ = (event(row) for row in exported(office_store))

    assert first["type_uid"] == 600102
    assert first["time"] == 1779998200123
    assert first["actor"]["user"] == {"name": "jansen", "type": "unknown"}
    assert first["web_resources"][0]["uid"] == SUBJECT.hex()
    assert first["enrichments"][1]["value"] == ACTIVITY
    assert first["metadata"]["uid"] == "n:1:131"
    assert hostile["actor"]["user"]["name"] == HOSTILE
    assert "user" not in nameless.get("actor", {})
    assert nameless["type_uid"] == 600105
    assert nameless["enrichments"][0]["data"]["reason"] == "unknown_session"
    assert (robot["type_uid"], robot["actor"]["user"]["type_id"]) == (600107, 3)


def test_the_schema_would_find_a_mistake(office_store: ClickHouseStore) -> None:
    """A missing or unknown attribute is one."""
    told = event(exported(office_store)[0])
    less = {key: value for key, value in told.items() if key != "web_resources"}

    assert list(ocsf().iter_errors(less))
    assert list(ocsf().iter_errors({**told, "employee": "jansen"}))


def test_csv_reads_back_as_what_is_stored(office_store: ClickHouseStore) -> None:
    """Control characters, quotes and separators are kept."""
    found = exported(office_store)
    text = head(Format.CSV) + b"".join(line(Format.CSV, row) for row in found)

    back = list(csv.DictReader(io.StringIO(text.decode())))
    assert tuple(back[0]) == COLUMNS
    assert [row["actor"] for row in back] == [row["actor"] for row in found]
    assert back[0]["categories"] == "contact|health"
    assert msgspec.json.decode(line(Format.OCSF, found[0])) == event(found[0])


def test_parquet_comes_from_the_store(office_store: ClickHouseStore) -> None:
    """With the same columns."""
    from pyarrow import parquet

    data = b"".join(
        office_store.stream(
            STATEMENT,
            {"from": "2026-05-01", "to": "2026-06-01"},
            form="Parquet",
        )
    )

    table = parquet.read_table(io.BytesIO(data))
    assert (tuple(table.column_names), table.num_rows) == (COLUMNS, 6)


@dataclass(slots=True)
class _Chunks:
    """A store that answers with these bytes."""

    chunks: list[bytes] = field(default_factory=list)

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Result:
        return Result((), [])

    def stream(
        self, sql: str, params: Mapping[str, object] | None = None
    ) -> Iterator[bytes]:
        yield from self.chunks


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_rows_are_found_however_the_answer_is_cut(size: int) -> None:
    """Byte by byte as well."""
    one = msgspec.json.encode(["é"] * len(COLUMNS))
    data = one + b"\n" + one
    store = _Chunks([data[n : n + size] for n in range(0, len(data), size)])

    found = list(rows(store, Slice(START, END, 2)))

    assert found == [dict.fromkeys(COLUMNS, "é")] * 2
    assert slices(store, START, END) == []


def test_a_line_without_end_is_refused() -> None:
    """A store that never ends a row does not fill the memory."""
    store = _Chunks([b"x" * MOST_LINE, b"x"])

    with pytest.raises(ValueError, match="longer than any"):
        list(rows(store, Slice(START, END, 1)))
