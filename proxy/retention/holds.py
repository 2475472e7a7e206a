"""Legal holds: rows that are only appended, who, when and why.

A hold is in force from the moment ``place`` returned until ``release`` did; both
are one row of ``holds`` each. There is no change and no deletion of either.

Failure modes: ``UsageError`` for a hold that is not there or one too many;
``StoreUnavailable`` and ``StoreRejected`` as the client: nothing was placed then,
or it was; ``list`` tells.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from proxy.errors import UsageError
from proxy.store.client import ClickHouseStore

MOST_HOLDS = 500
"""In force at once: each is looked for in every table in every run."""
MOST_REASON = 2_000
"""Characters of a reason: a case number and some sentences."""

_COLUMNS = (
    "hold",
    "at",
    "kind",
    "said_by",
    "reason",
    "subjects",
    "employee",
    "from_at",
    "to_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What is kept beyond its time."""

    id: str
    at: datetime
    said_by: str
    reason: str
    subjects: tuple[bytes, ...]
    """Pseudonyms of one client; none: whoever."""
    employee: str
    """Empty: whoever."""
    from_at: datetime
    to_at: datetime


def in_force(store: ClickHouseStore) -> list[Hold]:
    """The holds that are not released, oldest first."""
    found = store.query(
        "SELECT hold, placed_at, placed_by, why, held_subjects, held_employee, "
        "held_from, held_to FROM holds_in_force ORDER BY placed_at, hold "
        "LIMIT {limit:UInt64}",
        {"limit": MOST_HOLDS + 1},
    )
    return [
        Hold(
            id=row[0],
            at=row[1],
            said_by=row[2],
            reason=row[3],
            subjects=tuple(bytes(each) for each in row[4]),
            employee=row[5],
            from_at=row[6],
            to_at=row[7],
        )
        for row in found.rows
    ]


def place(
    store: ClickHouseStore,
    *,
    subjects: Sequence[bytes],
    employee: str,
    from_at: datetime,
    to_at: datetime,
    said_by: str,
    reason: str,
    now: datetime,
) -> Hold:
    """Place a hold: rows of this client (or account, or both) in the period.

    Raises:
        UsageError: without client and account, or too many are in force.
    """
    if not subjects and not employee:
        raise UsageError("a hold needs a client or an employee")
    check_reason(reason)
    if len(in_force(store)) >= MOST_HOLDS:
        raise UsageError(f"{MOST_HOLDS} holds are in force: release one first")
    hold = Hold(
        id=secrets.token_hex(8),
        at=now,
        said_by=said_by,
        reason=reason,
        subjects=tuple(subjects),
        employee=employee,
        from_at=from_at,
        to_at=to_at,
    )
    _append(store, hold, "placed")
    return hold


def release(
    store: ClickHouseStore, hold_id: str, *, said_by: str, reason: str, now: datetime
) -> Hold:
    """Release a hold; its rows that are due go with the next ``whosaw retain``.

    Raises:
        UsageError: no such hold is in force.
    """
    check_reason(reason)
    for hold in in_force(store):
        if hold.id == hold_id:
            released = Hold(
                id=hold.id,
                at=now,
                said_by=said_by,
                reason=reason,
                subjects=hold.subjects,
                employee=hold.employee,
                from_at=hold.from_at,
                to_at=hold.to_at,
            )
            _append(store, released, "released")
            return released
    raise UsageError(f"no hold {hold_id} is in force; whosaw hold list tells which are")


def check_reason(reason: str) -> None:
    """Make sure that there is one.

    Raises:
        UsageError: there is none, or it is too long.
    """
    if not reason.strip() or len(reason) > MOST_REASON:
        raise UsageError(f"a reason of 1 to {MOST_REASON} characters is needed")


def _append(store: ClickHouseStore, hold: Hold, kind: str) -> None:
    store.insert(
        "holds",
        _COLUMNS,
        [
            (
                hold.id,
                hold.at,
                kind,
                hold.said_by,
                hold.reason,
                list(hold.subjects),
                hold.employee,
                hold.from_at,
                hold.to_at,
            )
        ],
        token=f"hold:{hold.id}:{kind}",
    )
