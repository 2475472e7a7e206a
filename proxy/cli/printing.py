"""How answers are printed: nothing is ever cut.

On a terminal tables fold within its width. Into a file or a pipe they are as
wide as they are, so that ``grep`` finds a row with all that belongs to it;
``COLUMNS`` says otherwise.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from proxy.csv_lines import FileRefused
from proxy.errors import UsageError

UNBOUNDED = 1 << 15
"""Columns of what is no terminal: wider than any row, names and categories are
bounded at a few hundred characters each."""


def console(*, stderr: bool = False) -> Console:
    """Where to print; colours only on a terminal."""
    found = Console(stderr=stderr, highlight=False)
    if found.is_terminal or "COLUMNS" in os.environ:
        return found
    return Console(stderr=stderr, highlight=False, width=UNBOUNDED)


def line(to: Console, text: str, style: str = "") -> None:
    """One line, left to the terminal to wrap; ``text`` is no markup."""
    to.print(Text(text, style=style), soft_wrap=True)


def table(
    to: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """A table without lines; the first column is kept in one piece.

    Columns that are empty in every row are left out.
    """
    used = [n for n in range(len(columns)) if any(row[n] for row in rows)]
    if title:
        to.print()
        line(to, title, "italic")
    found = Table(box=None, pad_edge=False, header_style="bold")
    for number in used:
        found.add_column(columns[number], no_wrap=number == 0, overflow="fold")
    for row in rows:
        found.add_row(*(Text(row[number]) for number in used))
    to.print(found)


def mistakes(file: Path, refused: FileRefused) -> UsageError:
    """Tell every mistake in a file of lines; what the command then ends with."""
    for mistake in refused.mistakes:
        sys.stderr.write(f"{file}:{mistake.line}: {mistake.said}\n")
    return UsageError(f"{file}: {refused.count} mistakes; nothing of it was loaded")
