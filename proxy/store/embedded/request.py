"""A request of the HTTP interface, read and checked: bytes to a ``Question``.

As ClickHouse does: the ``query`` parameter and the body are one text, parameter
first, a newline between; the body of a multipart form holds the same parameters;
a GET may only read; FORMAT in the query goes before ``default_format``, before
the header ``X-ClickHouse-Format``, before TabSeparated. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from proxy.store.embedded import guard
from proxy.store.embedded.engine import STREAMED, Question
from proxy.store.embedded.native import CUSTOM_SERIALIZATION
from proxy.store.embedded.options import Options
from proxy.store.embedded.settings import Limits
from proxy.store.sql import data_insert, first_word, output_format

_RESULTS = frozenset(
    ["select", "with", "show", "describe", "desc", "exists", "explain", "values"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A question and how to run it."""

    question: Question
    exclusive: bool
    """It changes something: one at a time."""
    has_result: bool
    native: bool = False
    """Native blocks of the result are rewritten, see ``native``."""
    session_change: bytes = b""
    """A SET or USE to remember when it succeeded and a session was named."""


def plan(
    options: Options,
    body: bytes,
    *,
    header_format: str,
    reads_only: bool,
    limits: Limits,
) -> Plan:
    """What to ask the engine.

    Raises:
        QueryFailed: the query is refused before the engine sees it.
    """
    text = options.query.encode()
    if text and body:
        text += b"\n"
    text += body
    insert = data_insert(text[: limits.query_bytes + 1])
    if insert is not None:
        guard.check(
            insert.head, limit=limits.query_bytes, reads_only=reads_only, has_data=True
        )
        return Plan(
            question=Question(
                query=insert.head,
                format=guard.check_format(insert.format),
                data=text[insert.data :],
                database=options.database,
                params=options.params,
                settings=options.settings,
                reads_only=False,
            ),
            exclusive=True,
            has_result=False,
        )
    # VALUES are text of the query: as long as a body may be.
    word = first_word(text[: limits.query_bytes])
    longest = limits.request_bytes if word == "insert" else limits.query_bytes
    guard.check(text, limit=longest, reads_only=reads_only, has_data=False)
    asked = options.default_format or header_format or "TabSeparated"
    chosen = guard.check_format(output_format(text) or asked)
    has_result = word in _RESULTS
    return Plan(
        question=Question(
            query=text,
            format=chosen,
            database=options.database,
            params=options.params,
            settings=options.settings,
            reads_only=reads_only,
            streams=word in {"select", "with"} and chosen in STREAMED,
        ),
        exclusive=not has_result and word not in {"set", "use"},
        has_result=has_result,
        native=chosen == "Native" and options.protocol >= CUSTOM_SERIALIZATION,
        session_change=text if word in {"set", "use"} else b"",
    )
