"""Delimited text (CSV, TSV) as lines of named columns.

Tolerant as spreadsheets are: any line end, quotes where they are, ragged lines.
The separator is the most frequent of ``; , tab |`` in the first line unless
given. Blank lines are no rows. A quote that is never closed would swallow the
rest of the file into one value: it adds ``open_quote`` to the flaws.

Reasons: ``no_table`` (nothing at all), ``bad_table`` (a cell above csv's limit;
the lines before it are kept).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import NamedTuple

from proxy.extraction.view import Unreadable, View

SEPARATORS = ";,\t|"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFormat:
    """``csv: {separator: ";", header: true, skip: 0}``."""

    separator: str = ""
    """Empty: found from the first line."""
    header: bool = True
    """The first line names the columns."""
    skip: int = 0
    """Lines before the header."""


class Line(NamedTuple):
    """One row of a table."""

    cells: list[str]
    columns: dict[str, int]
    """``column_key`` of the name → index."""


def read_table(view: View, form: TableFormat) -> list[Line]:
    """Lines of the response's body; at most one more than ``Settings.rows``."""
    text = view.text.removeprefix("\ufeff")
    stream = io.StringIO(text, newline="")
    for _ in range(form.skip):
        stream.readline()
    start = stream.tell()
    first = stream.readline()
    if not first:
        raise Unreadable("no_table")
    if first[:4].lower() == "sep=":  # a spreadsheet's own hint
        start = stream.tell()
    stream.seek(start)
    separator = form.separator or max(SEPARATORS, key=first.count)
    columns: dict[str, int] = {}
    lines: list[Line] = []
    cells: list[str] = []
    try:
        for cells in csv.reader(stream, delimiter=separator):
            if not cells:
                continue
            if form.header and not columns:
                columns = _columns(cells)
                continue
            lines.append(Line(cells, columns))
            if len(lines) > view.settings.rows:
                break
    except csv.Error:
        if not lines:
            raise Unreadable("bad_table") from None
        view.flaws.append("bad_table")
    swallowed = cells and ("\n" in cells[-1] or "\r" in cells[-1])
    if swallowed and not text.rstrip().endswith('"'):
        view.flaws.append("open_quote")
    return lines


def _columns(names: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, name in enumerate(names):
        columns.setdefault(column_key(name), index)
    return columns


def column_key(name: str) -> str:
    """A column's name as it is compared: without case and outer white space."""
    return name.strip().lower()
