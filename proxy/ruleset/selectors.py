"""YAML → selectors and rows: the words of the rule language for *where*.

``SOURCES`` and ``ROWS`` are the vocabulary: a new selector gets its word there.
A selector is written short (``query.id``, ``attr.data-id``, ``text``) or as a
mapping with one source and refinements (``{css: a, attr: href, regex: …}``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cssselect import SelectorError
from jmespath.exceptions import JMESPathError
from lxml import etree

from proxy.document import Fields, Kind, Node, Problems, near_miss
from proxy.extraction.dialects.base import Dialect
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.selectors.argument import Argument
from proxy.extraction.selectors.base import RowKind, Selector
from proxy.extraction.selectors.markup import (
    Attribute,
    Markup,
    Text,
    compile_css,
    compile_xpath,
)
from proxy.extraction.selectors.pattern import (
    Group,
    Pattern,
    PatternRefused,
    compile_pattern,
)
from proxy.extraction.selectors.refine import Refined
from proxy.extraction.selectors.request import (
    FormValue,
    HeaderValue,
    PathValue,
    QueryValue,
)
from proxy.extraction.selectors.scope import NoPlace, scoped
from proxy.extraction.selectors.table import Column
from proxy.extraction.selectors.transform import Transformed
from proxy.extraction.selectors.tree import Json, Value, compile_json
from proxy.ruleset.transforms import read_transform

SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a selector stands in the file; decides what it may look at."""

    problems: Problems
    captures: frozenset[str] = frozenset()
    """Names that every request pattern of the rule captures."""
    row: RowKind | None = None
    """What the rows are that it looks at; None: the page."""
    groups: tuple[str, ...] = field(default=())
    """Groups of the rows, when they are matches."""
    dialect: Dialect | None = None
    """In which the rule's requests ask and its responses answer."""
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """Prefix → namespace, for XPath; when there are none, names have none."""

    def wrong(
        self, node: Node, message: str, expected: str = "", hint: str = ""
    ) -> None:
        """Report a mistake."""
        self.problems.add(node.line, node.path, message, expected=expected, hint=hint)


Source = Callable[[str, Node, Place], Selector | None]


def _path(name: str, node: Node, place: Place) -> Selector | None:
    if name in place.captures:
        return PathValue(name)
    place.wrong(
        node,
        f"no {{{name}}} in every request pattern of this rule",
        "a name of the request pattern, such as {id}",
        near_miss(name, place.captures),
    )
    return None


def _query(name: str, _: Node, __: Place) -> Selector | None:
    return QueryValue(name)


def _form(name: str, _: Node, __: Place) -> Selector | None:
    return FormValue(name)


def _header(name: str, node: Node, place: Place) -> Selector | None:
    return _any_header(name, node, place, of_request=False)


def _request_header(name: str, node: Node, place: Place) -> Selector | None:
    return _any_header(name, node, place, of_request=True)


def _any_header(
    name: str, node: Node, place: Place, *, of_request: bool
) -> Selector | None:
    if name.lower() in SECRET_HEADERS:
        place.wrong(node, f"{name} holds secrets and is never read", "another header")
        return None
    return HeaderValue(name.lower(), of_request)


def _attr(name: str, node: Node, place: Place) -> Selector | None:
    return Attribute(name) if _in(RowKind.ELEMENT, "attr", node, place) else None


def _text(_: str, node: Node, place: Place) -> Selector | None:
    return Text() if _in(RowKind.ELEMENT, "text", node, place) else None


def _value(_: str, node: Node, place: Place) -> Selector | None:
    return Value() if _in(RowKind.JSON, "value", node, place) else None


def _column(name: str, node: Node, place: Place) -> Selector | None:
    return Column(name) if _in(RowKind.LINE, "column", node, place) else None


def _group(name: str, node: Node, place: Place) -> Selector | None:
    if not _in(RowKind.MATCH, "group", node, place):
        return None
    if name in place.groups:
        return Group(name)
    place.wrong(
        node, f"the pattern of each has no group {name}", " or ".join(place.groups)
    )
    return None


def _css(expression: str, node: Node, place: Place) -> Selector | None:
    return _markup(expression, node, place, compile_css)


def _xpath(expression: str, node: Node, place: Place) -> Selector | None:
    if place.row is RowKind.ELEMENT and expression.lstrip("( ").startswith("/"):
        place.wrong(
            node, "looks at the whole page for every row", "a path such as .//a/@href"
        )
        return None
    return _qualified(expression, node, place)


def _qualified(expression: str, node: Node, place: Place) -> Markup | None:
    namespaces = place.namespaces

    def compiled(text: str) -> etree.XPath:
        return compile_xpath(text, namespaces)

    found = _markup(expression, node, place, compiled)
    return replace(found, qualified=True) if found and namespaces else found


def _markup(
    expression: str,
    node: Node,
    place: Place,
    compiled: Callable[[str], etree.XPath],
) -> Markup | None:
    if place.row not in (None, RowKind.ELEMENT):
        _misfit("css and xpath", node, place)
        return None
    try:
        bounded = compiled is compile_css
        return Markup(expression, compiled(expression), bounded=bounded)
    except (SelectorError, etree.LxmlError, ValueError) as error:
        place.wrong(node, f"not readable: {error}", "a selector")
        return None


def _json(expression: str, node: Node, place: Place) -> Selector | None:
    if place.row not in (None, RowKind.JSON):
        _misfit("json", node, place)
        return None
    return json_of(expression, node, place)


def json_of(expression: str, node: Node, place: Place) -> Json | None:
    """A place in a JSON document; None after a problem."""
    try:
        return Json(expression, compile_json(expression))
    except (JMESPathError, ValueError) as error:
        said = str(error).partition("\n")[0]
        place.wrong(node, f"not readable: {said}", "a JMESPath such as clients[].id")
        return None


def _regex(expression: str, node: Node, place: Place) -> Pattern | None:
    try:
        return compile_pattern(expression)
    except PatternRefused as error:
        place.wrong(node, f"not usable: {error}", "a regular expression")
        return None


def _argument(expression: str, node: Node, place: Place) -> Selector | None:
    if place.dialect is None:
        expected = "dialect: " + " or ".join(DIALECTS)
        place.wrong(node, "argument needs a dialect in this rule", expected)
        return None
    compiled = json_of(expression, node, place)
    return None if compiled is None else Argument(place.dialect, compiled)


SOURCES: dict[str, Source] = {
    "path": _path,
    "query": _query,
    "form": _form,
    "header": _header,
    "request_header": _request_header,
    "argument": _argument,
    "css": _css,
    "xpath": _xpath,
    "json": _json,
    "regex": _regex,
    "attr": _attr,
    "text": _text,
    "value": _value,
    "column": _column,
    "group": _group,
}
"""Word → selector, given what stands behind it."""

_ALONE = ("text", "value")
_SHORT = (
    "path",
    "query",
    "form",
    "header",
    "request_header",
    "attr",
    "column",
    "argument",
)
_SHORT_WORDS = (*_SHORT, "json", "group")


def read_selector(node: Node, place: Place) -> Selector | None:
    """The selector written at this node; None after a problem."""
    if node.kind is Kind.SCALAR:
        return _read_short(node, place)
    if node.kind is not Kind.MAPPING:
        place.wrong(node, f"{node.kind.value} stands here", "a selector")
        return None
    with Fields(node, place.problems) as fields:
        words = [word for word in SOURCES if fields.has(word)]
        # With another source a regex narrows what that source finds.
        narrowing = "regex" if len(words) > 1 and "regex" in words else ""
        if narrowing:
            words.remove("regex")
        of_element = len(words) == 2 and "attr" in words and "css" in words
        if of_element:
            words.remove("attr")
        if len(words) != 1:
            said = "no source" if not words else f"several: {', '.join(words)}"
            place.wrong(node, said, "one of " + ", ".join(SOURCES))
            return None
        source = source_at(words[0], fields.child(words[0]), place)
        if of_element and isinstance(source, Markup):
            source = replace(source, attr=fields.text("attr"))
        if isinstance(source, Markup):
            source = in_scope(source, fields, place)
        pattern = fields.child("regex") if narrowing else None
        transform = fields.child("transform")
    if source is not None and pattern is not None:
        compiled = source_at("regex", pattern, place)
        source = Refined(source, compiled) if isinstance(compiled, Pattern) else None
    if transform is None:
        return source
    steps = read_transform(transform, place.problems)
    return Transformed(source, steps) if source is not None else None


def in_scope(source: Markup, fields: Fields, place: Place) -> Markup | None:
    """The place with the ``within`` and ``except`` beside it."""
    within, outside = fields.text("within", ""), fields.text("except", "")
    if not within and not outside:
        return source
    if source.qualified:
        said = "within and except cannot stand beside namespaces"
        place.wrong(fields.node, said, "a path that says where")
        return None
    try:
        return scoped(source, within, outside)
    except (SelectorError, etree.LxmlError, NoPlace) as error:
        expected = "a place by css or xpath; within and except in CSS"
        place.wrong(fields.node, f"not readable: {error}", expected)
        return None


def source_at(word: str, node: Node | None, place: Place) -> Selector | None:
    """The selector of a word of ``SOURCES``; None after a problem."""
    if node is None:
        return None
    if node.kind is not Kind.SCALAR:
        place.wrong(node, f"{node.kind.value} stands here", "text")
        return None
    return SOURCES[word](node.text, node, place)


def _read_short(node: Node, place: Place) -> Selector | None:
    word, dot, name = node.text.partition(".")
    if node.text in _ALONE or (dot and name and word in _SHORT_WORDS):
        return SOURCES[word](name, node, place)
    expected = ", ".join(f"{word}.NAME" for word in _SHORT_WORDS)
    hint = near_miss(word, SOURCES)
    if dot and name and hint in _SHORT_WORDS:
        hint = f"{hint}.{name}"
    place.wrong(
        node,
        f"{node.text[:60]!r} is no selector",
        f"{expected}, text, value, or a mapping such as {{css: …}}",
        hint if hint != node.text else "",
    )
    return None


def _in(kind: RowKind, word: str, node: Node, place: Place) -> bool:
    if place.row is kind:
        return True
    if place.row is None:
        place.wrong(node, f"{word} is of a row", f"each: {{{kind.value}: …}} beside it")
    else:
        _misfit(word, node, place)
    return False


def _misfit(word: str, node: Node, place: Place) -> None:
    inside = {
        RowKind.ELEMENT: "attr.NAME, text, {css: …}, {xpath: …}",
        RowKind.JSON: "json.PATH, value",
        RowKind.LINE: "column.NAME",
        RowKind.MATCH: "group.NAME",
    }
    kind = place.row
    assert kind is not None
    place.wrong(node, f"{word} cannot look into rows of {kind.value}", inside[kind])
