"""Views as both questions have them: the recorded row, and what was told of its
session later.

One statement reads the rows and, beside each, the told names and withdrawals that
cover its moment; ``_seen`` says what they make of it. The views ``who_saw`` and
``seen_by`` of ``migrations/`` say the same in SQL, for who asks by SQL, and a test
holds the two together. It is not them that are asked here, because the engine
analyses a view twice and every computed column costs it a third of a millisecond:
half of the time of a question about one client.

Failure modes: those of the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from proxy.events import AccountKind, Action, Strength
from proxy.store.port import Questions

_ACTIONS = {each.value: each for each in Action}
_STRENGTHS = {each.value: each for each in Strength}
_KINDS = {each.value: each for each in AccountKind}
_LISTED = frozenset({Action.LIST, Action.SEARCH, Action.MENTION})

_FROM = "parseDateTime64BestEffort({from:String}, 9, 'UTC')"
_TO = "parseDateTime64BestEffort({to:String}, 9, 'UTC')"
_AS_OF = " AND at < parseDateTime64BestEffort({as_of:String}, 9, 'UTC')"

_COLUMNS = (
    "started_at, actor, application, action, categories, actor_strength, "
    "actor_scheme, actor_reason, rule, position, client_address, subject_type, "
    "subject, node, epoch, seq, actor_kind"
)

_BEGUN = f"started_at >= {_FROM} AND started_at < {_TO}"

# The bound of the engine below which it does not look where the rows of a subject
# are is lifted inside: a reader's own settings are final, and there it is without
# effect rather than refused.
_OF_SUBJECTS = f"""
    SELECT {_COLUMNS}, actor_session
    FROM views
    WHERE subject IN (
            SELECT toFixedString(unhex(arrayJoin({{subjects:Array(String)}})), 16)
        )
        AND ({{subject_type:String}} = '' OR subject_type = {{subject_type:String}})
        AND {_BEGUN}
    SETTINGS min_table_rows_to_use_projection_index = 0
"""  # noqa: S608 constants

# Two branches and no OR: by an OR the engine reads every row without a name, as it
# then looks into no index of sessions. The first is all there is of no name at all.
_OF_EMPLOYEE = f"""
    SELECT {_COLUMNS}, actor_session
    FROM views
    WHERE actor = {{employee:String}} AND {_BEGUN}
    UNION ALL
    SELECT {_COLUMNS}, actor_session
    FROM views
    WHERE {{employee:String}} != ''
        AND actor = ''
        AND actor_reason = 'unknown_session'
        AND actor_session IN (
            SELECT actor_session FROM attributions WHERE actor = {{employee:String}}
        )
        AND {_BEGUN}
"""  # noqa: S608 constants
_ITS_NAME = """
WHERE NOT has(covering.5, '')
    AND if(actor = '' AND actor_reason = 'unknown_session', covering[1].5, actor)
        = {employee:String}
"""


class Asked(Enum):
    """By what views are looked up: which rows, and which of them stay."""

    SUBJECTS = (_OF_SUBJECTS, "")
    EMPLOYEE = (_OF_EMPLOYEE, _ITS_NAME)


def _statement(asked: Asked, *, as_of: bool) -> str:
    rows, stays = asked.value
    # A told row without a name is a withdrawal.
    return f"""
SELECT {_COLUMNS}, arrayFilter(
    t -> t.1 <= started_at AND started_at < t.2 AND t.3 = application AND t.4 = node,
    told
) AS covering
FROM ({rows}) AS v
LEFT JOIN
(
    SELECT actor_session, arraySort(t -> t.2, groupArray((
        from_at, to_at, toString(application),
        toString(if(about = '', node, about)), toString(actor),
        toString(actor_strength), toString(actor_scheme), toString(actor_kind)
    ))) AS told
    FROM attributions
    WHERE to_at > {_FROM} AND from_at < {_TO}{_AS_OF if as_of else ""}
    GROUP BY actor_session
) AS l USING (actor_session)
{stays}
ORDER BY
    indexOf(['view', 'print', 'export', 'update', 'create', 'delete', 'list',
             'search', 'mention'], toString(action)),
    started_at, node, epoch, seq, position
LIMIT {{limit:UInt64}}
"""  # noqa: S608 constants


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


def views(
    store: Questions,
    asked: Asked,
    params: Mapping[str, object],
    limit: int,
) -> list[Seen]:
    """Views of a period, opened before listed, at most ``limit``.

    Args:
        store: what is asked.
        asked: by what.
        params: its values; ``from``, ``to`` and perhaps ``as_of`` (``moment``).
        limit: most rows.
    """
    sql = _statement(asked, as_of="as_of" in params)
    result = store.query(sql, {**params, "limit": limit})
    return [_seen(row) for row in result.rows]


def _seen(row: Sequence[Any]) -> Seen:
    covering = row[17]
    withdrawn = any(not told[4] for told in covering)
    nameless = not row[1] and row[7] == "unknown_session"
    learned = covering[0] if covering and nameless and not withdrawn else None
    action = _ACTIONS[row[3]]
    kind = "unknown" if withdrawn else row[16]
    return Seen(
        started_at=row[0],
        actor="" if withdrawn else row[1],
        application=row[2],
        action=action,
        opened=action not in _LISTED,
        categories=tuple(row[4]),
        strength=Strength.NONE if withdrawn else _STRENGTHS[row[5]],
        scheme=row[6],
        reason="contested" if withdrawn else row[7],
        rule=row[8],
        position=row[9],
        client_address=row[10],
        subject_type=row[11],
        subject=row[12].hex(),
        node=row[13],
        epoch=row[14],
        seq=row[15],
        learned_actor=learned[4] if learned else "",
        learned_strength=_STRENGTHS[learned[5]] if learned else Strength.NONE,
        learned_scheme=learned[6] if learned else "",
        kind=_KINDS[learned[7] if learned else kind],
    )
