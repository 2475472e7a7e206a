"""JSF and Seam: partial responses, and the component that asked for them.

The operation is ``javax.faces.source`` (``jakarta.faces.source``), else any field
of the form, since JSF before 2.0 names the button that way; row positions stand
in it (``form:tbl:0:btn``), so rules write ``form:tbl:*:btn``. Records are found in
the response: the whole page, or the HTML of ``update`` and ``insert``, which is
looked at as a page.

``redirect`` and ``error`` without an update show nothing, nor does RichFaces'
``Ajax-Response: redirect``. RichFaces 3 answers with a whole XHTML page; it is
read as HTML whatever type it declares. A cut response is read as far as it goes.

Reasons: those of XML, ``redirect``, ``error``; in part: ``bad_xml``,
``too_many_panels``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from proxy.extraction.bodies.xml import Element, local_name, parse_xml
from proxy.extraction.dialects.base import (
    MAX_NAMES,
    Call,
    InnerView,
    NothingShown,
)
from proxy.extraction.dialects.panels import Panel, panels_view, whole_tags
from proxy.extraction.dialects.webforms import fields_tree
from proxy.extraction.view import Unreadable, View

_SOURCES = frozenset({"javax.faces.source", "jakarta.faces.source"})
_PARTIAL = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:\w+:)?partial-response[\s>/]")
_CLOSED = re.compile(r"</(?:\w+:)?partial-response\s*>\s*\Z")
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!DOCTYPE[^>]{0,300}>\s*)?<html[\s>]"
)
_REST = "]]></update></changes></partial-response>"
_STATE = ("ViewState", "ClientWindow")


@dataclass(frozen=True, slots=True)
class Jsf:
    """``dialect: jsf``."""

    word: str = "jsf"
    remembers: bool = False

    def calls(self, view: View) -> tuple[Call, ...]:
        """See ``Dialect``."""
        fields = view.form
        if not fields:
            return ()
        names = [value for name, value in fields if name in _SOURCES and value]
        if not names:
            names = [name for name, _ in fields if ".faces." not in name]
        found = tuple(dict.fromkeys(names))[:MAX_NAMES]
        return (Call(found, fields_tree(fields)),) if found else ()

    def shown(self, view: View) -> View:
        """See ``Dialect``: the page, or the updates of a partial response."""
        said = view.response.get(b"ajax-response")
        if said is not None and said.lower() == b"redirect":
            raise NothingShown("redirect")
        text = view.text
        if not _PARTIAL.match(text):
            return InnerView(view, text, "text/html") if _PAGE.match(text) else view
        whole = _CLOSED.search(text[-100:]) is not None
        try:
            root = parse_xml(text)
        except Unreadable as failure:
            if failure.reason != "bad_xml":
                raise
            # A cut response ends within the HTML of an update, as a rule.
            root = parse_xml(text if whole else whole_tags(text) + _REST, recover=True)
            if view.complete or whole:
                view.flaws.append("bad_xml")
        panels: list[Panel] = []
        nothing = ""
        for part in _parts(root):
            kind = local_name(part)
            if kind in ("redirect", "error"):
                nothing = nothing or kind
            elif not _is_state(part.get("id") or ""):
                panels.append(Panel("", _html(part)))
        if nothing and not any(panel.html.strip() for panel in panels):
            raise NothingShown(nothing)
        return panels_view(view, panels)

    def remember(self, view: View) -> None:
        """See ``Dialect``: nothing."""


def _parts(root: Element) -> Iterator[Element]:
    """What a response consists of, in order; nothing that stands within another."""
    for part in root:
        kind = local_name(part)
        if kind in ("redirect", "error"):
            yield part
        elif kind == "changes":
            for change in part:
                match local_name(change):
                    case "update":
                        yield change
                    case "insert":
                        yield from (
                            place
                            for place in change
                            if local_name(place) in ("before", "after")
                        )
                    case _:
                        pass


def _html(element: Element) -> str:
    """The HTML of an update, which should be a CDATA section and at times is not."""
    parts = [element.text or ""]
    parts += [etree.tostring(child, encoding="unicode") for child in element]
    return "".join(parts)


def _is_state(name: str) -> bool:
    """Whether an update holds the state of a view and no HTML."""
    return ".faces." in name and any(word in name for word in _STATE)
