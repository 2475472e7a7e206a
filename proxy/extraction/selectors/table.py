"""Rows and columns of delimited text: ``each: csv`` and ``column.Klantnummer``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from proxy.extraction.bodies.table import (
    Line,
    TableFormat,
    TableReader,
    column_key,
    read_table,
)
from proxy.extraction.selectors.base import OfRow, RowKind
from proxy.extraction.view import View


@dataclass(frozen=True, slots=True)
class Table:
    """``each: {csv: {separator: ";"}}``."""

    form: TableFormat

    @property
    def kind(self) -> RowKind:
        """See ``Rows``."""
        return RowKind.LINE

    def rows(self, view: View) -> list[Any]:
        """See ``Rows``: the lines after the header."""
        lines = view.document(self, lambda view: read_table(view, self.form))
        return list(lines)

    def reader(self, view: View) -> TableReader:
        """See ``Passing``."""
        return TableReader(self.form, view.settings.rows, view.media_type)


@dataclass(frozen=True, slots=True)
class Column(OfRow):
    """``column.Klantnummer``, or ``column.1`` for the first."""

    name: str
    key: str = field(init=False, compare=False, repr=False)
    index: int = field(init=False, compare=False, repr=False)
    """0-based, of a column given by its number; else -1."""

    def __post_init__(self) -> None:
        number = int(self.name) - 1 if self.name.isdecimal() else -1
        object.__setattr__(self, "key", column_key(self.name))
        object.__setattr__(self, "index", number)

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        if not isinstance(row, Line):
            return []
        index = row.columns.get(self.key)
        if index is None:
            index = self.index
        cells = row.cells
        return [cells[index]] if 0 <= index < len(cells) else []
