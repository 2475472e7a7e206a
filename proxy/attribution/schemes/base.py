"""What every scheme gives: a candidate, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from proxy.attribution.asked import Asked
from proxy.attribution.spec import Predicate
from proxy.events import Strength

MAX_NAME = 256
"""Characters of an account name; directories stop at 104 (sAMAccountName) and
256 (UPN)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who a login request claims to be."""

    name: str
    """As it was on the wire, without white space around it; empty when the
    request can be read in two ways (``reason`` says why)."""
    scheme: str
    confirmed_when: Predicate
    strength: Strength = Strength.CONFIRMED
    """What the name is worth once the application has accepted it."""
    reason: str = ""
    keep_failed_name: bool = False


class Scheme(Protocol):
    """One login of a rule set, ready to read requests."""

    def candidate(self, asked: Asked) -> Candidate | None:
        """The candidate, or None when this request is no such login."""
