"""The body of a response as text and as a tree, made when first asked for.

Shared by the predicates over one exchange, so that a page is decoded and
parsed once. Hostile pages end as "not readable", never as an exception: an
unread page confirms nothing.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import lxml.etree
import lxml.html
import regex
from cssselect import SelectorError
from lxml.cssselect import CSSSelector

from proxy.attribution.spec import Selector, SelectorKind
from proxy.exchange.body import decode_content
from proxy.exchange.charset import decode_text
from proxy.exchange.model import BodyState, Response

_REGEX_SECONDS = 0.05
"""A pattern that takes longer on a page is a pattern that backtracks."""
MAX_VALUE = 1024
"""Characters of a selected text; a user name is shorter."""


class Page:
    """What a predicate may ask about a response's body."""

    def __init__(self, response: Response) -> None:
        self._response = response

    @cached_property
    def _decoded(self) -> tuple[str, bool]:
        response = self._response
        body = decode_content(response)
        complete = (
            body.state is BodyState.COMPLETE
            and response.body_state is BodyState.COMPLETE
        )
        content_type = response.get(b"content-type") or b""
        return decode_text(body.data, content_type), complete

    @property
    def text(self) -> str:
        """As much of the text as could be read."""
        return self._decoded[0]

    @property
    def complete(self) -> bool:
        """Whether that is all of it."""
        return self._decoded[1]

    @cached_property
    def _tree(self) -> lxml.html.HtmlElement | None:
        if not self.text.strip():
            return None
        parser = lxml.html.HTMLParser(
            encoding="utf-8", huge_tree=False, no_network=True, recover=True
        )
        try:
            data = self.text.encode("utf-8", "replace")
            return lxml.html.document_fromstring(data, parser=parser)
        except (lxml.etree.LxmlError, ValueError):
            return None

    def select(self, selector: Selector) -> list[str] | None:
        """Texts of the places this selector finds; None when it is unreadable."""
        if selector.kind is SelectorKind.REGEX:
            return self._search(selector.expression)
        if self._tree is None:
            return [] if self.complete else None
        try:
            found: object = _compiled(selector)(self._tree)
        except (lxml.etree.LxmlError, SelectorError, ValueError):
            return None
        if isinstance(found, list):
            return [_text(item) for item in found]
        # XPath may also give a string, a number or a truth.
        return [_text(found)] if found else []

    def _search(self, expression: str) -> list[str] | None:
        try:
            found = regex.search(expression, self.text, timeout=_REGEX_SECONDS)
        except (TimeoutError, regex.error):
            return None
        if found is None:
            return []
        return [(found.group(1) if found.re.groups else found.group(0))[:MAX_VALUE]]


@lru_cache(maxsize=1024)
def _compiled(selector: Selector) -> lxml.etree.XPath:
    if selector.kind is SelectorKind.CSS:
        return CSSSelector(selector.expression, translator="html")
    # Without regular expressions, which could run away.
    return lxml.etree.XPath(selector.expression, regexp=False, smart_strings=False)


def _text(item: object) -> str:
    if isinstance(item, lxml.etree._Element):  # noqa: SLF001 - its only public name
        text = " ".join("".join(map(str, item.itertext())).split())
    else:
        text = str(item)
    return text[:MAX_VALUE]


def selector_mistake(selector: Selector) -> str | None:
    """What is wrong with a selector, or None; for the rule checker."""
    try:
        match selector.kind:
            case SelectorKind.CSS | SelectorKind.XPATH:
                _compiled(selector)
            case SelectorKind.REGEX:
                regex.compile(selector.expression)
    except (SelectorError, lxml.etree.LxmlError, regex.error, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None
