"""JSON lines (NDJSON, ``application/x-ndjson``; JSON text sequences, RFC 7464).

Every line is a document of its own and may hold several rows. Blank lines are none.
A line that cannot be read is a row without an id, so it counts as unreadable; of a
text that is not whole the last line counts only when it ended.

``LineReader`` gives the same rows for any split of the text, and holds one line.

Reasons: ``no_table`` (nothing at all), ``long_line`` (reading ends there),
``too_many_lines``.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from proxy.extraction.bodies.tree import variants_of
from proxy.extraction.view import Unreadable

MOST_HELD = 4 << 20
"""Characters of one line; a record has some thousand."""
_LINES_PER_ROW = 10
"""Lines read per row that is allowed."""
_PIECE = 64 * 1024
_RECORD_SEPARATOR = "\x1e"


class LineReader:
    """Text in, rows out; see the module.

    Args:
        find: The rows in a document.
        rows: It stops one above.
    """

    def __init__(self, find: Callable[[Any], list[Any]], rows: int) -> None:
        self.flaws: list[str] = []
        self.over = False
        """Nothing more is read."""
        self.empty = True
        """Not one line was there."""
        self._find = find
        self._rows = rows
        self._given = 0
        self._lines = 0
        self._held = io.StringIO()

    def feed(self, text: str) -> list[Any]:
        """The rows that the next piece of text completes."""
        found: list[Any] = []
        for start in range(0, len(text), _PIECE):
            if self.over:
                break
            self._take(text[start : start + _PIECE], found)
        return found

    def finish(self, *, whole: bool = True) -> list[Any]:
        """The last rows; of a text that is not ``whole`` without half a line."""
        found: list[Any] = []
        if whole and not self.over:
            self._read(self._held.getvalue(), found)
        self.over = True
        return found

    def _take(self, piece: str, found: list[Any]) -> None:
        end = piece.rfind("\n")
        if end < 0:
            self._held.write(piece)
            if self._held.tell() > MOST_HELD:
                self._end("long_line")
            return
        self._held.write(piece[:end])
        text = self._held.getvalue()
        self._held = io.StringIO()
        self._held.write(piece[end + 1 :])
        for line in text.split("\n"):
            self._read(line, found)
            if self.over:
                return

    def _read(self, line: str, found: list[Any]) -> None:
        self._lines += 1
        if self._lines > _LINES_PER_ROW * (self._rows + 1):
            self._end("too_many_lines")
            return
        line = line.strip(" \t\r\n\ufeff" + _RECORD_SEPARATOR)
        if not line:
            return
        self.empty = False
        try:
            documents = variants_of(line, self.flaws)
        except Unreadable:
            rows: list[Any] = [{}]
        else:
            rows = [row for document in documents for row in self._find(document)]
        found += rows
        self._given += len(rows)
        self.over = self._given > self._rows

    def _end(self, flaw: str) -> None:
        self.flaws.append(flaw)
        self.over = True
        self._held = io.StringIO()
