"""A file of pairs: ``type,id,type,id`` a line, two ids of one client.

CSV as ``proxy.csv_lines`` reads it. A first line ``type,id,type,id`` is a heading. The
whole file is checked before any of it is used, and every mistake is told at once, by
line; ids are never quoted.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from proxy.csv_lines import Mistakes, lines

MOST_BYTES = 512 << 20
"""Of a file, which is read whole: some ten million pairs."""
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


def check(data: bytes) -> int:
    """How many pairs there are.

    Raises:
        FileRefused: there is a mistake.
    """
    mistakes = Mistakes()
    pairs = 0
    for line, found in _lines(data):
        if isinstance(found, PairOfIds):
            pairs += 1
        else:
            mistakes.add(line, found)
    if not mistakes.count and not pairs:
        mistakes.add(1, "there is no pair in it")
    mistakes.refuse()
    return pairs


def pairs_of(data: bytes) -> Iterator[PairOfIds]:
    """The pairs of a file that ``check`` has passed."""
    for _, found in _lines(data):
        if isinstance(found, PairOfIds):
            yield found


def _lines(data: bytes) -> Iterator[tuple[int, PairOfIds | str]]:
    """By number, each line's pair or what is wrong with it."""
    for line, row in lines(data):
        if isinstance(row, str):
            yield line, row
        elif line != 1 or [cell.lower() for cell in row] != ["type", "id"] * 2:
            yield line, _pair(row)


def _pair(row: list[str]) -> PairOfIds | str:
    if len(row) != _COLUMNS:
        return f"{len(row)} columns; expected type,id,type,id"
    pair = PairOfIds(*row)
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
