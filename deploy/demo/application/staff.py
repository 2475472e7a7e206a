"""Sixty invented advisors with their passwords: a pure function of nothing.

The passwords are as secret as the application is real; they exist so that a
test can look for them where they must never be.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

_SURNAMES: Final = """
jansen bakker visser smit meijer mulder bos vos peters hendriks dekker
brouwer dijkstra smeets kok vermeulen jacobs hermans schouten willems
"""
_INITIALS: Final = "jmp"


@dataclass(frozen=True, slots=True)
class Advisor:
    """An employee with an account."""

    number: int
    account: str
    password: str


def _password(account: str) -> str:
    return f"Geheim-{hashlib.sha256(account.encode()).hexdigest()[:10]}"


ADVISORS: Final = tuple(
    Advisor(number, account, _password(account))
    for number, account in enumerate(
        f"{initial}.{surname}" for initial in _INITIALS for surname in _SURNAMES.split()
    )
)
"""Everyone who can log in, by number."""

BY_ACCOUNT: Final = {advisor.account: advisor for advisor in ADVISORS}


def authenticate(account: str, password: str) -> Advisor | None:
    """The advisor, when the password is right."""
    advisor = BY_ACCOUNT.get(account)
    return advisor if advisor is not None and advisor.password == password else None
