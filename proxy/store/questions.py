"""The other questions, as a catalogue: what each asks, of what, and in which order.

``who_saw`` and ``seen_by`` (``investigations``) answer about one client and one
account; these compare and trace. Each is one statement over the tables and the
parameterised views of ``migrations/``, so that it can be asked anywhere: values
travel as parameters, and names learned later or taken back are as the two first
questions have them. Every answer is bounded by ``limit``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from proxy.store.port import Questions


class Needs(Enum):
    """What somebody who asks has to say, beside the period."""

    CLIENTS = "clients"
    """One or more ids of clients."""
    EMPLOYEE = "employee"
    TERM = "term"
    """A search term: its name in the rule set and its text."""
    SESSION = "session"
    """Digest of a session key, as answers show it."""


@dataclass(frozen=True, slots=True)
class Question:
    """One of the catalogue."""

    name: str
    needs: tuple[Needs, ...]
    asks: str
    """One sentence, as a person would ask."""
    sql: str


@dataclass(frozen=True, slots=True)
class Table:
    """An answer of any shape."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    complete: bool


_PERIOD = (
    "{at} >= parseDateTime64BestEffort({{from:String}}, 9, 'UTC') "
    "AND {at} < parseDateTime64BestEffort({{to:String}}, 9, 'UTC')"
)
_STARTED = _PERIOD.format(at="started_at")
_AT = _PERIOD.format(at="at")

CATALOGUE = (
    Question(
        "common-viewers",
        (Needs.CLIENTS,),
        "Which accounts were shown most of these clients, and who saw nobody else?",
        "SELECT if(actor != '', actor, learned_actor) AS account, "
        "uniqExact(subject_hex) AS clients, countIf(opened) AS opened, "
        "count() - opened AS listed, min(started_at) AS first_at, "
        "max(started_at) AS last_at FROM who_saw(subjects = {subjects:Array(String)}, "
        "subject_type = {subject_type:String}, from = {from:String}, "
        "to = {to:String}) GROUP BY account "
        "ORDER BY clients DESC, opened DESC, account",
    ),
    Question(
        "compare",
        (Needs.EMPLOYEE,),
        "How many clients did this account open each day, and how does that compare "
        "with its own median, its team and all accounts of that day?",
        "SELECT m.day AS day, opened, clients, medianExactIf(opened, mine) OVER () AS "
        "own_median, team, arrayReduce('quantileExact(0.5)', of_team) AS team_median, "
        "length(of_team) AS team_accounts, all_median, all_p99 FROM "
        "(SELECT toDate(started_at) AS day, 1 AS mine, "
        "countIf(action NOT IN ('list', 'search', 'mention')) AS opened, "
        "uniqExact(subject) AS clients FROM views WHERE actor = {employee:String} AND "
        f"{_STARTED} GROUP BY day) AS m LEFT JOIN (SELECT day, "
        "quantileExact(0.5)(n) AS all_median, quantileExact(0.99)(n) AS all_p99, "
        "anyIf(its_team, actor = {employee:String}) AS team, "
        "if(team = '', [], arrayMap(t -> t.2, arrayFilter(t -> t.1 = team, "
        "groupArray((its_team, n))))) AS of_team FROM (SELECT d.day AS day, d.actor AS "
        "actor, d.n AS n, if(s.valid_to > d.day, toString(s.team), '') AS its_team "
        "FROM (SELECT toDate(started_at) AS day, actor, count() AS n FROM views WHERE "
        "actor != '' AND action NOT IN ('list', 'search', 'mention') AND "
        f"{_STARTED} GROUP BY day, actor) AS d ASOF LEFT JOIN staff_periods AS s ON "
        "d.actor = s.employee AND d.day >= s.valid_from) GROUP BY day) AS a "
        "ON m.day = a.day ORDER BY day",
    ),
    Question(
        "timeline",
        (Needs.EMPLOYEE,),
        "What did this account do, exchange by exchange?",
        "SELECT started_at, application, method, path, rule, status, views, "
        "extraction, actor_strength, client_address, node, epoch, seq FROM exchanges "
        f"WHERE actor = {{employee:String}} AND {_STARTED} "
        "ORDER BY started_at, node, epoch, seq",
    ),
    Question(
        "searches-for",
        (Needs.TERM,),
        "Who searched for this, and how many records came?",
        "SELECT started_at, actor, application, rule, views, client_address, node, "
        "epoch, seq FROM exchanges WHERE arrayExists(t -> t.1 = {term:String} AND "
        f"t.2 IN {{values:Array(String)}}, context) AND {_STARTED} "
        "ORDER BY started_at, node, epoch, seq",
    ),
    Question(
        "exports-by",
        (Needs.EMPLOYEE,),
        "What did this account export or print, and of how many clients?",
        "SELECT min(started_at) AS at, application, rule, action, "
        "uniqExact(subject) AS clients, count() AS rows, any(client_address) AS "
        "address, wire, connection, request_offset FROM views WHERE actor = "
        f"{{employee:String}} AND action IN ('export', 'print') AND {_STARTED} "
        "GROUP BY application, rule, action, wire, connection, request_offset "
        "ORDER BY at",
    ),
    Question(
        "session-of",
        (Needs.SESSION,),
        "What happened to this session: logins, rotations, its end, and from where?",
        "SELECT at, application, kind, actor, actor_on_wire, actor_scheme, "
        "actor_strength, reason, client_address, node, epoch, seq FROM sessions "
        "WHERE (actor_session = {session:String} OR previous = {session:String}) "
        f"AND {_AT} ORDER BY at, node, epoch, seq",
    ),
    Question(
        "unattributed",
        (),
        "Which views have no name, and why?",
        "SELECT * FROM unattributed_in(from = {from:String}, to = {to:String}) "
        "ORDER BY views DESC",
    ),
    Question(
        "unmapped",
        (),
        "Which pages were not, or not wholly, read?",
        "SELECT * FROM unmapped_in(from = {from:String}, to = {to:String}) "
        "ORDER BY exchanges DESC, application, path",
    ),
    Question(
        "gaps",
        (),
        "What was not recorded, and why?",
        "SELECT * FROM gaps_in(from = {from:String}, to = {to:String}) "
        "ORDER BY from_at, node, epoch, seq",
    ),
    Question(
        "silences",
        (),
        "When did a sidecar give no sign of life?",
        "SELECT * FROM silences_in(from = {from:String}, to = {to:String}, "
        "seconds = 150) ORDER BY from_at, node",
    ),
    Question(
        "clock-jumps",
        (),
        "When was a sidecar's clock moved, so that times are no order?",
        "SELECT * FROM clock_jumps_in(from = {from:String}, to = {to:String}) "
        "ORDER BY node, epoch, seq",
    ),
)

BY_NAME = {each.name: each for each in CATALOGUE}


def ask(
    store: Questions,
    question: Question,
    parameters: Mapping[str, object],
    *,
    limit: int,
) -> Table:
    """The answer.

    Args:
        store: what is asked.
        question: one of the catalogue.
        parameters: ``from`` and ``to`` (ISO 8601), and what the question needs:
            ``subjects`` (pseudonyms, hex) with ``subject_type``, ``employee``,
            ``term`` with ``values``, ``session``.
        limit: most rows.

    Raises:
        StoreUnavailable, StoreRejected: the store does not answer.
    """
    found = store.query(
        f"{question.sql} LIMIT {{limit:UInt64}}", {**parameters, "limit": limit + 1}
    )
    rows = [tuple(row) for row in found.rows]
    return Table(tuple(found.columns), rows[:limit], len(rows) <= limit)
