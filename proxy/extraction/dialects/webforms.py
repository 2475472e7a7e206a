"""ASP.NET WebForms: postbacks, and the deltas of an UpdatePanel.

The operation is the control that posted back: ``__EVENTTARGET`` (also with its
argument, ``grid:Select$3``), or the button, whose name is a field. It says a row
position at best, so records are found in the response: the whole page, or a
delta, of which the HTML in ``updatePanel`` items is looked at as a page.

A delta is ``length|type|id|content|`` repeated. Lengths count UTF-16 units, as
the script does that reads it, not bytes. ``pageRedirect`` and ``error`` without a
panel show nothing. A delta whose lengths are wrong is read up to the fault
(``bad_delta``, partial).

Reasons: ``redirect``, ``error``, ``bad_delta``; in part: ``bad_delta``,
``too_many_panels``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from proxy.extraction.dialects.base import MAX_NAMES, Call, NothingShown
from proxy.extraction.dialects.panels import Panel, panels_view, whole_tags
from proxy.extraction.dialects.utf16 import after_units
from proxy.extraction.view import Unreadable, View

_HEAD = re.compile(r"(\d{1,9})\|([^|]{0,100})\|([^|]{0,1000})\|")
MAX_ITEMS = 10_000
"""Items of one delta; recorded ones have a dozen."""
_LONGEST = 500


class Item(NamedTuple):
    """One item of a delta."""

    kind: str
    id: str
    content: str


@dataclass(frozen=True, slots=True)
class WebForms:
    """``dialect: webforms``."""

    word: str = "webforms"
    remembers: bool = False

    def calls(self, view: View) -> tuple[Call, ...]:
        """See ``Dialect``."""
        fields = view.form
        if not any(name.startswith("__") for name, _ in fields):
            return ()
        targets = [value for name, value in fields if name == "__EVENTTARGET"]
        arguments = [value for name, value in fields if name == "__EVENTARGUMENT"]
        names: list[str] = []
        for target in filter(None, targets):
            names.append(target)
            names += [f"{target}:{argument}" for argument in arguments if argument]
        for name, value in fields:
            if name.startswith("__"):
                continue
            # ScriptManager: panel and the control that posted back.
            _, bar, source = value.partition("|")
            if bar and source and len(source) <= _LONGEST:
                names.append(source)
            names.append(name)
            if name.endswith((".x", ".y")):  # an image that is a button
                names.append(name[:-2])
        found = tuple(dict.fromkeys(names))[:MAX_NAMES]
        return (Call(found, fields_tree(fields)),)

    def shown(self, view: View) -> View:
        """See ``Dialect``: the page, or the panels of a delta as one."""
        text = view.text
        if not _HEAD.match(text):
            return view
        items, whole = parse_delta(text)
        kinds = {item.kind for item in items}
        if not whole:
            if not items:
                raise Unreadable("bad_delta")
            view.flaws.append("bad_delta")
            items[-1] = items[-1]._replace(content=whole_tags(items[-1].content))
        panels = [Panel(i.id, i.content) for i in items if i.kind == "updatePanel"]
        if not any(panel.html.strip() for panel in panels):
            for kind, reason in (("pageRedirect", "redirect"), ("error", "error")):
                if kind in kinds:
                    raise NothingShown(reason)
        panels += [Panel(i.id, i.content) for i in items if i.kind == "hiddenPanel"]
        return panels_view(view, panels)

    def remember(self, view: View) -> None:
        """See ``Dialect``: nothing."""


def parse_delta(text: str) -> tuple[list[Item], bool]:
    """The items of a delta, and whether it was read to its end.

    An item that is cut keeps what came of it.
    """
    items: list[Item] = []
    at, end = 0, len(text)
    while at < end:
        head = _HEAD.match(text, at)
        if head is None:
            return items, not text[at:].strip()
        length = int(head[1])
        start = head.end()
        at = after_units(text, start, length)
        items.append(Item(head[2], head[3], text[start:at]))
        if text[at : at + 1] != "|" or len(items) >= MAX_ITEMS:
            return items, False
        at += 1
    return items, bool(items)


def fields_tree(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Fields of a form as a JSON document: name → its values."""
    tree: dict[str, list[str]] = {}
    for name, value in fields:
        tree.setdefault(name, []).append(value)
    return tree
