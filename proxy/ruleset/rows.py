"""YAML → rows: the words of ``each``, for where a list stands."""

from __future__ import annotations

from proxy.document import Fields, Kind, Node
from proxy.extraction.bodies.table import SEPARATORS, TableFormat
from proxy.extraction.dialects.siebel import SIEBEL
from proxy.extraction.selectors.base import Rows
from proxy.extraction.selectors.component import ComponentRows
from proxy.extraction.selectors.lines import JsonLines
from proxy.extraction.selectors.markup import Markup
from proxy.extraction.selectors.pattern import Pattern
from proxy.extraction.selectors.table import Table
from proxy.extraction.selectors.tree import Json
from proxy.ruleset.selectors import Place, in_scope, source_at

ROWS = ("css", "xpath", "json", "regex", "csv", "jsonl", "siebel")
"""The vocabulary: ``each: {WORD: …}``."""
_ROWS_EXPECTED = "{css: …}, xpath, json, regex, csv, jsonl or siebel"


def read_rows(node: Node, place: Place) -> Rows | None:
    """The rows written at ``each``; None after a problem."""
    if node.kind is Kind.SCALAR and node.text == "csv":
        return Table(TableFormat())
    if node.kind is Kind.SCALAR and node.text == "jsonl":
        return JsonLines()
    if node.kind is not Kind.MAPPING:
        place.wrong(node, "no list", _ROWS_EXPECTED)
        return None
    with Fields(node, place.problems) as fields:
        words = [word for word in ROWS if fields.has(word)]
        if len(words) != 1:
            said = "no source" if not words else f"several: {', '.join(words)}"
            place.wrong(node, said, "one of " + ", ".join(ROWS))
            return None
        word = words[0]
        child = fields.child(word)
        if word in ("css", "xpath"):
            found = source_at(word, child, place)
            return in_scope(found, fields, place) if isinstance(found, Markup) else None
    if child is None:
        return None
    if word == "csv":
        return _read_table(child, place)
    if word == "jsonl":
        found = source_at("json", child, place)
        return JsonLines(found) if isinstance(found, Json) else None
    if word == "siebel":
        return _component(child, place)
    found = source_at(word, child, place)
    return found if isinstance(found, Json | Pattern) else None


def _component(node: Node, place: Place) -> ComponentRows | None:
    if node.kind is not Kind.SCALAR:
        place.wrong(node, f"{node.kind.value} stands here", "text")
        return None
    if place.dialect is not SIEBEL:
        place.wrong(node, "siebel rows need that dialect", "dialect: siebel")
        return None
    return ComponentRows(node.text)


def _read_table(node: Node, place: Place) -> Table | None:
    names = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
    if node.kind is Kind.SCALAR:
        separator = names.get(node.text, node.text)
        form = TableFormat(separator="" if separator == "true" else separator)
    else:
        with Fields(node, place.problems) as fields:
            separator = fields.text("separator", "")
            form = TableFormat(
                separator=names.get(separator, separator),
                header=fields.flag("header", True),
                skip=fields.integer("skip", 0, most=1000),
            )
    if len(form.separator) > 1 or form.separator in ('"', "\n", "\r"):
        expected = "one character: " + " ".join(SEPARATORS.replace("\t", ""))
        place.wrong(node, "no separator", f"{expected} or tab")
        return None
    return Table(form)
