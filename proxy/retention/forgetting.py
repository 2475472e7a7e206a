"""Forgetting a subject: its id is emptied, its pseudonym stays.

Views, seals and counts stay as they were: no seal covers the id. Nobody turns the
pseudonym back then, but who holds the subject key can still test an id he guesses.
What is shown of the client *later* is recorded again, with its id.

A row of ``forgotten`` first, then the rows: from the first on no question gives the id.
Rows that were on their way meanwhile, or a run that was killed, are found by the next
run of ``whosaw retain``.

Failure modes: ``UsageError`` under a hold; those of the store, after which the same
may be said again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from proxy.errors import UsageError
from proxy.retention.holds import check_reason, in_force
from proxy.store.client import ClickHouseStore

_COLUMNS = ("at", "subject", "said_by", "reason")
_DUE = (
    "encrypted_id != '' AND subject IN (SELECT subject FROM forgotten) AND "
    "(node, epoch, seq) IN (SELECT s.node, s.epoch, s.seq FROM subjects AS s "
    "INNER JOIN (SELECT subject, max(at) AS forgotten_at FROM forgotten "
    "GROUP BY subject) AS f USING (subject) "
    "WHERE s.encrypted_id != '' AND s.at < f.forgotten_at)"
)


def forget(
    store: ClickHouseStore,
    subjects: Sequence[bytes],
    *,
    said_by: str,
    reason: str,
    now: datetime,
) -> int:
    """Forget the ids of these subjects; how many rows held one.

    Args:
        store: whose user may alter ``subjects``.
        subjects: pseudonyms, under every live key.
        said_by: for the record.
        reason: for the record.
        now: what was recorded before is forgotten.

    Raises:
        UsageError: a hold on one of them, or on everybody, is in force, or no reason.
        StoreUnavailable, StoreRejected: say it again.
    """
    check_reason(reason)
    for hold in in_force(store):
        if not hold.subjects or set(hold.subjects) & set(subjects):
            raise UsageError(f"hold {hold.id} keeps this: release it first")
    rows = [(now, subject, said_by, reason) for subject in subjects]
    token = f"forgotten:{now.timestamp()}:{'-'.join(s.hex() for s in subjects)}"
    store.insert("forgotten", _COLUMNS, rows, token=token)
    return erase(store)


def erase(store: ClickHouseStore) -> int:
    """Empty every id that was forgotten; how many rows held one.

    Raises:
        StoreUnavailable, StoreRejected: call again.
    """
    found = store.query(f"SELECT count() FROM subjects WHERE {_DUE}")  # noqa: S608 constant
    rows = int(found.rows[0][0])
    if rows:
        store.rewrite("subjects", "encrypted_id = ''", _DUE, {})
    return rows
