"""YAML → record rules."""

from __future__ import annotations

import re
from dataclasses import replace

from proxy.document import Fields, Kind, Node, Problems, near_miss
from proxy.events import Action
from proxy.extraction.context import Context
from proxy.extraction.model import (
    Category,
    RecordRule,
    Skip,
    StatusRange,
    Subject,
)
from proxy.extraction.same_as import SameAs
from proxy.extraction.selectors.base import Rows
from proxy.extraction.selectors.pattern import (
    Pattern,
    PatternRefused,
    compile_pattern,
)
from proxy.ruleset.conditions import read_conditions
from proxy.ruleset.dialects import Defaults, read_defaults, read_operation
from proxy.ruleset.model import Record
from proxy.ruleset.predicates import read_predicate, read_status
from proxy.ruleset.requests import RequestReader
from proxy.ruleset.rows import read_rows
from proxy.ruleset.selectors import Place, read_selector

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_NAME_EXPECTED = "a name: letters, digits, _ . - and a letter first"
_SUCCESS: tuple[StatusRange, ...] = ((200, 299),)


def read_records(fields: Fields, reader: RequestReader) -> tuple[Record, ...]:
    """Every record rule that could be read, in the order of the file."""
    defaults = read_defaults(fields)
    records: list[Record] = []
    claimed: dict[str, str] = {}
    for name, node in fields.entries("records", required=True):
        if not NAME.fullmatch(name):
            fields.wrong(node, "not a rule's name", _NAME_EXPECTED)
        record = _record(name, node, reader, defaults)
        if record is None:
            continue
        records.append(record)
        for request in record.requests:
            first = claimed.get(request.pattern.text)
            if first is not None:
                said = f"never reached: {first} claims {request.pattern.text} first"
                expected = "conditions (query, form) on the earlier rule"
                fields.wrong(node, said, expected)
            elif not (request.conditions or record.conditions or _asks(record)):
                claimed[request.pattern.text] = name
    return tuple(records)


def _asks(record: Record) -> bool:
    """Whether it claims some operations only."""
    operation = record.operation
    return operation is not None and bool(operation.names or operation.arguments)


def _record(
    name: str, node: Node, reader: RequestReader, defaults: Defaults
) -> Record | None:
    problems = reader.problems
    with Fields(node, problems) as fields:
        if node.kind is not Kind.MAPPING:
            return None
        requests = reader.requests(fields)
        captures = [frozenset(request.pattern.names) for request in requests]
        own = read_defaults(fields, defaults)
        place = Place(
            problems=problems,
            captures=frozenset.intersection(*captures) if captures else frozenset(),
            dialect=own.dialect,
            namespaces=own.namespaces,
        )
        operation = read_operation(fields, place)
        action = fields.choice("action", Action)
        each = fields.child("each")
        rows = None if each is None else read_rows(each, place)
        subjects = _subjects(
            fields, place, action, rows, broken=bool(each) and not rows
        )
        data = _data(fields, place)
        context = _context(fields, place)
        conditions = read_conditions(fields)
        on_status = _statuses(fields, problems)
        drift = fields.flag("drift", True)
        comments = fields.flag("comments", False)
        activity = fields.url("processing_activity", "")
        shown = fields.child("shown_when")
        shown_when = None if shown is None else read_predicate(shown, problems)
    if not requests or not subjects:
        return None
    rule = RecordRule(
        name=name,
        subjects=subjects,
        data=data,
        context=context,
        on_status=on_status,
        assurance=own.assurance,
        on_failure=own.on_failure,
        drift=drift,
        comments=bool(comments),
        activity=activity,
        dialect=own.dialect,
    )
    return Record(
        rule=rule,
        requests=requests,
        conditions=conditions,
        shown_when=shown_when,
        operation=operation,
        skip_redirects=own.skip_redirects,
        line=node.line,
    )


def _subjects(
    fields: Fields, place: Place, action: Action, rows: Rows | None, *, broken: bool
) -> tuple[Subject, ...]:
    one, several = fields.child("subject"), fields.child("subjects")
    required = fields.flag("required", None)
    if (one is None) == (several is None):
        said = "missing" if one is None else "given beside subjects"
        key = f"{fields.node.path}.subject"
        expected = "subject: {type: client, id: …} or a list of them as subjects"
        line = fields.node.line if one is None else one.line
        fields.problems.add(line, key, said, expected=expected)
        return ()
    nodes = fields.elements("subjects") if several is not None else (one,)
    read = [
        _subject(node, place, action, rows, required, broken=broken)
        for node in nodes
        if node is not None
    ]
    return tuple(subject for subject in read if subject is not None)


def _subject(
    node: Node,
    place: Place,
    action: Action,
    rows: Rows | None,
    required: bool | None,
    *,
    broken: bool,
) -> Subject | None:
    with Fields(node, place.problems) as fields:
        if node.kind is not Kind.MAPPING:
            return None
        kind = fields.text("type")
        if kind and not NAME.fullmatch(kind):
            fields.wrong(node, "not a subject type", _NAME_EXPECTED)
        own = fields.child("each")
        if own is not None:
            rows = read_rows(own, place)
            broken = rows is None
        action = fields.choice("action", Action, action)
        required = fields.flag("required", required)
        skip = _skip(fields, rows, place)
        same_as = _same_as(fields, _inside(rows, place), kind)
        id_node = fields.required("id", "a selector such as path.id or {css: …}")
        if id_node is None or broken:
            return None
        selector = read_selector(id_node, _inside(rows, place))
    if selector is None:
        return None
    return Subject(
        type=kind,
        id=selector,
        action=action,
        each=rows,
        required=(rows is None) if required is None else required,
        skip=skip,
        same_as=same_as,
    )


def _same_as(fields: Fields, place: Place, kind: str) -> tuple[SameAs, ...]:
    """``same_as: {type: …, id: SELECTOR}``, or a list: other ids of the same client."""
    found = []
    for node in fields.elements("same_as"):
        with Fields(node, place.problems) as inner:
            if node.kind is not Kind.MAPPING:
                continue
            other = inner.text("type")
            if other and not NAME.fullmatch(other):
                inner.wrong(node, "not a subject type", _NAME_EXPECTED)
            elif other == kind:
                inner.wrong(node, f"{kind} is the subject's own type", "another type")
            id_node = inner.required("id", "a selector such as {css: …}")
            selector = None if id_node is None else read_selector(id_node, place)
        if selector is not None:
            found.append(SameAs(type=other, id=selector))
    return tuple(found)


def _skip(fields: Fields, rows: Rows | None, place: Place) -> Skip | None:
    """``skip: {id: …, row: …}``: what stands in a list and is no record."""
    node = fields.child("skip")
    if node is None:
        return None
    with Fields(node, place.problems) as inner:
        found = {word: _pattern(inner, word, place) for word in ("id", "row")}
        if inner.has("row") and rows is None:
            inner.wrong(node, "row is of a list", "each: … beside it, or id")
        if node.kind is Kind.MAPPING and not node.entries:
            inner.wrong(node, "nothing is stated", "{id: PATTERN} or {row: PATTERN}")
    return Skip(**found)


def _pattern(fields: Fields, word: str, place: Place) -> Pattern | None:
    text = fields.text(word, "")
    node = fields.child(word)
    if not text or node is None:
        return None
    try:
        return compile_pattern(text)
    except PatternRefused as error:
        place.wrong(node, f"not usable: {error}", "a regular expression")
        return None


def _inside(rows: Rows | None, place: Place) -> Place:
    if rows is None:
        return place
    groups = rows.groups if isinstance(rows, Pattern) else ()
    return replace(place, row=rows.kind, groups=groups)


def _data(fields: Fields, place: Place) -> tuple[Category, ...]:
    """``data``: a list of what every such page shows, or places by category."""
    node = fields.child("data")
    if node is None:
        return ()
    if node.kind is not Kind.MAPPING:
        names = fields.texts("data")
        categories = [Category(name=name) for name in names]
    else:
        categories = []
        for name, child in node.entries:
            selector = read_selector(child, place)
            if selector is not None:
                categories.append(Category(name=name, place=selector))
    for category in categories:
        if not NAME.fullmatch(category.name):
            fields.wrong(node, "not a category's name", _NAME_EXPECTED)
    return tuple(categories)


def _context(fields: Fields, place: Place) -> tuple[Context, ...]:
    """``context``: by name a selector, or ``{keep: plain, …}`` with a source."""
    found = []
    for name, node in fields.entries("context"):
        if not NAME.fullmatch(name):
            fields.wrong(node, "not a name", _NAME_EXPECTED)
        plain = False
        if node.kind is Kind.MAPPING and (keep := node.get("keep")) is not None:
            plain = keep.text == "plain"
            if not plain and keep.text != "hash":
                said = f"{keep.text[:40]!r} is not right"
                hint = near_miss(keep.text, ("hash", "plain"))
                place.wrong(keep, said, "hash or plain", hint)
            node = _without(node, "keep")
        selector = read_selector(node, place)
        if selector is not None:
            found.append(Context(name=name, place=selector, plain=plain))
    return tuple(found)


def _without(node: Node, key: str) -> Node:
    pairs = zip(node.entries, node.key_lines, strict=True)
    kept = [(entry, line) for entry, line in pairs if entry[0] != key]
    return replace(
        node,
        entries=tuple(entry for entry, _ in kept),
        key_lines=tuple(line for _, line in kept),
    )


def _statuses(fields: Fields, problems: Problems) -> tuple[StatusRange, ...]:
    if not fields.has("on_status"):
        return _SUCCESS
    found = [read_status(node, problems) for node in fields.elements("on_status")]
    return tuple(status for status in found if status is not None)
