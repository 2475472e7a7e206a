"""The lines of a CSV file that people made: whole or not at all, mistakes by line.

UTF-8, with or without a byte order mark; ``,``, ``;`` or a tab between the columns,
as the first line has it; quotes as RFC 4180. Empty lines are left out. What is wrong
is told by line and never quotes what stands there: it may be an id.

Pure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

MOST_MISTAKES = 50
"""Told; more are counted."""
_LONGEST_HEAD = 1024
"""Characters of the first line that the separator is guessed from."""


class Mistake(NamedTuple):
    """What is wrong, and where."""

    line: int
    said: str


class FileRefused(ValueError):
    """The file is not used; ``mistakes`` are the first of them."""

    def __init__(self, mistakes: list[Mistake], count: int) -> None:
        super().__init__(f"{count} mistakes")
        self.mistakes = mistakes
        self.count = count


class Mistakes:
    """Collects mistakes, the first of them in words."""

    def __init__(self) -> None:
        self.count = 0
        self._told: list[Mistake] = []

    def add(self, line: int, said: str) -> None:
        """Note one."""
        self.count += 1
        if len(self._told) < MOST_MISTAKES:
            self._told.append(Mistake(line, said))

    def refuse(self) -> None:
        """End the reading if there was one.

        Raises:
            FileRefused: there was.
        """
        if self.count:
            raise FileRefused(self._told, self.count)


def lines(data: bytes) -> Iterator[tuple[int, list[str] | str]]:
    """By number, each line's cells, trimmed, or what is wrong with it."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield data.count(b"\n", 0, error.start) + 1, "not UTF-8"
        return
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    first = text.readline(_LONGEST_HEAD)
    separator = max(",;\t", key=first.count)
    text.seek(0)
    reader = csv.reader(text, delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, "not readable as CSV: an open quote?"
            return
        if any(row):
            yield line, [cell.strip() for cell in row]
