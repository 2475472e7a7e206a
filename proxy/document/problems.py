"""A mistake in a file, and the collection of all of them.

``str(problem)`` is one line: ``file:line: key: what is wrong; expected …; did
you mean …``. Bounded: after ``most`` problems the rest is only counted, so a
hostile or binary file cannot fill a terminal.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from typing_extensions import override

MOST_PROBLEMS = 200
"""Far above what a person corrects in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake, where it stands and what would be right."""

    file: str
    line: int
    """1-based; 0 when it is about the file as a whole."""
    key: str
    """Path of the key, ``records.client.subject.id`` or ``ignore[2]``; may be ''."""
    message: str
    expected: str = ""
    hint: str = ""
    """What was probably meant; the nearest known word."""

    @override
    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        expected = f"; expected {self.expected}" if self.expected else ""
        hint = f"; did you mean {self.hint}?" if self.hint else ""
        return f"{where}:{key} {self.message}{expected}{hint}"


class Problems:
    """Collector of the mistakes in one file; truthy when there are any."""

    def __init__(self, file: str, most: int = MOST_PROBLEMS) -> None:
        self.file = file
        self._most = most
        self._found: list[Problem] = []
        self.dropped = 0
        """How many were not kept because ``most`` was reached."""

    def add(
        self, line: int, key: str, message: str, *, expected: str = "", hint: str = ""
    ) -> None:
        """Keep one mistake, or count it when there are too many already."""
        if len(self._found) >= self._most:
            self.dropped += 1
            return
        self._found.append(
            Problem(
                file=self.file,
                line=line,
                key=key,
                message=message,
                expected=expected,
                hint=hint,
            )
        )

    def __iter__(self) -> Iterator[Problem]:
        """In the order of the file."""
        return iter(sorted(self._found, key=lambda problem: problem.line))

    def __len__(self) -> int:
        return len(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    @override
    def __str__(self) -> str:
        lines = [str(problem) for problem in self]
        if self.dropped:
            lines.append(f"{self.file}: {self.dropped} more problems not shown")
        return "\n".join(lines)


def near_miss(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or ''."""
    close = difflib.get_close_matches(word[:80], sorted(known), n=1, cutoff=0.6)
    return close[0] if close else ""
