"""Delimited text (CSV, TSV) as lines of named columns, read while it passes.

Tolerant as spreadsheets are: any line end, quotes where they are, ragged lines.
The separator is the most frequent of ``; , tab |`` outside quotes in the first line
unless given; of a body declared as tab-separated the tab. Blank lines are no rows.
A quote that is never closed would swallow the rest of the file into one value: it
adds ``open_quote`` to the flaws. Of a text that is not whole the last row counts
only when its line ended: half an id is another client's.

``TableReader`` gives the same rows for any split of the text, and holds one row.

Reasons: ``no_table`` (nothing at all), ``bad_table`` (a cell above csv's limit;
the lines before it are kept), ``long_line``, ``too_many_lines``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from typing_extensions import override

from proxy.extraction.view import Unreadable, View

SEPARATORS = ";,\t|"
MOST_HELD = 4 << 20
"""Characters of one row; a cell may have 128 Ki of them, rows have dozens."""
_LINES_PER_ROW = 10
"""Lines read per row that is allowed; blank ones and those of long cells count."""
_PIECE = 64 * 1024
"""Characters read at a time, so that a large text is never split all at once."""
_QUOTED = re.compile(r'"(?:[^"]|"")*"?')
_TAB_SEPARATED = "text/tab-separated-values"


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


class TableReader:
    """Text in, lines out; see the module.

    Args:
        form: What is stated about the table.
        rows: It stops one above.
        media_type: Of the body.
    """

    def __init__(self, form: TableFormat, rows: int, media_type: str = "") -> None:
        self.flaws: list[str] = []
        self.over = False
        """Nothing more is read."""
        self.empty = True
        """Not one line was there."""
        self._rows = rows
        self._header = form.header
        self._skip = form.skip
        self._separator = form.separator
        if not self._separator and media_type == _TAB_SEPARATED:
            self._separator = "\t"
        self._started = False
        self._columns: dict[str, int] = {}
        self._given = 0
        self._lines = 0
        self._held = io.StringIO()
        self._wanted = _PIECE // 16
        """Characters held before they are looked at again: twice what was left."""

    def feed(self, text: str) -> list[Line]:
        """The rows that the next piece of text completes."""
        found: list[Line] = []
        for start in range(0, len(text), _PIECE):
            if self.over:
                break
            self._held.write(text[start : start + _PIECE])
            if self._held.tell() >= self._wanted:
                self._read(found)
        return found

    def finish(self, *, whole: bool = True) -> list[Line]:
        """The last rows; of a text that is not ``whole`` without half a row."""
        found: list[Line] = []
        if not self.over:
            self._read(found, last=True, whole=whole)
        self.over = True
        return found

    def _read(
        self, found: list[Line], *, last: bool = False, whole: bool = True
    ) -> None:
        text = self._held.getvalue()
        end = len(text) if last and whole else _last_line_end(text, last=last)
        lines = list(io.StringIO(text[:end], newline=""))
        lines = self._begun(lines)
        read = self._rows_of(lines, found)
        if last and whole and read < len(lines) and not self.over:
            self.flaws.append("open_quote")
            self._take(csv.reader(lines[read:], delimiter=self._separator), found)
        rest = "".join(lines[read:]) + text[end:]
        self._held = io.StringIO()
        self._held.write(rest)
        self._wanted = min(max(_PIECE // 16, 2 * len(rest)), MOST_HELD + 1)
        if len(rest) > MOST_HELD and not self.over:
            self._end("long_line")

    def _begun(self, lines: list[str]) -> list[str]:
        """The lines of the table itself: what stands before it is left out."""
        if self._started:
            return lines
        at = 0
        while at < len(lines) and (self._skip or not lines[at].strip("\r\n")):
            self._skip = max(0, self._skip - 1)
            at += 1
        if at == len(lines):
            return []
        first = lines[at]
        self._started, self.empty = True, False
        if not self._separator:
            plain = _QUOTED.sub("", first)
            self._separator = max(SEPARATORS, key=plain.count)
        if first[:4].lower() == "sep=":  # a spreadsheet's own hint
            at += 1
        return lines[at:]

    def _rows_of(self, lines: list[str], found: list[Line]) -> int:
        """Take the rows that are whole; return how many lines they are."""
        if not lines:
            return 0
        reader = csv.reader(chain(lines, _Starving()), delimiter=self._separator)
        read = self._take(reader, found)
        self._lines += read
        if self._lines > _LINES_PER_ROW * (self._rows + 1) and not self.over:
            self._end("too_many_lines")
        return read

    def _take(self, reader: Iterator[list[str]], found: list[Line]) -> int:
        read = 0
        try:
            for cells in reader:
                read = reader.line_num  # type: ignore[attr-defined] # csv's own
                if not cells:
                    continue
                if self._header and not self._columns:
                    self._columns = _columns(cells)
                    continue
                found.append(Line(cells, self._columns))
                self._given += 1
                if self._given > self._rows:
                    self.over = True
                    break
        except _Starved:
            pass
        except csv.Error:
            self._end("bad_table")
        return read

    def _end(self, flaw: str) -> None:
        self.flaws.append(flaw)
        self.over = True
        self._held = io.StringIO()


class _Starved(Exception):
    """The reader is in the middle of a row, or between two, and there is no more."""


class _Starving(Iterator[str]):
    """Behind the last line."""

    @override
    def __next__(self) -> str:
        raise _Starved


def _last_line_end(text: str, *, last: bool) -> int:
    """Where the last line that ended does; a CR at the end may be half a CRLF."""
    size = len(text) if last or not text.endswith("\r") else len(text) - 1
    return max(text.rfind("\n", 0, size), text.rfind("\r", 0, size)) + 1


def read_table(view: View, form: TableFormat) -> list[Line]:
    """Lines of the response's body; at most one more than ``Settings.rows``."""
    reader = TableReader(form, view.settings.rows, view.media_type)
    lines = reader.feed(view.text.removeprefix("\ufeff"))
    lines += reader.finish(whole=view.complete)
    if reader.empty:
        raise Unreadable("no_table")
    if reader.flaws and not lines:
        raise Unreadable(reader.flaws[0])
    view.flaws += reader.flaws
    return lines


def _columns(names: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, name in enumerate(names):
        columns.setdefault(column_key(name), index)
    return columns


def column_key(name: str) -> str:
    """A column's name as it is compared: without case and outer white space."""
    return name.strip().lower()
