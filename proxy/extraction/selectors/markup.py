"""Places in HTML and XML: ``css``, ``xpath``, and of a row ``attr`` and ``text``.

Compiled when the rule set is read. CSS runs as XPath of linear time. XPath has no
regular expressions (they could run away) and no access to other documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from typing_extensions import override

from proxy.extraction.bodies.markup import Element, read_markup
from proxy.extraction.bodies.xml import read_qualified
from proxy.extraction.selectors.base import MAX_TEXT, OfRow, RowKind
from proxy.extraction.selectors.css import to_xpath
from proxy.extraction.view import Unreadable, View

MAX_XPATH_TEXT = 1 << 20
"""Characters of a page that an XPath may search: ``//tr//td`` takes a second on
that many, and the square of it on more. CSS has no such limit."""
_CHILD = re.compile(r"(?:\./)?([A-Za-z_][A-Za-z0-9_.-]*)", re.ASCII)
_VALUED = frozenset({"input", "option", "img", "embed", "object", "param"})
"""Elements that show something without text inside."""


def compile_css(expression: str) -> etree.XPath:
    """The selector of this CSS.

    Raises:
        cssselect.SelectorError, lxml.etree.LxmlError: It is none.
    """
    return compile_xpath(to_xpath(expression))


def compile_xpath(
    expression: str, namespaces: Mapping[str, str] | None = None
) -> etree.XPath:
    """The selector of this XPath 1.0, its prefixes standing for ``namespaces``.

    Raises:
        lxml.etree.LxmlError: It is none.
    """
    return etree.XPath(
        expression,
        namespaces=dict(namespaces) if namespaces else None,
        regexp=False,
        smart_strings=False,
    )


@dataclass(frozen=True, slots=True)
class Markup:
    """``{css: "#nr", attr: value}`` or ``{xpath: "//td/@id"}``; selector and rows."""

    expression: str
    find: etree.XPath = field(compare=False, repr=False)
    attr: str = ""
    """Attribute whose value is taken; empty: the text inside."""
    bounded: bool = True
    """It takes linear time (CSS); of an XPath that is not known."""
    qualified: bool = False
    """Names are compared with their namespaces."""
    child: str = field(init=False, compare=False, repr=False)
    """Name of a plain ``./name``, found in a row without the interpreter: twice as
    fast, which counts per row."""

    def __post_init__(self) -> None:
        plain = _CHILD.fullmatch(self.expression)
        child = plain[1] if plain and not (self.bounded or self.qualified) else ""
        object.__setattr__(self, "child", child)

    @property
    def needs_body(self) -> bool:
        """Always."""
        return True

    @property
    def kind(self) -> RowKind:
        """See ``Rows``."""
        return RowKind.ELEMENT

    def rows(self, view: View) -> list[Any]:
        """See ``Rows``: elements (or, of an XPath, texts)."""
        return self._found(view, None)

    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        attr = self.attr
        if self.child and not attr and isinstance(row, Element):
            return [text_of(each) for each in row.iterchildren(self.child)]
        values = []
        for item in self._found(view, row):
            if isinstance(item, Element):
                value = attribute(item, attr) if attr else text_of(item)
                if value is not None:
                    values.append(value)
            elif isinstance(item, str):
                values.append(item)
            elif isinstance(item, (bool, float)):
                values.append(_number(item))
        return values

    def present(self, view: View) -> bool:
        """An element counts when it has text, children or a value of its own."""
        return any(_shows(item) for item in self._found(view, None))

    def _found(self, view: View, row: Any) -> list[Any]:
        if not self.bounded and len(view.text) > MAX_XPATH_TEXT:
            raise Unreadable("too_large_for_xpath")
        scope = row
        if row is None:
            read = read_qualified if self.qualified else read_markup
            scope = view.document(read, read)
        if not isinstance(scope, Element):
            return []
        try:
            found = self.find(scope)
        except etree.LxmlError:
            raise Unreadable("selector_failed") from None
        # An XPath may give a text, a number or a boolean.
        return found if isinstance(found, list) else [found]


@dataclass(frozen=True, slots=True)
class Attribute(OfRow):
    """``attr.data-id``: of the row itself."""

    name: str

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        value = attribute(row, self.name) if isinstance(row, Element) else None
        return [] if value is None else [value]


@dataclass(frozen=True, slots=True)
class Text(OfRow):
    """``text``: what stands in the row."""

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        return [row if isinstance(row, str) else text_of(row)]


def attribute(element: Element, name: str) -> str | None:
    """Value of an attribute; HTML knows no case in names, its parser lowers it."""
    value = element.get(name)
    return element.get(name.lower()) if value is None else value


def text_of(element: Element) -> str:
    """Text inside an element, white space as one blank."""
    if len(element) == 0:
        return " ".join((element.text or "").split())[:MAX_TEXT]
    text: Iterable[Any] = element.itertext()
    return " ".join("".join(text).split())[:MAX_TEXT]


def _number(value: bool | float) -> str:
    if isinstance(value, bool):
        return ""
    return str(int(value)) if value == value // 1 else str(value)


def _shows(item: Any) -> bool:
    if isinstance(item, Element):
        return len(item) > 0 or item.tag in _VALUED or bool((item.text or "").strip())
    return item.strip() != "" if isinstance(item, str) else bool(item)
