"""Exports far above the body cap, past a recorder of its own process."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.events import Extraction
from tests.support.exports import (
    csv_rows,
    json_rows,
    recorder,
    response,
    views_of,
)

ROWS = 200_000
MOST_MIB = 64


@pytest.mark.parametrize(
    ("target", "kind", "zipped"),
    [
        ("/export.csv", "text/csv", False),
        ("/export.csv", "text/csv", True),
        ("/export.jsonl", "application/x-ndjson", False),
    ],
)
def test_every_row_of_a_large_export_is_recorded_in_little_memory(
    tmp_path: Path, target: str, kind: str, zipped: bool
) -> None:
    """200,000 rows, 20 MB, in less than 64 MiB more than before."""
    rows = csv_rows(ROWS) if kind == "text/csv" else json_rows(ROWS)
    with recorder(tmp_path) as running:
        running.export(target, response(rows[:2_000].rpartition(b"\n")[0], kind))
        before = len(running.events())

        cost = running.export(target, response(rows, kind, zipped=zipped))

        exchange, views = views_of(running.events()[before:])
        assert exchange.extraction is Extraction.RECORDED, exchange.extraction_reason
        assert exchange.views == len(views) == ROWS
        assert len({view.subject for view in views}) == ROWS
        assert [view.position for view in views] == list(range(ROWS))
        assert cost.mib < MOST_MIB


def test_an_export_that_is_cut_records_the_rows_that_came_whole(tmp_path: Path) -> None:
    """The half row at the end would be another client's id."""
    answer = response(csv_rows(60_000), "text/csv")
    with recorder(tmp_path) as running:
        running.export("/export.csv", answer[: len(answer) // 2], whole=False)

        exchange, views = views_of(running.events())

    assert (exchange.extraction, exchange.extraction_reason) == (
        Extraction.PARTIAL,
        "cut",
    )
    assert len(views) == answer[: len(answer) // 2].count(b"\r\n") - 5
