"""What a query may not do, whatever the engine would allow.

chDB is a local program by nature: it reads and writes files and opens
connections for whoever asks, and ``readonly = 1`` stops only part of that (see
the package docstring). So, for writers too:

* one statement per query;
* no ``INTO OUTFILE``, ``FROM INFILE``, no statement that manages the server;
* no function or table engine that reaches a file, a host or a process.

Names are refused by token. A name that is also usable without a bracket (as
``APPLY file`` or ``arrayMap(file, …)``) is refused wherever it stands as an
identifier; identifiers with a backslash are refused, as they could spell any.
Pure.
"""

from __future__ import annotations

from proxy.store.embedded.errors import (
    ACCESS_DENIED,
    QUERY_IS_TOO_LARGE,
    READONLY,
    SYNTAX_ERROR,
    UNKNOWN_FORMAT,
    refused,
)
from proxy.store.sql import Kind, Token, tokens

_ANYWHERE = frozenset(
    [
        "file",
        "eval",
        "aifilter",
        "aisimilarity",
        "airedact",
        "aiclassify",
        "aiembed",
        "aiextract",
        "aigenerate",
        "aitranslate",
    ]
)
_CALLS = (
    "azureblobstorage",
    "arrowstream",
    "arrowflight",
    "bigquery",
    "catboost",
    "cluster",
    "cosn",
    "deltalake",
    "dictionary",
    "executable",
    "filecluster",
    "filesystem",
    "gcs",
    "hdfs",
    "http",
    "hudi",
    "iceberg",
    "input",
    "jdbc",
    "loop",
    "mongodb",
    "mysql",
    "odbc",
    "oss",
    "paimon",
    "postgresql",
    "prometheus",
    "python",
    "redis",
    "remote",
    "s3",
    "sqlite",
    "url",
    "ytsaurus",
)
"""Prefixes of names that may not be followed by a bracket."""
_HARMLESS = frozenset({"urlhash", "urlhierarchy", "urlpathhierarchy"})
_STATEMENTS = frozenset(
    [
        "system",
        "kill",
        "backup",
        "restore",
        "attach",
        "detach",
        "move",
        "execute",
        "grant",
        "revoke",
        "undrop",
    ]
)
_ENGINES = ("mergetree", "atomic", "memory", "null", "view", "set")
_READS = frozenset(
    (
        "select",
        "with",
        "show",
        "describe",
        "desc",
        "exists",
        "explain",
        "use",
        "set",
        "values",
    )
)
_WRITES = frozenset(
    (
        "insert",
        "create",
        "drop",
        "alter",
        "truncate",
        "optimize",
        "delete",
        "update",
        "rename",
        "exchange",
        "replace",
        "check",
    )
)
_PYTHON_FORMATS = frozenset({"dataframe", "datastore", "arrowtable"})


def check(query: bytes, *, limit: int, reads_only: bool, has_data: bool) -> None:
    """Let a query pass or raise.

    Args:
        query: SQL without its inline data.
        limit: Its largest length in bytes.
        reads_only: It comes from a reader.
        has_data: It is an INSERT whose data stands apart.

    Raises:
        QueryFailed: with ClickHouse's code for the kind of refusal.
    """
    if len(query) > limit:
        raise refused(
            QUERY_IS_TOO_LARGE,
            f"Query is larger than {limit} bytes",
            "QUERY_IS_TOO_LARGE",
        )
    found = list(tokens(query))
    while found and found[-1].word == ";" and found[-1].kind is Kind.MARK:
        found.pop()
    if not found:
        raise refused(SYNTAX_ERROR, "Empty query", "SYNTAX_ERROR")
    first = next((t.word for t in found if t.word != "("), "")
    if first in _STATEMENTS:
        raise _denied(f"{first.upper()} is not served here")
    if reads_only and (has_data or first in _WRITES):
        raise refused(READONLY, "Cannot execute query in readonly mode", "READONLY")
    if reads_only and first not in _READS:
        raise refused(
            SYNTAX_ERROR,
            f"Syntax error: no such statement: {first[:40]}",
            "SYNTAX_ERROR",
        )
    for index, token in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        _check_token(token, following)
        if token.word == "engine" and token.kind is Kind.WORD:
            _check_engine(found, index)


def check_format(name: str) -> str:
    """The name of a format, if the engine is to see it."""
    if not name.isidentifier() or name.lower() in _PYTHON_FORMATS:
        raise refused(UNKNOWN_FORMAT, f"Unknown format {name[:40]}", "UNKNOWN_FORMAT")
    return name


def _check_token(token: Token, following: Token | None) -> None:
    next_word = following.word if following else ""
    if token.kind is Kind.MARK:
        if token.word == ";":
            raise refused(
                SYNTAX_ERROR,
                "Syntax error (Multi-statements are not allowed)",
                "SYNTAX_ERROR",
            )
        return
    if token.kind not in {Kind.WORD, Kind.QUOTED}:
        return
    if token.kind is Kind.QUOTED and "\\" in token.word:
        raise _denied("Escapes in identifiers are not served here")
    if token.word in _ANYWHERE:
        raise _denied(f"The name {token.word} is not served here")
    if token.word == "into" and next_word == "outfile":
        raise _denied("INTO OUTFILE is not served here")
    if token.word == "from" and next_word == "infile":
        raise _denied("FROM INFILE is not served here")
    if (
        next_word == "("
        and token.word.startswith(_CALLS)
        and token.word not in _HARMLESS
    ):
        raise _denied(f"The function {token.word} is not served here")


def _check_engine(found: list[Token], index: int) -> None:
    """``ENGINE = Name``: only engines that keep data in the store's directory."""
    rest = found[index + 1 : index + 3]
    if not rest or rest[0].word != "=" or len(rest) < 2:
        return
    name = rest[1].word
    if not name.endswith(_ENGINES):
        raise _denied(f"The engine {name} is not served here")


def _denied(what: str) -> Exception:
    return refused(ACCESS_DENIED, what, "ACCESS_DENIED")
