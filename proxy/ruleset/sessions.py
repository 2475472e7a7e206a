"""YAML → where session keys stand: the ``session`` key of a rule set.

``session: none`` says that the application has none: every request carries its
own identity.
"""

from __future__ import annotations

import re

from proxy.attribution.spec import KeyKind, KeyPlace, SessionKeys, Which
from proxy.document import Fields, Kind, Node, Problems
from proxy.exchange.json_body import parse_way
from proxy.exchange.patterns import PatternError, segment_pattern

_NAMED = (KeyKind.PATH_PARAMETER, KeyKind.QUERY, KeyKind.FORM)
PLACES = ("cookie", *(kind.value for kind in KeyKind))
"""The words of places."""


def read_session(node: Node, problems: Problems) -> SessionKeys:
    """The places of session keys; empty for ``none``, and after a problem."""
    if node.kind is Kind.SCALAR and node.text == "none":
        return SessionKeys()
    with Fields(node, problems) as fields:
        which = fields.choice("which", Which, Which.AGREE)
        cookies = fields.texts("cookie")
        places = [
            KeyPlace(kind, name, which)
            for kind in _NAMED
            for name in fields.texts(kind.value)
        ]
        for text in fields.texts(KeyKind.PATH_SEGMENT.value):
            try:
                segment_pattern(text)
            except PatternError as error:
                child = fields.child(KeyKind.PATH_SEGMENT.value)
                fields.wrong(child or node, "not a segment with a key", str(error))
            else:
                places.append(KeyPlace(KeyKind.PATH_SEGMENT, text, which))
        header = fields.child(KeyKind.HEADER.value)
        if header is not None and (found := _header(header, which, problems)):
            places.append(found)
        if fields.flag(KeyKind.CONNECTION.value, False):
            places.append(KeyPlace(KeyKind.CONNECTION))
        if node.kind is Kind.MAPPING and not {*PLACES} & {k for k, _ in node.entries}:
            fields.required("cookie", "the name of the session cookie")
    return SessionKeys(cookies, tuple(places), which)


def segment_of(keys: SessionKeys) -> re.Pattern[str] | None:
    """Path segments that hold a key, and that rules do not see."""
    forms = [p.name for p in keys.places if p.kind is KeyKind.PATH_SEGMENT]
    if not forms:
        return None
    return re.compile("|".join(f"(?:{segment_pattern(f).pattern})" for f in forms))


def _header(node: Node, which: Which, problems: Problems) -> KeyPlace | None:
    if node.kind is Kind.SCALAR:
        return KeyPlace(KeyKind.HEADER, node.text, which)
    with Fields(node, problems) as fields:
        name = fields.text("name")
        prefix = fields.text("prefix", "")
        coded = fields.flag("base64", False)
        part = fields.integer("part", 0, least=-8, most=8)
        way = fields.text("issued")
        head, _, rest = way.partition(".")
        steps = parse_way(rest) if head == "json" else None
        if way and steps is None:
            child = fields.child("issued")
            said = "not a way into a JSON body"
            fields.wrong(child or node, said, "json.session.key or json.result[1]")
    if steps is None:
        return None
    return KeyPlace(KeyKind.HEADER, name, which, steps, prefix, coded, part)
