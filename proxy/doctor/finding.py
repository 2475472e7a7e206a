"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Grade(Enum):
    """How well it is."""

    GOOD = "good"
    NOTE = "note"
    """Not known here, or worth knowing."""
    BAD = "bad"
    """Works now, and will hurt."""
    REFUSED = "refused"
    """Does not work, or must not go live."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What kind of thing."""
    about: str
    """Which one: a file, an application, a setting."""
    grade: Grade
    said: str
    """What is so."""
    do: str = ""
    """What to do about it; empty when all is well."""
