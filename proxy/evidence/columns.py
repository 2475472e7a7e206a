"""The named columns a row's canonical bytes are made of, by version.

Invariants: what stands here never changes, because old seals are verified with
the version they name. A column that a table gets later is one line in ``ADDED``
with the next version; seals of that version and later cover it.

The kinds say what a *value* is, not how a store keeps it: a table may be encoded
anew without any seal noticing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import NamedTuple


class Kind(Enum):
    """What a value is."""

    NUMBER = "Q"
    """0 to 2^64 - 1; a flag is 0 or 1. The value is the ``struct`` code."""
    SIGNED = "q"
    """-2^63 to 2^63 - 1; a time is ns since 1970."""
    TEXT = "text"
    """UTF-8."""
    BYTES = "bytes"
    TEXTS = "texts"
    """A list of texts."""
    TERMS = "terms"
    """A list of (text, text, number)."""


class Column(NamedTuple):
    """One column of a table."""

    name: str
    kind: Kind


def _columns(kind: Kind, names: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name in names.split())


_IDENTITY = _columns(Kind.TEXT, "node") + _columns(Kind.NUMBER, "epoch seq")
_PLACE = _columns(Kind.TEXT, "application") + _columns(Kind.NUMBER, "wire connection")
_ACTOR = _columns(
    Kind.TEXT,
    "actor actor_on_wire actor_scheme actor_strength actor_reason actor_binding"
    " actor_session actor_kind",
)

_FIRST: dict[str, tuple[Column, ...]] = {
    "exchanges": (
        *_IDENTITY,
        *_PLACE,
        *_columns(Kind.NUMBER, "request_offset"),
        *_columns(Kind.SIGNED, "started_at ended_at monotonic_ns"),
        *_columns(Kind.TEXT, "method path rule"),
        *_columns(Kind.NUMBER, "status request_bytes response_bytes"),
        *_columns(Kind.TEXT, "content_type client_address"),
        *_ACTOR,
        *_columns(Kind.TEXT, "extraction extraction_reason"),
        *_columns(Kind.NUMBER, "views"),
        *_columns(Kind.TEXT, "ruleset"),
        *_columns(Kind.TERMS, "context"),
    ),
    "views": (
        *_IDENTITY,
        *_PLACE,
        *_columns(Kind.NUMBER, "request_offset"),
        *_columns(Kind.SIGNED, "started_at"),
        *_columns(Kind.TEXT, "client_address"),
        *_ACTOR,
        *_columns(Kind.TEXT, "subject_type"),
        *_columns(Kind.BYTES, "subject"),
        *_columns(Kind.NUMBER, "subject_key"),
        *_columns(Kind.TEXT, "action rule"),
        *_columns(Kind.TEXTS, "categories"),
        *_columns(Kind.NUMBER, "position"),
        *_columns(Kind.TEXT, "ruleset"),
    ),
    "sessions": (
        *_IDENTITY,
        *_PLACE,
        *_columns(Kind.NUMBER, "request_offset"),
        *_columns(Kind.SIGNED, "at monotonic_ns"),
        *_columns(Kind.TEXT, "kind"),
        *_ACTOR,
        *_columns(Kind.TEXT, "previous client_address reason"),
    ),
    "gaps": (
        *_IDENTITY,
        *_PLACE,
        *_columns(Kind.TEXT, "kind reason"),
        *_columns(Kind.NUMBER, "intended"),
        *_columns(Kind.SIGNED, "from_at to_at"),
        *_columns(Kind.NUMBER, "connections up_bytes down_bytes"),
        *_columns(Kind.TEXT, "client_address"),
    ),
    "attributions": (
        *_IDENTITY,
        *_PLACE,
        *_columns(Kind.NUMBER, "request_offset"),
        *_columns(Kind.SIGNED, "at from_at to_at"),
        *_columns(Kind.NUMBER, "exchanges"),
        *_columns(Kind.TEXT, "client_address"),
        *_ACTOR,
    ),
    "connections": (
        *_IDENTITY,
        *_PLACE,
        *_columns(Kind.SIGNED, "opened_at ended_at"),
        *_columns(Kind.NUMBER, "up_bytes down_bytes told"),
        *_columns(Kind.TEXT, "client_address"),
    ),
    "heartbeats": (
        *_IDENTITY,
        *_columns(Kind.SIGNED, "at"),
        *_columns(Kind.NUMBER, "wires connections exchanges"),
    ),
    "crosswalk": (
        *_IDENTITY,
        *_PLACE,
        *_columns(Kind.NUMBER, "request_offset"),
        *_columns(Kind.SIGNED, "at"),
        *_columns(Kind.TEXT, "one_type"),
        *_columns(Kind.BYTES, "one"),
        *_columns(Kind.TEXT, "other_type"),
        *_columns(Kind.BYTES, "other"),
        *_columns(Kind.NUMBER, "key"),
        *_columns(Kind.TEXT, "source ruleset"),
    ),
    "captures": (
        *_IDENTITY,
        *_columns(Kind.SIGNED, "at"),
        *_columns(Kind.TEXT, "capture taken_by"),
        *_columns(Kind.NUMBER, "uid"),
        *_columns(Kind.TEXT, "reason"),
        *_columns(Kind.NUMBER, "redacted"),
        *_columns(Kind.SIGNED, "expires_at"),
    ),
}

Added = tuple[tuple[int, str, str, Kind], ...]


def _table(version: int, table: str, *added: Column) -> Added:
    """A table that came with this version."""
    return tuple((version, table, each.name, each.kind) for each in added)


ADDED: Added = (
    (2, "attributions", "about", Kind.TEXT),
    (3, "exchanges", "activity", Kind.TEXT),
    (3, "exchanges", "trace_id", Kind.TEXT),
    (3, "exchanges", "parent_span", Kind.TEXT),
    (3, "exchanges", "processor", Kind.TEXT),
    (3, "views", "activity", Kind.TEXT),
    (3, "views", "trace_id", Kind.TEXT),
    *_table(
        4,
        "subjects",
        *_IDENTITY,
        *_columns(Kind.TEXT, "application"),
        *_columns(Kind.SIGNED, "at"),
        *_columns(Kind.TEXT, "subject_type"),
        *_columns(Kind.BYTES, "subject"),
        *_columns(Kind.NUMBER, "subject_key recovery_key"),
    ),
    *_table(
        4,
        "inquiries",
        *_IDENTITY,
        *_columns(Kind.SIGNED, "at"),
        *_columns(Kind.TEXT, "inquiry person question reason subject_type"),
        *_columns(Kind.TEXTS, "subjects"),
        *_columns(Kind.TEXT, "employee about"),
        *_columns(Kind.SIGNED, "from_at to_at"),
        *_columns(Kind.TEXT, "client_address"),
    ),
)
"""(version, table, column, kind), the newest last: what came after version 1."""

NOT_SEALED: Mapping[str, str] = MappingProxyType({"subjects": "encrypted_id"})
"""The one column of a table that seals do not cover: it can be emptied when a subject
is forgotten, and is authenticated by itself (``proxy.recovery``)."""

VERSION = max((version for version, *_ in ADDED), default=1)
"""The version new seals are made with."""


@cache
def columns(table: str, version: int = VERSION) -> tuple[Column, ...]:
    """The columns of a table that seals of this version cover, in order.

    Raises:
        KeyError: this version has no such table.
    """
    found = covered(table, version, ADDED)
    if not found:
        raise KeyError(table)
    return found


def covered(table: str, version: int, added: Added) -> tuple[Column, ...]:
    """``columns``, when this is what was added since version 1."""
    return _FIRST.get(table, ()) + tuple(
        Column(name, kind)
        for since, at, name, kind in added
        if at == table and since <= version
    )


@cache
def tables(version: int = VERSION) -> tuple[str, ...]:
    """The tables whose rows seals of this version cover."""
    later = (table for since, table, *_ in ADDED if since <= version)
    return tuple(dict.fromkeys((*_FIRST, *later)))
