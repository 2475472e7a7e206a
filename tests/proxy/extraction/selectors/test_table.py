"""Columns of delimited text."""

from __future__ import annotations

import pytest

from proxy.extraction.bodies.table import TableFormat
from proxy.extraction.selectors.table import Column, Table
from tests.support.pages import view

CSV = view(" Nr ;Naam\n7;Jansen\n8\n", "text/csv")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nr", [["7"], ["8"]]),
        ("NAAM", [["Jansen"], []]),
        ("1", [["7"], ["8"]]),
        ("2", [["Jansen"], []]),
        ("0", [[], []]),
        ("9", [[], []]),
        ("other", [[], []]),
    ],
)
def test_a_column_is_found_by_name_or_number(
    name: str, expected: list[list[str]]
) -> None:
    """In each line; a short line has no value there."""
    column = Column(name)

    assert [
        column.values(CSV, row) for row in Table(TableFormat()).rows(CSV)
    ] == expected


def test_a_column_is_of_a_line_only() -> None:
    """Of the page as a whole there is none."""
    assert Column("nr").values(CSV, None) == []
    assert not Column("nr").present(CSV)
