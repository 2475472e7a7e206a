"""Printing: nothing is cut, on a terminal or into a pipe."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from proxy.cli.printing import console, line, table

CELLS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


def drawn(width: int, title: str, rows: list[list[str]]) -> str:
    """A table of three columns as text."""
    out = io.StringIO()
    table(Console(file=out, width=width), title, ("one", "two", "three"), rows)
    return out.getvalue()


@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5))
def test_a_narrow_table_folds_and_keeps_every_character(rows: list[list[str]]) -> None:
    """Every cell is whole again when its pieces are put together."""
    text = drawn(80, "", rows)

    names = ("one", "two", "three")
    used = [n for n in range(3) if any(row[n] for row in rows)]
    written = [*(names[n] for n in used), *(cell for row in rows for cell in row)]
    assert sorted("".join(written)) == sorted("".join(text.split()))
    assert max(map(len, text.splitlines()), default=0) <= 80


def test_a_column_that_is_empty_in_every_row_is_left_out() -> None:
    """Room goes to what says something."""
    text = drawn(80, "Title", [["a", "", "c"], ["d", "", "f"]])

    assert "two" not in text
    assert "one" in text


def test_text_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """A page's path or an account with brackets stays as it is."""
    line(console(), "[bold]account[/bold] [x]")

    assert capsys.readouterr().out == "[bold]account[/bold] [x]\n"


def test_what_is_no_terminal_gets_each_row_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``whosaw … | grep`` finds a row with all that belongs to it."""
    monkeypatch.delenv("COLUMNS", raising=False)

    table(console(), "", ("one", "two"), [["x" * 300, "y" * 300]])

    assert f"{'x' * 300}  {'y' * 300}" in capsys.readouterr().out
