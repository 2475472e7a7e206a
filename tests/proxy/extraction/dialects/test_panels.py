"""Pieces of HTML as one page."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from proxy.extraction.bodies.markup import read_markup
from proxy.extraction.dialects.panels import (
    MAX_PANELS,
    Panel,
    panels_view,
    whole_tags,
)
from tests.support.pages import view


def page(*panels: tuple[str, str]) -> str:
    """The page these pieces make, written."""
    inner = panels_view(view(), [Panel(*panel) for panel in panels])
    root = inner.document(read_markup, read_markup)
    return etree.tostring(root, encoding="unicode")


def test_a_piece_stands_inside_its_id_with_all_its_text() -> None:
    """Where it stands in the whole page as well."""
    assert page(("up", "<u>a<b>c</b>d</u><i>e</i>"), ("", "<i>g</i>")) == (
        '<html><body><div id="up"><u>a<b>c</b>d</u><i>e</i></div>'
        "<div><i>g</i></div></body></html>"
    )


def test_rows_of_a_table_stay_rows() -> None:
    """An update may be of a row, without its table."""
    assert "<tr><td>1</td></tr>" in page(("", "<tr><td>1</td></tr>"))


def test_empty_pieces_are_no_part_of_it() -> None:
    """Nothing at all is an empty page."""
    assert page(("a", " "), ("b", "<!-- x -->")) == "<html><body/></html>"


def test_the_pieces_are_bounded_and_that_is_said() -> None:
    """A million of them are no page."""
    looked_at = view()

    inner = panels_view(looked_at, [Panel("", "<b>")] * (MAX_PANELS + 1))

    assert len(inner.document(read_markup, read_markup)[0]) == MAX_PANELS
    assert looked_at.flaws == ["too_many_panels"]


@given(st.text(max_size=20), st.text(max_size=40))
@example("\x1b", "\x1b\ud800")
def test_any_id_and_any_piece_make_a_page(name: str, html: str) -> None:
    """Characters that XML cannot hold among them."""
    page((name, html), (name, "<b>x</b>"))


def test_a_cut_piece_ends_behind_its_last_whole_tag() -> None:
    """Half an id is no id."""
    assert whole_tags("<b>9001") == "<b>"
    assert whole_tags("<b>900123</b><a hr") == "<b>900123</b>"
    assert whole_tags("9001") == ""
