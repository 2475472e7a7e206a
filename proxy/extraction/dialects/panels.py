"""Pieces of HTML that a script puts into a page, as one page again.

Each piece is parsed by itself, as the browser does, so that an unclosed comment
or quote in one cannot hide the next. A piece with an id stands inside a ``div`` of
that id, where it stands in the whole page as well: the same selectors find it.
"""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from proxy.extraction.bodies.comments import without_comments
from proxy.extraction.bodies.markup import Element, read_markup
from proxy.extraction.dialects.base import InnerView
from proxy.extraction.view import Unreadable, View

MAX_PANELS = 1000
"""Pieces of one response; real ones have a few."""
_HTML = "text/html"


class Panel(NamedTuple):
    """One piece."""

    id: str
    html: str


def panels_view(view: View, panels: list[Panel]) -> InnerView:
    """The page that these pieces make."""
    if len(panels) > MAX_PANELS:
        view.flaws.append("too_many_panels")
        panels = panels[:MAX_PANELS]

    def tree(_: View) -> Element:
        return _joined(view, panels)

    # Of each by itself, too: what a comment in one hides does not reach the next.
    text = "\n".join(without_comments(panel.html) for panel in panels)
    return InnerView(view, text, _HTML, {read_markup: tree})


def whole_tags(html: str) -> str:
    """HTML that is cut, back to its last whole tag: half an id is no id."""
    return html[: html.rfind(">") + 1]


def _joined(view: View, panels: list[Panel]) -> Element:
    page = etree.Element("html")
    body = etree.SubElement(page, "body")
    for panel in panels:
        if not panel.html.strip():
            continue
        try:
            root = read_markup(InnerView(view, panel.html, _HTML))
        except Unreadable as failure:
            if failure.reason != "no_markup":
                raise
            continue
        # Its parts are moved as they are: text may hold what lxml would refuse.
        for part in list(root):
            part.tag = "div"
            part.attrib.clear()
            if panel.id:
                part.set("id", _storable(panel.id))
            body.append(part)
    return page


def _storable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        letter
        if letter >= " " and not "\ud800" <= letter <= "\udfff" and letter < "\ufffe"
        else "\ufffd"
        for letter in text[:500]
    )
