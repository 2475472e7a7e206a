"""The words a redaction keeps: those of the rules, and those of pages as such."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(rb"[A-Za-z]+|[0-9]+")
_RUN = re.compile(rb"[A-Za-z0-9]+")

COMMON = frozenset(
    b"amp deleted deleteme document false function href html http https location null "
    b"parent redirect replace script self text top true url utf var window".split()
)
"""Of scripts that lead elsewhere, and of cookies that are taken away."""


def words_of(rules: Iterable[bytes]) -> frozenset[bytes]:
    """Every word and number of these files of rules, and the common ones."""
    found = set(COMMON)
    for text in rules:
        found |= {word.lower() for word in _WORD.findall(text)}
        found |= {run.lower() for run in _RUN.findall(text)}
    return frozenset(found)
