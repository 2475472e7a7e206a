"""What people made of findings: steps that are appended, none is changed.

A step says who looked, what the finding is from then on, and why. ``open`` takes an
earlier step back, with a reason too. The share reviewed within the agreed term counts
the first step that was not ``open``; suppressed findings are apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from proxy.errors import UsageError
from proxy.store.port import QuestionsAndRows

MOST_REASON = 2_000
LEAST_REASON = 3
COLUMNS = ("finding", "state", "at", "reviewer", "reason")


class State(Enum):
    """What a finding is."""

    OPEN = "open"
    SEEN = "seen"
    """Somebody looks into it."""
    EXPLAINED = "explained"
    """There was work to do; the reason says which."""
    ESCALATED = "escalated"
    """Handed over to whoever decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A row of ``reviews``."""

    finding: str
    state: State
    at: datetime
    reviewer: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How one detection's findings of a month kept the agreed term."""

    month: str
    detection: str
    findings: int
    reviewed: int
    in_time: int
    overdue: int
    share: float
    """Reviewed in time, 0 to 1."""


def append(store: QuestionsAndRows, step: Step) -> None:
    """Record a step.

    Raises:
        UsageError: it has no reason, or one that is too long.
        StoreUnavailable, StoreRejected: it is not recorded.
    """
    reason = step.reason.strip()
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise UsageError(
            f"a review needs a reason of {LEAST_REASON} to {MOST_REASON} characters"
        )
    at_ns = int(step.at.timestamp()) * 10**9 + step.at.microsecond * 1_000
    row = (step.finding, step.state.value, at_ns, step.reviewer, reason)
    token = hashlib.sha256(repr(row).encode()).hexdigest()
    store.insert("reviews", COLUMNS, [row], token)


def steps_of(store: QuestionsAndRows, finding: str) -> list[Step]:
    """Every step of a finding, oldest first."""
    result = store.query(
        "SELECT finding, state, at, reviewer, reason FROM reviews "
        "WHERE finding = {finding:String} ORDER BY at LIMIT 1000",
        {"finding": finding},
    )
    return [
        Step(
            finding=row[0],
            state=State(row[1]),
            at=row[2],
            reviewer=row[3],
            reason=row[4],
        )
        for row in result.rows
    ]


def kept(
    store: QuestionsAndRows, since: datetime, until: datetime, *, hours: int
) -> list[Term]:
    """How the findings of a period kept a term of so many hours."""
    result = store.query(
        "SELECT toString(month), detection, findings, reviewed, in_time, overdue, "
        "share_in_time FROM reviewed_within(from = {from:String}, to = {to:String}, "
        "hours = {hours:UInt32}) ORDER BY month, detection",
        {"from": since.isoformat(), "to": until.isoformat(), "hours": hours},
    )
    return [
        Term(
            month=row[0][:7],
            detection=row[1],
            findings=row[2],
            reviewed=row[3],
            in_time=row[4],
            overdue=row[5],
            share=row[6],
        )
        for row in result.rows
    ]
