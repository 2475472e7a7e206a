"""Which rows a hold keeps, as statements over the tables.

A hold on a client keeps its views and what they rest on: their exchanges, the
sessions and later names of those, the connections, and the pairs of its ids. A
hold on an account keeps all it did, by a name learned later too. Gaps, heartbeats
and captures of the period stay with either: without them nobody can say what is
not known. Values are parameters; the texts are constant.
"""

from __future__ import annotations

from proxy.clock import nanoseconds
from proxy.retention.holds import Hold
from proxy.store.client import ClickHouseStore

_FROM = "fromUnixTimestamp64Nano({from:Int64}, 'UTC')"
_TO = "fromUnixTimestamp64Nano({to:Int64}, 'UTC')"
_STARTED = f"started_at >= {_FROM} AND started_at < {_TO}"
_AT = f"at >= {_FROM} AND at < {_TO}"
_SUBJECTS = "(SELECT toFixedString(unhex(arrayJoin({subjects:Array(String)})), 16))"
_BY_ACCOUNT = (
    "({employee:String} != '' AND (actor = {employee:String} OR "
    "actor_session != '' AND actor_session IN (SELECT actor_session FROM attributions "
    "WHERE actor = {employee:String})))"
)
_ANY_CLIENT = "empty({subjects:Array(String)})"
_VIEWS = (
    f"{_STARTED} AND ({_ANY_CLIENT} OR subject IN {_SUBJECTS}) "
    f"AND ({{employee:String}} = '' OR {_BY_ACCOUNT})"
)
_OF_VIEWS = f"FROM views WHERE {_VIEWS}"
_EXCHANGES = (
    f"{_STARTED} AND ({_ANY_CLIENT} AND {_BY_ACCOUNT} OR (wire, connection, "
    f"request_offset) IN (SELECT wire, connection, request_offset {_OF_VIEWS}))"
)
_SESSIONS = (
    f"(SELECT actor_session {_OF_VIEWS} AND actor_session != '' UNION DISTINCT "  # noqa: S608 constant
    f"SELECT actor_session FROM exchanges WHERE {_EXCHANGES} AND actor_session != '')"
)
_OWN = f"{_ANY_CLIENT} AND {{employee:String}} != '' AND actor = {{employee:String}}"

HELD = {
    "views": _VIEWS,
    "exchanges": _EXCHANGES,
    "connections": (
        f"(wire, connection) IN (SELECT wire, connection {_OF_VIEWS} UNION DISTINCT "  # noqa: S608 constant
        f"SELECT wire, connection FROM exchanges WHERE {_EXCHANGES})"
    ),
    "sessions": (
        f"{_OWN} AND {_AT} OR actor_session IN {_SESSIONS} OR previous IN {_SESSIONS}"
    ),
    "attributions": (
        f"{_OWN} AND to_at > {_FROM} AND from_at < {_TO} "
        f"OR actor_session IN {_SESSIONS}"
    ),
    "gaps": f"to_at >= {_FROM} AND from_at < {_TO}",
    "heartbeats": _AT,
    "captures": _AT,
    "inquiries": _AT,
    "subjects": f"subject IN {_SUBJECTS} OR subject IN (SELECT subject {_OF_VIEWS})",
    "crosswalk": f"one IN {_SUBJECTS} OR other IN {_SUBJECTS}",
}
"""By table: which rows of it a hold keeps."""


def mark(
    store: ClickHouseStore,
    hold: Hold,
    table: str,
    due: str,
    params: dict[str, object],
) -> None:
    """Write the numbers of due rows that this hold keeps into ``held_rows``.

    Args:
        store: where.
        hold: the hold.
        table: whose rows.
        due: which rows are due, as SQL over ``params``.
        params: ``run``, ``node``, ``epoch`` and what ``due`` needs.
    """
    store.command(
        "INSERT INTO held_rows (run, node, epoch, seq) SELECT {run:String}, node, "  # noqa: S608 constant
        f"epoch, seq FROM {{table:Identifier}} WHERE {due} AND ({HELD[table]})",
        {
            **params,
            "table": table,
            "subjects": [each.hex() for each in hold.subjects],
            "employee": hold.employee,
            "from": nanoseconds(hold.from_at),
            "to": nanoseconds(hold.to_at),
        },
    )
