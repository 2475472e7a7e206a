"""Rows and columns of delimited text: ``each: csv`` and ``column.Klantnummer``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from proxy.extraction.bodies.table import Line, TableFormat, read_table
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


@dataclass(frozen=True, slots=True)
class Column(OfRow):
    """``column.Klantnummer``, or ``column.1`` for the first."""

    name: str

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        value = row.cell(self.name) if isinstance(row, Line) else None
        return [] if value is None else [value]
