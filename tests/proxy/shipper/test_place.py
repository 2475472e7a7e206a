"""Rows into the store: refused ones are found and kept, the rest goes on."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.events import decode
from proxy.shipper import Outcome
from tests.support.shipping import Line, mixed


def refusing(line: Line, sequences: set[int]) -> None:
    """Let the store refuse the rows of these entries."""

    def refuses(_: str, row: Sequence[object]) -> bool:
        return row[2] in sequences

    line.store.refuses = refuses


@settings(max_examples=40, deadline=None)
@given(
    entries=st.integers(1, 60),
    bad=st.sets(st.integers(1, 60), max_size=6),
    max_rows=st.integers(1, 60),
)
def test_refused_rows_are_kept_with_their_reason_and_all_others_stored(
    tmp_path_factory: pytest.TempPathFactory,
    entries: int,
    bad: set[int],
    max_rows: int,
) -> None:
    """Wherever they stand in the batch."""
    line = Line(tmp_path_factory.mktemp("line"), max_rows=max_rows)
    events = mixed(entries)
    epoch = line.record(events)
    bad = {seq for seq in bad if seq <= entries}
    refusing(line, bad)
    shipper = line.shipper()

    line.ship_all(shipper)

    assert line.store.sequences() == [n for n in range(1, entries + 1) if n not in bad]
    kept = {kept["seq"]: kept for kept in _rejected(line)}
    assert set(kept) == bad
    for seq, row in kept.items():
        assert (row["node"], row["epoch"]) == ("node", epoch)
        assert row["reason"] == "code 53: type mismatch"
        assert decode(_bytes(row["body"])) == decode(events[seq - 1])
    assert shipper.status()["rows_rejected"] == len(bad)
    line.clock.advance(11)
    shipper.step()
    assert line.cursor.counted == entries


def test_rejected_rows_are_for_the_owner_alone(tmp_path: Path) -> None:
    """They are evidence like any other."""
    line = Line(tmp_path)
    line.record(mixed(10))
    refusing(line, {6})

    line.ship_all(line.shipper())

    (path,) = line.rejected.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(line.rejected.stat().st_mode) == 0o700


def test_a_table_that_refuses_everything_does_not_stop_the_others(
    tmp_path: Path,
) -> None:
    """And is not asked row by row for ever."""
    line = Line(tmp_path, max_rows=1000, max_refusals=4)
    line.record(mixed(400))
    line.store.refuses = lambda table, _: table == "views"

    line.ship_all(line.shipper())

    assert set(line.store.rows) == {"exchanges", "sessions", "gaps"}
    kept = _rejected(line)
    assert len(kept) == 200
    assert line.store.inserts < 40
    assert "not tried" in str(kept[-1]["reason"])


def test_the_bound_on_rejected_rows_holds_shipping_until_they_are_moved(
    tmp_path: Path,
) -> None:
    """The journal has room for hours, the disk is not filled silently."""
    line = Line(tmp_path, max_rows=5, max_rejected_bytes=3000)
    line.record(mixed(40))
    line.store.refuses = lambda table, _: table == "views"
    shipper = line.shipper()

    outcomes = {shipper.step(flush=True).outcome for _ in range(30)}

    assert Outcome.FAILED in outcomes
    assert "may hold 3000" in str(shipper.status()["last_error"])
    assert sum(p.stat().st_size for p in line.rejected.iterdir()) <= 3000
    line.store.refuses = lambda *_: False
    (line.rejected / "views.jsonl").rename(tmp_path / "moved")
    line.ship_all(shipper)
    moved = {
        json.loads(row)["seq"] for row in (tmp_path / "moved").read_text().splitlines()
    }
    assert sorted(moved | {*line.store.sequences()}) == [*range(1, 41)]


def _rejected(line: Line) -> list[dict[str, Any]]:
    if not line.rejected.exists():
        return []
    return [
        json.loads(text)
        for path in sorted(line.rejected.iterdir())
        for text in path.read_text().splitlines()
    ]


def _bytes(text: object) -> bytes:
    return base64.b64decode(str(text))
