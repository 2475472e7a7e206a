"""YAML → ``ignore``: patterns, or mappings that say which signs mean nothing there.

``{request: "GET /help/**", despite: [email]}``: the page carries an address of a
help desk, and that is no reason to look at it.
"""

from __future__ import annotations

from dataclasses import dataclass

from proxy.document import Fields, Kind, Node, near_miss
from proxy.exchange.patterns import RequestPattern
from proxy.extraction.signs import Sign
from proxy.ruleset.requests import RequestReader


@dataclass(frozen=True, slots=True)
class Ignore:
    """Requests that are expected to show nothing."""

    pattern: RequestPattern
    despite: frozenset[Sign] = frozenset()
    """Signs of personal data that are known to be there."""


def read_ignore(fields: Fields, reader: RequestReader) -> tuple[Ignore, ...]:
    """Every pattern of ``ignore`` that could be read, in order."""
    return tuple(
        entry for node in fields.elements("ignore") for entry in _entries(node, reader)
    )


def _entries(node: Node, reader: RequestReader) -> list[Ignore]:
    if node.kind is not Kind.MAPPING:
        pattern = reader.pattern(node)
        return [] if pattern is None else [Ignore(pattern)]
    with Fields(node, reader.problems) as fields:
        fields.required("request", 'a request pattern such as "GET /help/**"')
        patterns = [reader.pattern(each) for each in fields.elements("request")]
        despite = frozenset(
            sign
            for each in fields.elements("despite")
            if (sign := _sign(each, fields)) is not None
        )
    return [Ignore(pattern, despite) for pattern in patterns if pattern is not None]


def _sign(node: Node, fields: Fields) -> Sign | None:
    words = [sign.value for sign in Sign]
    if node.kind is Kind.SCALAR and node.text in words:
        return Sign(node.text)
    text = node.text[:40] if node.kind is Kind.SCALAR else node.kind.value
    hint = near_miss(text.lower(), words)
    fields.wrong(node, f"{text!r} is not a sign", ", ".join(words), hint)
    return None
