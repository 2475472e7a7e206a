"""Just enough of ClickHouse's SQL: where tokens, statements and inline data begin.

Not a parser. It tells apart quoted text, comments and words, so that a ``;``, a
``FORMAT`` or a function name is only seen where the engine would see it. What
it cannot read it hands on as it is; the engine then gives the error.

Pure, linear in the length of the input, never raises. Grammar of the lexical
elements: ClickHouse documentation, "Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_TOKEN = re.compile(
    rb"""
      (?P<skip>\s+|--[^\n]*|//[^\n]*|\#[!\ ][^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>'(?:[^'\\]|\\.|'')*+(?:'|\\?\Z))
    | (?P<heredoc>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<quoted>"(?:[^"\\]|\\.|"")*+(?:"|\\?\Z)|`(?:[^`\\]|\\.|``)*+(?:`|\\?\Z))
    | (?P<word>[A-Za-z_\x80-\xff][\w$\x80-\xff]*)
    | (?P<number>\d[\w.]*)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Kind(Enum):
    """What a token is."""

    STRING = "string"
    QUOTED = "quoted"
    """An identifier in double quotes or backticks."""
    WORD = "word"
    NUMBER = "number"
    MARK = "mark"
    """Any other single byte."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its place; ``word`` is the text in lower case, unquoted."""

    kind: Kind
    word: str
    start: int
    end: int


def tokens(query: bytes, start: int = 0) -> Iterator[Token]:
    """The tokens from ``start``, comments and white space left out."""
    for match in _TOKEN.finditer(query, start):
        group = match.lastgroup
        if group == "skip" or group is None:
            continue
        if group in {"heredoc", "tag"}:
            yield Token(Kind.STRING, "", match.start(), match.end())
            continue
        kind = Kind(group)
        text = match.group()
        if kind is Kind.QUOTED:
            text = text[1:-1]
        word = "" if kind is Kind.STRING else text.decode("utf-8", "replace").lower()
        yield Token(kind, word, match.start(), match.end())


def split(script: str) -> list[str]:
    """The statements of a script, without their ``;`` and outer white space."""
    text = script.encode()
    statements: list[str] = []
    first: int | None = None
    last = 0
    for token in tokens(text):
        if token.kind is Kind.MARK and token.word == ";":
            if first is not None:
                statements.append(text[first:last].decode())
            first = None
            continue
        if first is None:
            first = token.start
        last = token.end
    if first is not None:
        statements.append(text[first:last].decode())
    return statements


@dataclass(frozen=True, slots=True)
class DataInsert:
    """``INSERT INTO … FORMAT name`` with the data after it."""

    head: bytes
    """The statement up to FORMAT."""
    format: str
    data: int
    """Where the data begins."""


_DATA_START = re.compile(rb"[ \t\f\v]*(?:\r?\n)?")
_NOT_DATA = {"select", "with", "values", "watch", "infile"}


def data_insert(query: bytes) -> DataInsert | None:
    """The parts of an INSERT that carries data in a named format.

    None for every other statement, INSERT … SELECT and INSERT … VALUES too:
    those are text that the engine reads by itself.
    """
    depth = 0
    expects_name = False
    at_format = 0
    for number, token in enumerate(tokens(query)):
        if number == 0:
            if token.word != "insert" or token.kind is not Kind.WORD:
                return None
        elif expects_name:
            if token.kind is not Kind.WORD:
                return None
            name = query[token.start : token.end].decode("ascii", "replace")
            gap = _DATA_START.match(query, token.end)
            data = gap.end() if gap else token.end
            return DataInsert(query[:at_format], name, data)
        elif token.kind is Kind.MARK:
            depth += (token.word in "([") - (token.word in ")]")
        elif token.kind is Kind.WORD and depth == 0:
            if token.word in _NOT_DATA:
                return None
            if token.word == "format":
                expects_name = True
                at_format = token.start
    return None


def first_word(query: bytes) -> str:
    """The first word of the statement in lower case; empty without one."""
    for token in tokens(query):
        if token.kind is Kind.MARK and token.word == "(":
            continue
        return token.word
    return ""


def output_format(query: bytes) -> str | None:
    """The name after the last FORMAT outside brackets, or None."""
    depth = 0
    found: str | None = None
    expects_name = False
    for token in tokens(query):
        if token.kind is Kind.MARK:
            depth += (token.word in "([") - (token.word in ")]")
            if expects_name:
                found = None
            expects_name = False
        elif expects_name:
            expects_name = False
            if token.kind is Kind.WORD:
                found = query[token.start : token.end].decode("ascii", "replace")
        elif depth == 0 and token.kind is Kind.WORD and token.word == "format":
            expects_name = True
    return found
