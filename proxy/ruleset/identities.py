"""YAML → identities that accompany requests: the ``identity`` list.

``IDENTITIES`` is the vocabulary: word → reader of that scheme's mapping. A
scheme written without settings (``- ntlm`` or ``- ntlm: {}``) is read as an
empty mapping, so a reader asks ``fields`` for its keys and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from proxy.attribution.spec import Identity
from proxy.document import Fields, Kind, Node
from proxy.ruleset.header_identities import (
    read_basic,
    read_bearer,
    read_certificate,
    read_digest,
    read_header,
)
from proxy.ruleset.requests import RequestReader
from proxy.ruleset.windows import read_kerberos, read_ntlm

IdentityReader = Callable[[Fields, RequestReader], Identity | None]
"""Reads the keys of one scheme; None after a problem."""

IDENTITIES: Mapping[str, IdentityReader] = {
    "basic": read_basic,
    "bearer": read_bearer,
    "client_certificate": read_certificate,
    "digest": read_digest,
    "header": read_header,
    "kerberos": read_kerberos,
    "ntlm": read_ntlm,
}


def read_identities(fields: Fields, reader: RequestReader) -> tuple[Identity, ...]:
    """The ``identity`` key of a rule set, in the order written."""
    found = [_identity(node, reader) for node in fields.elements("identity")]
    return tuple(identity for identity in found if identity is not None)


def _identity(node: Node, reader: RequestReader) -> Identity | None:
    words = ", ".join(IDENTITIES)
    if node.kind is Kind.SCALAR and node.text in IDENTITIES:
        return _read(node.text, _empty(node), reader)
    with Fields(node, reader.problems) as fields:
        known = [word for word in IDENTITIES if node.get(word) is not None]
        fields.allow(*IDENTITIES)
        if len(known) != 1:
            if node.kind is Kind.MAPPING:
                said = "several schemes" if known else "no scheme"
                fields.wrong(node, said, f"one of {words}")
            return None
    child = node.get(known[0])
    assert child is not None
    return _read(known[0], _empty(child), reader)


def _read(word: str, node: Node, reader: RequestReader) -> Identity | None:
    with Fields(node, reader.problems) as fields:
        return IDENTITIES[word](fields, reader)


def _empty(node: Node) -> Node:
    """An empty mapping in the place of nothing, or of the scheme's bare word."""
    if node.kind is Kind.NULL or (node.kind is Kind.SCALAR and node.text in IDENTITIES):
        return Node(
            kind=Kind.MAPPING, line=node.line, column=node.column, path=node.path
        )
    return node
