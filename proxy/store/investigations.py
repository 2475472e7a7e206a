"""The questions, typed: who saw this client, what did this employee see, and what
is not known about the period.

Each asks one parameterised view of ``migrations/``; values travel as parameters.
Answers are bounded by ``limit`` and say so (``Answer.complete``). They put opened
records before listed ones. A row says that an *account* was *shown* a record.

An answer without its caveats is half an answer: ``period_caveats`` tells the gaps,
the pages that were not read and the views without a name of the same period.

Failure modes: ``StoreUnavailable``, ``StoreRejected``; ValueError for a period
without an offset or a pseudonym that is not 32 hex digits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from proxy.events import AccountKind, Action, Extraction, Strength
from proxy.store.port import Questions

LIMIT = 10_000
"""Rows of one answer: more than a person reads, little enough to print."""

_PSEUDONYM = re.compile(r"[0-9a-f]{32}\Z")

_COLUMNS = (
    "started_at, actor, application, action, opened, categories, actor_strength, "
    "actor_scheme, actor_reason, rule, position, client_address, subject_type, "
    "subject_hex, node, epoch, seq, learned_actor, learned_strength, learned_scheme, "
    "actor_kind, learned_kind"
)
_ORDER = """
ORDER BY opened DESC,
    indexOf(['view', 'print', 'export', 'update', 'create', 'delete', 'list',
             'search', 'mention'], toString(action)),
    started_at, node, epoch, seq, position
LIMIT {limit:UInt64}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One view of an answer."""

    started_at: datetime
    actor: str
    """Empty: not known, or taken back (``contested``), see ``reason``."""
    application: str
    action: Action
    opened: bool
    """The record itself was shown, not a line of a list or a menu."""
    categories: tuple[str, ...]
    strength: Strength
    scheme: str
    reason: str
    rule: str
    position: int
    client_address: str
    subject_type: str
    subject: str
    """Pseudonym, hex."""
    node: str
    epoch: int
    seq: int
    learned_actor: str = ""
    """Not known when it was recorded, and learned later from the same session;
    ``actor`` and ``reason`` stay as they were recorded."""
    learned_strength: Strength = Strength.NONE
    learned_scheme: str = ""
    kind: AccountKind = AccountKind.UNKNOWN
    """Whose the account is, of ``actor`` or ``learned_actor``."""


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
    return _views(
        store,
        f"SELECT {_COLUMNS} FROM who_saw{_suffix(as_of)}("  # noqa: S608
        "subjects = {subjects:Array(String)}, subject_type = {subject_type:String}, "
        f"{_given(as_of)})" + _ORDER,
        {
            "subjects": list(subjects),
            "subject_type": subject_type,
            **_period(start, end, as_of),
        },
        limit,
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
    return _views(
        store,
        f"SELECT {_COLUMNS} FROM seen_by{_suffix(as_of)}("  # noqa: S608
        f"employee = {{employee:String}}, {_given(as_of)})" + _ORDER,
        {"employee": employee, **_period(start, end, as_of)},
        limit,
    )


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


def _suffix(as_of: datetime | None) -> str:
    return "" if as_of is None else "_as_of"


def _given(as_of: datetime | None) -> str:
    given = "from = {from:String}, to = {to:String}"
    return given if as_of is None else given + ", as_of = {as_of:String}"


def _views(store: Questions, sql: str, params: dict[str, object], limit: int) -> Answer:
    result = store.query(sql, {**params, "limit": limit + 1})
    rows = [
        Seen(
            started_at=row[0],
            actor=row[1],
            application=row[2],
            action=Action(row[3]),
            opened=bool(row[4]),
            categories=tuple(row[5]),
            strength=Strength(row[6]),
            scheme=row[7],
            reason=row[8],
            rule=row[9],
            position=row[10],
            client_address=row[11],
            subject_type=row[12],
            subject=row[13],
            node=row[14],
            epoch=row[15],
            seq=row[16],
            learned_actor=row[17],
            learned_strength=Strength(row[18]),
            learned_scheme=row[19],
            kind=AccountKind(row[21] if row[17] else row[20]),
        )
        for row in result.rows[:limit]
    ]
    return Answer(rows, complete=len(result.rows) <= limit)
