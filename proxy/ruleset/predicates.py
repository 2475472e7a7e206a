"""YAML → predicates over one exchange: ``{status: 302, set_cookie: {…}}``.

Several keys in one mapping must all hold. ``READERS`` is the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from proxy.attribution.page import selector_mistake
from proxy.attribution.spec import (
    AllOf,
    AnyOf,
    BodyContains,
    CookieState,
    HeaderIs,
    JsonIs,
    LocationIs,
    Not,
    Predicate,
    Present,
    Selector,
    SelectorKind,
    SetCookie,
    StatusIn,
)
from proxy.document import Fields, Kind, Node, Problems, near_miss
from proxy.exchange.json_body import parse_way
from proxy.exchange.patterns import compile_glob
from proxy.ruleset.selectors import SECRET_HEADERS

_STATUS = re.compile(r"([1-5])(?:xx|\d\d)")


def read_predicate(node: Node, problems: Problems) -> Predicate | None:
    """The predicate written at a node; None after a problem."""
    terms: list[Predicate] = []
    with Fields(node, problems) as fields:
        for word, read in READERS.items():
            child = fields.child(word)
            if child is None:
                continue
            term = read(child, problems)
            if term is not None:
                terms.append(term)
        if node.kind is Kind.MAPPING and not node.entries:
            words = ", ".join(READERS)
            problems.add(node.line, node.path, "nothing is stated", expected=words)
    if not terms:
        return None
    return terms[0] if len(terms) == 1 else AllOf(tuple(terms))


def read_status(node: Node, problems: Problems) -> tuple[int, int] | None:
    """``302`` or ``2xx`` as lowest and highest code; None after a problem."""
    text = node.text
    if node.kind is not Kind.SCALAR or not (found := _STATUS.fullmatch(text)):
        problems.add(
            node.line, node.path, "not a status", expected="a code such as 302, or 2xx"
        )
        return None
    if text.endswith("xx"):
        low = int(found[1]) * 100
        return low, low + 99
    return int(text), int(text)


def _status(node: Node, problems: Problems) -> Predicate | None:
    ranges = [read_status(item, problems) for item in _items(node)]
    return _any([StatusIn(*found) for found in ranges if found is not None])


def _location(node: Node, problems: Problems) -> Predicate | None:
    if node.kind is not Kind.MAPPING:
        wanted = _texts(node, problems)
        return _any([LocationIs(compile_glob(text)) for text in wanted])
    with Fields(node, problems) as fields:
        texts = fields.texts("not")
        if not texts:
            fields.required("not", 'text such as "/login*"')
            return None
    # Asks for a redirect, to somewhere else.
    redirected = HeaderIs("location", compile_glob("*"))
    terms = [Not(LocationIs(compile_glob(text))) for text in texts]
    return AllOf((redirected, *terms))


def _header(node: Node, problems: Problems) -> Predicate | None:
    terms: list[Predicate] = []
    for name, text in _named(node, problems, 'a mapping such as {X-State: "ok*"}'):
        if name.lower() in SECRET_HEADERS:
            problems.add(
                text.line,
                text.path,
                "holds secrets and is never read",
                expected="another header (cookies: set_cookie)",
            )
        else:
            terms.append(HeaderIs(name.lower(), compile_glob(text.text)))
    return _all(terms)


def _set_cookie(node: Node, problems: Problems) -> Predicate | None:
    terms: list[Predicate] = []
    words = [state.value for state in CookieState]
    for name, text in _named(node, problems, "a mapping such as {JSESSIONID: changed}"):
        if text.text in words:
            terms.append(SetCookie(name, CookieState(text.text)))
            continue
        problems.add(
            text.line,
            text.path,
            f"{text.text[:40]!r} is not right",
            expected=" or ".join(words),
            hint=near_miss(text.text, words),
        )
    return _all(terms)


def _body(node: Node, problems: Problems) -> Predicate | None:
    terms: list[Predicate] = []
    with Fields(node, problems) as fields:
        terms += [BodyContains(text) for text in fields.texts("contains")]
        terms += [Not(BodyContains(text)) for text in fields.texts("absent")]
        if node.kind is Kind.MAPPING and not terms:
            expected = "contains: text or absent: text"
            problems.add(node.line, node.path, "nothing is stated", expected=expected)
    return _all(terms)


def _json(node: Node, problems: Problems) -> Predicate | None:
    terms: list[Predicate] = []
    for name, text in _named(node, problems, 'a mapping such as {"result[1]": "*"}'):
        way = parse_way(name)
        if way is None:
            said = "not a way into a JSON body"
            problems.add(text.line, text.path, said, expected="a.b or result[1]")
        else:
            terms.append(JsonIs(way, compile_glob(text.text)))
    return _all(terms)


def _present(kind: SelectorKind) -> Callable[[Node, Problems], Predicate | None]:
    def read(node: Node, problems: Problems) -> Predicate | None:
        found = selector(kind, node, problems)
        return None if found is None else Present(found)

    return read


def selector(kind: SelectorKind, node: Node, problems: Problems) -> Selector | None:
    """The place written at a node; None after a problem."""
    if node.kind is not Kind.SCALAR:
        said = f"{node.kind.value} stands here"
        problems.add(node.line, node.path, said, expected="text")
        return None
    found = Selector(kind, node.text)
    if mistake := selector_mistake(found):
        problems.add(node.line, node.path, f"not readable: {mistake}")
        return None
    return found


def _any_of(node: Node, problems: Problems) -> Predicate | None:
    terms = [read_predicate(item, problems) for item in _items(node)]
    return _any([term for term in terms if term is not None])


def _all_of(node: Node, problems: Problems) -> Predicate | None:
    terms = [read_predicate(item, problems) for item in _items(node)]
    return _all([term for term in terms if term is not None])


def _not(node: Node, problems: Problems) -> Predicate | None:
    term = read_predicate(node, problems)
    return None if term is None else Not(term)


READERS: dict[str, Callable[[Node, Problems], Predicate | None]] = {
    "status": _status,
    "location": _location,
    "header": _header,
    "set_cookie": _set_cookie,
    "body": _body,
    "json": _json,
    "css": _present(SelectorKind.CSS),
    "xpath": _present(SelectorKind.XPATH),
    "regex": _present(SelectorKind.REGEX),
    "any": _any_of,
    "all": _all_of,
    "not": _not,
}


def _items(node: Node) -> tuple[Node, ...]:
    return node.elements if node.kind is Kind.SEQUENCE else (node,)


def _texts(node: Node, problems: Problems) -> list[str]:
    texts = []
    for item in _items(node):
        if item.kind is Kind.SCALAR:
            texts.append(item.text)
        else:
            said = f"{item.kind.value} stands here"
            problems.add(item.line, item.path, said, expected="text")
    return texts


def _named(node: Node, problems: Problems, expected: str) -> list[tuple[str, Node]]:
    if node.kind is not Kind.MAPPING:
        said = f"{node.kind.value} stands here"
        problems.add(node.line, node.path, said, expected=expected)
        return []
    named = []
    for name, item in node.entries:
        if item.kind is Kind.SCALAR:
            named.append((name, item))
        else:
            said = f"{item.kind.value} stands here"
            problems.add(item.line, item.path, said, expected="text")
    return named


def _any(terms: list[Predicate]) -> Predicate | None:
    return AnyOf(tuple(terms)) if len(terms) > 1 else (terms[0] if terms else None)


def _all(terms: list[Predicate]) -> Predicate | None:
    return AllOf(tuple(terms)) if len(terms) > 1 else (terms[0] if terms else None)
