"""The questions, typed: who saw this client, what did this employee see, and what
is not known about the period.

Each asks one statement (``seen``) or one parameterised view of ``migrations/``;
values travel as parameters.
Answers are bounded by ``limit`` and say so (``Answer.complete``). They put opened
records before listed ones. A row says that an *account* was *shown* a record.

An answer without its caveats is half an answer: ``period_caveats`` tells the gaps,
the pages that were not read and the views without a name of the same period.

Failure modes: ``StoreUnavailable``, ``StoreRejected``; ValueError for a period
without an offset or a pseudonym that is not 32 hex digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from proxy.events import Extraction
from proxy.store.port import Questions
from proxy.store.seen import Asked, Seen, views

LIMIT = 10_000
"""Rows of one answer: more than a person reads, little enough to print."""

_PSEUDONYM = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows, and whether there were no more."""

    rows: list[Seen]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A gap that touches the period."""

    from_at: datetime
    to_at: datetime
    application: str
    kind: str
    reason: str
    intended: bool
    connections: int
    up_bytes: int
    down_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Pages of one path template whose records were not all read."""

    application: str
    path: str
    extraction: Extraction
    reason: str
    exchanges: int
    actors: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unattributed:
    """Views without a name, by why and where."""

    application: str
    reason: str
    rule: str
    views: int
    subjects: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Caveats:
    """What an answer about this period cannot say."""

    gaps: list[Gap]
    unmapped: list[Unread]
    unattributed: list[Unattributed]

    @property
    def none(self) -> bool:
        """Everything of the period was read and has a name."""
        return not (self.gaps or self.unmapped or self.unattributed)


def who_saw(
    store: Questions,
    subjects: Sequence[str],
    subject_type: str,
    start: datetime,
    end: datetime,
    *,
    limit: int = LIMIT,
    as_of: datetime | None = None,
) -> Answer:
    """Views of these pseudonyms (one per live key), opened before listed.

    Args:
        store: what is asked.
        subjects: pseudonyms, hex.
        subject_type: as the rule set names it; empty for any, since a pseudonym is
            of one type.
        start: of the period.
        end: of the period, not included.
        limit: most rows.
        as_of: answer by the names that were known before; None: by all.
    """
    for subject in subjects:
        if not _PSEUDONYM.match(subject):
            raise ValueError("a pseudonym is 32 lower-case hex digits")
    params = {"subjects": list(subjects), "subject_type": subject_type}
    return _answer(
        store, Asked.SUBJECTS, {**params, **_period(start, end, as_of)}, limit
    )


def seen_by(
    store: Questions,
    employee: str,
    start: datetime,
    end: datetime,
    *,
    limit: int = LIMIT,
    as_of: datetime | None = None,
) -> Answer:
    """Views of this account, opened before listed; see ``who_saw`` for ``as_of``."""
    params = {"employee": employee, **_period(start, end, as_of)}
    return _answer(store, Asked.EMPLOYEE, params, limit)


def period_caveats(
    store: Questions, start: datetime, end: datetime, *, limit: int = 1_000
) -> Caveats:
    """Gaps, unread pages and unattributed views of a period."""
    params = {**_period(start, end), "limit": limit}
    gaps = store.query(
        "SELECT from_at, to_at, application, kind, reason, intended, connections, "
        "up_bytes, down_bytes FROM gaps_in(from = {from:String}, to = {to:String}) "
        "ORDER BY from_at, node, epoch, seq LIMIT {limit:UInt64}",
        params,
    )
    unread = store.query(
        "SELECT application, path, extraction, extraction_reason, exchanges, actors, "
        "first_at, last_at FROM unmapped_in(from = {from:String}, to = {to:String}) "
        "ORDER BY extraction != 'unmapped', exchanges DESC, application, path "
        "LIMIT {limit:UInt64}",
        params,
    )
    unattributed = store.query(
        "SELECT application, actor_reason, rule, views, subjects, first_at, last_at "
        "FROM unattributed_in(from = {from:String}, to = {to:String}) "
        "ORDER BY views DESC, application, actor_reason, rule LIMIT {limit:UInt64}",
        params,
    )
    return Caveats(
        [
            Gap(
                from_at=row[0],
                to_at=row[1],
                application=row[2],
                kind=row[3],
                reason=row[4],
                intended=bool(row[5]),
                connections=row[6],
                up_bytes=row[7],
                down_bytes=row[8],
            )
            for row in gaps.rows
        ],
        [
            Unread(
                application=row[0],
                path=row[1],
                extraction=Extraction(row[2]),
                reason=row[3],
                exchanges=row[4],
                actors=row[5],
                first_at=row[6],
                last_at=row[7],
            )
            for row in unread.rows
        ],
        [
            Unattributed(
                application=row[0],
                reason=row[1],
                rule=row[2],
                views=row[3],
                subjects=row[4],
                first_at=row[5],
                last_at=row[6],
            )
            for row in unattributed.rows
        ],
    )


def _period(
    start: datetime, end: datetime, as_of: datetime | None = None
) -> dict[str, str]:
    given = {"from": start, "to": end}
    if as_of is not None:
        given["as_of"] = as_of
    return {name: moment(each) for name, each in given.items()}


def moment(at: datetime) -> str:
    """A time as the parameterised views read it.

    Raises:
        ValueError: it has no offset.
    """
    if at.tzinfo is None:
        raise ValueError("a period needs times with an offset")
    return at.astimezone(UTC).isoformat(sep=" ", timespec="microseconds")


def _answer(
    store: Questions, asked: Asked, params: Mapping[str, object], limit: int
) -> Answer:
    rows = views(store, asked, params, limit + 1)
    return Answer(rows[:limit], complete=len(rows) <= limit)
