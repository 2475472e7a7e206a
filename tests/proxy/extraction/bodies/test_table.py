"""Delimited text is read as spreadsheets do."""

from __future__ import annotations

import pytest

from proxy.extraction import Settings, Unreadable
from proxy.extraction.bodies.table import TableFormat, read_table
from tests.support.pages import view


def cells(body: bytes | str, form: TableFormat | None = None) -> list[list[str]]:
    """The cells of every line."""
    lines = read_table(view(body, "text/csv"), form or TableFormat())
    return [line.cells for line in lines]


@pytest.mark.parametrize(
    "body",
    [
        "Nr;Naam\n1;a\n2;b\n",
        "Nr;Naam\r\n1;a\r\n\r\n2;b",
        "Nr;Naam\r1;a\r2;b\r",
        "Nr,Naam\n1,a\n2,b\n",
        "Nr\tNaam\n1\ta\n2\tb\n",
        "\ufeffNr|Naam\n1|a\n2|b\n",
        '"Nr";"Naam"\n"1";"a"\n"2";"b"\n',
        "sep=;\nNr;Naam\n1;a\n2;b\n",
    ],
)
def test_a_table_is_read_however_it_is_written(body: str) -> None:
    """Separators, line ends, quotes, byte order mark."""
    assert cells(body) == [["1", "a"], ["2", "b"]]


def test_quotes_hold_separators_and_line_ends() -> None:
    """RFC 4180."""
    assert cells('Nr;x\n1;"a;\nb ""c"""\n') == [["1", 'a;\nb "c"']]


def test_the_format_can_be_stated() -> None:
    """Where it cannot be seen from the first line."""
    form = TableFormat(separator=":", header=False, skip=2)

    assert cells("Report\n\n1:a;b\n", form) == [["1", "a;b"]]


def test_columns_are_known_by_name() -> None:
    """Without regard to case and outer white space; the first of two counts."""
    lines = read_table(view(" Nr ;NR;x\n1;2;3\n"), TableFormat())

    assert lines[0].columns == {"nr": 0, "x": 2}


def test_a_quote_that_is_never_closed_is_said() -> None:
    """It swallows the rows behind it."""
    looked_at = view('Nr;x\n1;a\n2;"b\n3;c\n')

    assert len(read_table(looked_at, TableFormat())) == 2
    assert looked_at.flaws == ["open_quote"]


def test_a_cell_beyond_all_measure_ends_the_table_and_is_said() -> None:
    """What came before it is kept."""
    looked_at = view("Nr\n1\n" + "x" * 200_000 + "\n3\n")

    assert len(read_table(looked_at, TableFormat())) == 1
    assert looked_at.flaws == ["bad_table"]


@pytest.mark.parametrize(
    ("body", "reason"), [("", "no_table"), ("x" * 200_000, "bad_table")]
)
def test_what_is_no_table_is_unreadable(body: str, reason: str) -> None:
    """With the reason why."""
    with pytest.raises(Unreadable, match=reason):
        read_table(view(body), TableFormat())


def test_rows_stop_one_above_the_limit() -> None:
    """Shrunk to two; the third tells that there were more."""
    looked_at = view("Nr\n1\n2\n3\n4\n", settings=Settings(rows=2))

    assert len(read_table(looked_at, TableFormat())) == 3
