"""Which rules could claim a request: all patterns of a rule set at once.

Paths without wildcards are found in a dict, the others by one combined
expression that names the first that fits; answers are remembered per path
(bounded: the least recently asked is forgotten). Order is that of the file.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from proxy.exchange.patterns import RequestPattern

T = TypeVar("T")
REMEMBERED = 4096
"""Paths; a session moves among dozens, record ids in paths make the rest."""
MAX_REMEMBERED_PATH = 512
"""Characters; longer paths are matched again each time."""


class Candidate(NamedTuple, Generic[T]):
    """A pattern that fits a request, and whose it is."""

    owner: T
    pattern: RequestPattern
    captures: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    owner: T
    pattern: RequestPattern


class Matcher(Generic[T]):
    """Patterns in order, each with its owner."""

    def __init__(self, patterns: Iterable[tuple[T, RequestPattern]]) -> None:
        self._entries = [_Entry(owner, pattern) for owner, pattern in patterns]
        self._literals: dict[str, list[int]] = {}
        wild: list[int] = []
        for index, entry in enumerate(self._entries):
            literal = entry.pattern.literal
            if literal is None:
                wild.append(index)
            else:
                self._literals.setdefault(literal, []).append(index)
        self._wild = wild
        self._prefilter = _combined([self._entries[index].pattern for index in wild])
        self._remembered = functools.lru_cache(REMEMBERED)(self._candidates)

    def candidates(self, method: str, path: str) -> tuple[Candidate[T], ...]:
        """Every pattern that fits, in order."""
        if len(path) > MAX_REMEMBERED_PATH:
            return self._candidates(method, path)
        return self._remembered(method, path)

    @property
    def remembered(self) -> int:
        """Paths whose answer is remembered."""
        return self._remembered.cache_info().currsize

    def _candidates(self, method: str, path: str) -> tuple[Candidate[T], ...]:
        indexes = list(self._literals.get(path, ()))
        if self._prefilter is not None and (found := self._prefilter.fullmatch(path)):
            first = int((found.lastgroup or "w0")[1:])
            indexes += self._wild[first:]
            indexes.sort()
        fitting = []
        for index in indexes:
            entry = self._entries[index]
            captures = entry.pattern.match(method, path)
            if captures is not None:
                fitting.append(Candidate(entry.owner, entry.pattern, captures))
        return tuple(fitting)


def _combined(patterns: list[RequestPattern]) -> re.Pattern[str] | None:
    """One expression; ``lastgroup`` is ``w`` and the number of the first fit."""
    if not patterns:
        return None
    parts = []
    for number, pattern in enumerate(patterns):
        expression = pattern.expression
        if pattern.regex.flags & re.IGNORECASE:
            expression = f"(?i:{expression})"
        parts.append(f"(?P<w{number}>{expression})")
    return re.compile("|".join(parts))
