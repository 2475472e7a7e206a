"""YAML → the dialect of a rule: ``dialect``, ``operation``, ``arguments``.

``dialect``, ``namespaces``, ``skip_redirects``, ``assurance`` and ``on_failure`` may
stand at the top of the file for every rule; what stands in a rule counts for that rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from proxy.document import Fields, Kind, Node, near_miss
from proxy.exchange.patterns import Glob, compile_glob
from proxy.extraction.dialects.base import Dialect
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.model import Assurance, OnFailure
from proxy.extraction.selectors.tree import Json
from proxy.ruleset.operations import Operation
from proxy.ruleset.selectors import Place, json_of

_NONE = "none"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the top of the file says for every rule."""

    dialect: Dialect | None = None
    namespaces: Mapping[str, str] = field(default_factory=dict)
    skip_redirects: bool = False
    assurance: Assurance = Assurance.OBSERVE
    on_failure: OnFailure = OnFailure.OPEN


def read_defaults(fields: Fields, before: Defaults | None = None) -> Defaults:
    """The keys of this level, or what stands above it."""
    before = before or Defaults()
    node = fields.child("dialect")
    return Defaults(
        before.dialect if node is None else _dialect(node, fields),
        _namespaces(fields) if fields.has("namespaces") else before.namespaces,
        fields.flag("skip_redirects", before.skip_redirects),
        fields.choice("assurance", Assurance, before.assurance),
        fields.choice("on_failure", OnFailure, before.on_failure),
    )


def read_operation(fields: Fields, place: Place) -> Operation | None:
    """``operation`` and ``arguments`` of a rule; None without a dialect."""
    names = tuple(compile_glob(name) for name in fields.texts("operation"))
    arguments: list[tuple[Json, Glob]] = []
    for expression, node in fields.entries("arguments"):
        if node.kind is not Kind.SCALAR:
            expected = 'text, in which * stands for anything ("*": any value)'
            fields.wrong(node, f"{node.kind.value} stands here", expected)
            continue
        compiled = json_of(expression, node, place)
        if compiled is not None:
            arguments.append((compiled, compile_glob(node.text)))
    if place.dialect is None:
        for key in ("operation", "arguments"):
            node_of_key = fields.child(key)
            if node_of_key is not None:
                expected = "dialect: " + " or ".join(DIALECTS)
                fields.wrong(node_of_key, f"{key} needs a dialect", expected)
        return None
    return Operation(dialect=place.dialect, names=names, arguments=tuple(arguments))


def _dialect(node: Node, fields: Fields) -> Dialect | None:
    word = node.text if node.kind is Kind.SCALAR else ""
    if word in DIALECTS:
        return DIALECTS[word]
    if word != _NONE:
        words = [*DIALECTS, _NONE]
        said = f"{word[:40]!r} is no dialect" if word else "no dialect"
        fields.wrong(node, said, " or ".join(words), near_miss(word.lower(), words))
    return None


def _namespaces(fields: Fields) -> dict[str, str]:
    found: dict[str, str] = {}
    for prefix, node in fields.entries("namespaces"):
        if node.kind is Kind.SCALAR and node.text and prefix.isidentifier():
            found[prefix] = node.text
        else:
            fields.wrong(node, "no namespace", "a prefix and its URI")
    return found
