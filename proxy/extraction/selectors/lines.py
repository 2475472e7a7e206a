"""Rows of JSON lines: ``each: jsonl``, or ``{jsonl: "clients[]"}`` in each line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proxy.extraction.bodies.json_lines import LineReader
from proxy.extraction.selectors.base import RowKind
from proxy.extraction.selectors.tree import Json
from proxy.extraction.view import Unreadable, View


@dataclass(frozen=True, slots=True)
class JsonLines:
    """The documents of all lines, or what is found in each."""

    place: Json | None = None
    """Where the rows are in a line; None: the line is one."""

    @property
    def kind(self) -> RowKind:
        """See ``Rows``."""
        return RowKind.JSON

    def rows(self, view: View) -> list[Any]:
        """See ``Rows``."""
        rows: list[Any] = view.document(self, self._read)
        return list(rows)

    def reader(self, view: View) -> LineReader:
        """See ``Passing``."""
        return LineReader(self._found, view.settings.rows)

    def _found(self, document: Any) -> list[Any]:
        return [document] if self.place is None else self.place.rows_in(document)

    def _read(self, view: View) -> list[Any]:
        reader = self.reader(view)
        rows = reader.feed(view.text)
        rows += reader.finish(whole=view.complete)
        if reader.empty:
            raise Unreadable("no_table")
        view.flaws += dict.fromkeys(reader.flaws)
        return rows
