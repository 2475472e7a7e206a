"""A file of pairs: ``type,id,type,id`` a line, two ids of one client.

CSV in UTF-8, with or without a byte order mark; ``,``, ``;`` or a tab between the
columns, as the first line has it; quotes as RFC 4180. A first line ``type,id,type,id``
is a heading. The whole file is checked before any of it is used, and every mistake is
told at once, by line; ids are never quoted.

Pure.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_BYTES = 512 << 20
"""Of a file, which is read whole: some ten million pairs."""
MOST_MISTAKES = 50
"""Told; more are counted."""
LONGEST = 256
"""Characters of an id, as in rule sets."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_COLUMNS = 4


class PairOfIds(NamedTuple):
    """One line."""

    one_type: str
    one: str
    other_type: str
    other: str


class Mistake(NamedTuple):
    """What is wrong, and where."""

    line: int
    said: str


class CrosswalkRefused(ValueError):
    """The file is not used; ``mistakes`` are the first of them."""

    def __init__(self, mistakes: list[Mistake], count: int) -> None:
        super().__init__(f"{count} mistakes")
        self.mistakes = mistakes
        self.count = count


def check(data: bytes) -> int:
    """How many pairs there are.

    Raises:
        CrosswalkRefused: there is a mistake.
    """
    mistakes: list[Mistake] = []
    count = pairs = 0
    for line, found in _lines(data):
        if isinstance(found, PairOfIds):
            pairs += 1
            continue
        count += 1
        if len(mistakes) < MOST_MISTAKES:
            mistakes.append(Mistake(line, found))
    if not count and not pairs:
        count, mistakes = 1, [Mistake(1, "there is no pair in it")]
    if count:
        raise CrosswalkRefused(mistakes, count)
    return pairs


def pairs_of(data: bytes) -> Iterator[PairOfIds]:
    """The pairs of a file that ``check`` has passed."""
    for _, found in _lines(data):
        if isinstance(found, PairOfIds):
            yield found


def _lines(data: bytes) -> Iterator[tuple[int, PairOfIds | str]]:
    """By number, each line's pair or what is wrong with it."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield line, "not UTF-8"
        return
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    first = text.readline(4 * LONGEST)
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
        if not any(row):
            continue
        if line == 1 and [cell.strip().lower() for cell in row] == ["type", "id"] * 2:
            continue
        yield line, _pair(row)


def _pair(row: list[str]) -> PairOfIds | str:
    if len(row) != _COLUMNS:
        return f"{len(row)} columns; expected type,id,type,id"
    pair = PairOfIds(*(cell.strip() for cell in row))
    for kind in (pair.one_type, pair.other_type):
        if not _NAME.fullmatch(kind):
            return "not a subject type; expected letters, digits, _ . -"
    if pair.one_type == pair.other_type:
        return f"both ids are of the type {pair.one_type}; expected two types"
    for identifier in (pair.one, pair.other):
        if not identifier:
            return "an id is empty"
        if len(identifier) > LONGEST:
            return f"an id has more than {LONGEST} characters"
    return pair
