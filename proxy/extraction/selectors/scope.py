"""Where on a page a place counts: ``{css: a, within: "#main", except: ".recent"}``.

``within`` and ``except`` are CSS; what is found counts when it stands in (or is) an
element of the first and in none of the second. Both look from what was found
upwards, so a page costs at most its depth more per element.
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from proxy.extraction.selectors.css import to_condition, to_xpath
from proxy.extraction.selectors.markup import Markup, compile_xpath

_TRIED = etree.fromstring("<a><b/></a>")


class NoPlace(ValueError):
    """What the selector finds is no place in the page, so it stands nowhere."""


def scoped(markup: Markup, within: str = "", outside: str = "") -> Markup:
    """The same place, as far as it stands where it counts.

    Args:
        markup: CSS or XPath without namespaces.
        within: CSS; empty: the whole page.
        outside: CSS of what is left out; empty: nothing.

    Raises:
        cssselect.SelectorError, lxml.etree.LxmlError: One is no CSS.
        NoPlace: An XPath that gives a text or a number.
    """
    expression = to_xpath(markup.expression) if markup.bounded else markup.expression
    if not markup.bounded:
        expression = f"({expression})"
    if within:
        expression += f"[ancestor-or-self::*[{to_condition(within)}]]"
    if outside:
        expression += f"[not(ancestor-or-self::*[{to_condition(outside)}])]"
    find = compile_xpath(expression)
    try:
        find(_TRIED)
    except etree.XPathEvalError:
        raise NoPlace("it gives a text or a number") from None
    return replace(markup, expression=expression, find=find)
