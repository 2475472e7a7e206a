"""What all nodes recorded of one login, read from the store for judging.

Keys that one login was known by (it rotated, or came with two) are read together:
what happened to one of them may be why a name of the other is wrong.

``complete_until`` tells how far the rows of every node are there: a name must not
rest on what one node has not delivered yet. A node's rows arrive in the order of
their numbers, so they are whole up to a number once as many are there as it says;
and a node has told everything about a time once it has told of an exchange that
ended, or that it was at work, ``SETTLED_NS`` later.

Bounded: ``MAX_KEYS`` keys in a period (else the caller takes a shorter one) and
``MAX_SEEN`` exchanges of a key; of a key that has more only names are taken back.

Failure modes: ``StoreUnavailable``, ``StoreRejected``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from proxy.attribution.histories import Happening, History, Sighting, Told
from proxy.events import Actor, SessionKind, Strength
from proxy.store.port import Questions
from proxy.store.tables import TABLES

SECOND_NS = 10**9
SETTLED_NS = 60 * SECOND_NS
"""An exchange is committed some seconds after its end at most, and a login is
answered within a minute: what a node still has to tell is younger than that."""
UNDERWAY_NS = 10 * SECOND_NS
"""Younger rows may be half delivered at the moment of asking."""
MAX_KEYS = 2_000
"""Keys judged at once; several nodes see few of a minute's sessions."""
MAX_SEEN = 20_000
"""Exchanges of one key; eight hours with one every 1.5 seconds."""
_BATCH = 100
_GIVING = ["logged_in", "confirmed", "rotated"]

Key = tuple[str, str]
"""Application and digest of the session key, hex."""


class Asking(Questions, Protocol):
    """What is asked; ``ClickHouseStore`` does."""

    def count(self, table: str, node: str, epoch: int, first: int, last: int) -> int:
        """Rows of a table with a number in [first, last]."""


class Heard(NamedTuple):
    """How far a node's rows are in the store."""

    until_ns: int
    """On its own clock; 0: nothing of the period."""
    missing: int
    """Rows that should be there and are not."""


def complete_until(
    store: Asking,
    node: str,
    since_ns: int,
    *,
    settled_ns: int = SETTLED_NS,
    underway_ns: int = UNDERWAY_NS,
) -> Heard:
    """Until when everything a node recorded since then is in the store."""
    rows = store.query(
        "WITH signs AS (SELECT epoch, seq, ended_at AS at FROM exchanges "
        "WHERE node = {node:String} "
        "AND ended_at >= fromUnixTimestamp64Nano({since:Int64}) "
        "UNION ALL SELECT epoch, seq, at FROM heartbeats WHERE node = {node:String} "
        "AND at >= fromUnixTimestamp64Nano({since:Int64})) "
        "SELECT epoch, min(seq), max(seq), toUnixTimestamp64Nano(max(at)) FROM signs "
        "WHERE at <= (SELECT max(at) FROM signs) "
        "- toIntervalNanosecond({underway:Int64}) GROUP BY epoch ORDER BY epoch",
        {"node": node, "since": since_ns - settled_ns, "underway": underway_ns},
    ).rows
    missing = 0
    for epoch, first, last, _ in rows:
        there = sum(
            store.count(table.name, node, epoch, first, last) for table in TABLES
        )
        missing += abs(last - first + 1 - there)
    if not rows or missing:
        return Heard(0, missing)
    return Heard(max(row[3] for row in rows) - settled_ns, 0)


def nodes_of(store: Asking, applications: Sequence[str], since_ns: int) -> set[str]:
    """Every node that recorded exchanges of these applications since then."""
    rows = store.query(
        "SELECT DISTINCT node FROM exchanges "
        "WHERE application IN {applications:Array(String)} "
        "AND started_at >= fromUnixTimestamp64Nano({since:Int64})",
        {"applications": list(applications), "since": since_ns},
    ).rows
    return {row[0] for row in rows}


def keys_on_several(
    store: Asking,
    applications: Sequence[str],
    first_ns: int,
    last_ns: int,
    *,
    since_ns: int,
    skew_ns: int,
    most: int = MAX_KEYS,
) -> list[Key] | None:
    """Keys of exchanges of a period of which another node knows something, or may
    know something of the key before; None when there are more than ``most``."""
    rows = store.query(
        "SELECT DISTINCT application, key FROM ("
        "SELECT x.application AS application, x.actor_session AS key FROM ("
        "SELECT DISTINCT application, node, actor_session FROM exchanges "
        "WHERE application IN {applications:Array(String)} AND actor_session != '' "
        "AND started_at >= fromUnixTimestamp64Nano({first:Int64}) "
        "AND started_at < fromUnixTimestamp64Nano({last:Int64})) AS x "
        "INNER JOIN (SELECT DISTINCT application, node, kind = 'rotated' AS moved, "
        "arrayJoin([actor_session, previous]) AS key FROM sessions "
        "WHERE application IN {applications:Array(String)} "
        "AND at >= fromUnixTimestamp64Nano({since:Int64}) "
        "AND at < fromUnixTimestamp64Nano({until:Int64})) AS s "
        "ON x.application = s.application AND x.actor_session = s.key "
        "WHERE s.node != x.node OR s.moved "
        "UNION ALL SELECT application, actor_session AS key FROM attributions "
        "WHERE application IN {applications:Array(String)} "
        "AND at >= fromUnixTimestamp64Nano({first:Int64}) "
        "AND at < fromUnixTimestamp64Nano({last:Int64})"
        ") ORDER BY application, key LIMIT {most:UInt64}",
        {
            "applications": list(applications),
            "first": first_ns,
            "last": last_ns,
            "since": since_ns,
            "until": last_ns + skew_ns + SETTLED_NS,
            "most": most + 1,
        },
    ).rows
    return None if len(rows) > most else [(row[0], row[1]) for row in rows]


def families(store: Asking, application: str, keys: Sequence[str]) -> list[list[str]]:
    """These keys of an application with all that the same logins were known by."""
    rows = store.query(
        "SELECT DISTINCT actor_binding, actor_session FROM sessions "
        "WHERE application = {application:String} AND kind IN {giving:Array(String)} "
        "AND actor_session != '' AND actor_binding IN ("
        "SELECT actor_binding FROM sessions WHERE application = {application:String} "
        "AND actor_session IN {keys:Array(String)} "
        "AND kind IN {giving:Array(String)} AND actor_binding != '')",
        {"application": application, "keys": list(keys), "giving": _GIVING},
    ).rows
    of: dict[str, set[str]] = {key: {key} for key in keys}
    first: dict[str, str] = {}
    for binding, key in rows:
        joined = of.setdefault(key, {key})
        other = of[first.setdefault(binding, key)]
        if other is not joined:
            joined |= other
            of.update(dict.fromkeys(joined, joined))
    return [sorted(each) for each in {id(each): each for each in of.values()}.values()]


def histories(
    store: Asking,
    keys: Sequence[Key],
    since_ns: int,
    until_ns: int,
    *,
    most_seen: int = MAX_SEEN,
) -> Iterable[History]:
    """The history of the keys in a period; of each login's once."""
    by_application: dict[str, list[str]] = defaultdict(list)
    for application, key in keys:
        by_application[application].append(key)
    for application, those in by_application.items():
        found = families(store, application, those)
        for start in range(0, len(found), _BATCH):
            some = found[start : start + _BATCH]
            params: dict[str, object] = {
                "application": application,
                "keys": [key for family in some for key in family],
                "since": since_ns,
                "until": until_ns,
                "most": most_seen + 1,
            }
            happened = _happened(store, params)
            seen = _seen(store, params)
            told = _told(store, params)
            for family in some:
                yield _history(application, family, happened, seen, told, most_seen)


def _history(
    application: str,
    family: list[str],
    happened: Mapping[str, list[Happening]],
    seen: Mapping[str, list[Sighting]],
    told: Mapping[str, list[Told]],
    most_seen: int,
) -> History:
    # What gave one key up for another of the same login is about the other.
    unique = {
        (one.node, one.wire, one.connection, one.request_offset, one.kind, one.key): one
        for key in family
        for one in happened.get(key, ())
    }
    return History(
        application,
        [replace(one, gives=one.key in family) for one in unique.values()],
        [one for key in family for one in seen.get(key, ())],
        [one for key in family for one in told.get(key, ())],
        whole=all(len(seen.get(key, ())) <= most_seen for key in family),
    )


def _happened(
    store: Asking, params: dict[str, object]
) -> defaultdict[str, list[Happening]]:
    rows = store.query(
        "SELECT s.actor_session, s.previous, s.node, toUnixTimestamp64Nano(s.at), "
        "s.kind, s.actor, s.actor_on_wire, s.actor_scheme, s.actor_strength, "
        "s.actor_reason, s.actor_binding, s.reason, s.client_address, s.wire, "
        "s.connection, s.request_offset, toUnixTimestamp64Nano(x.started_at) "
        "FROM (SELECT * FROM sessions WHERE application = {application:String} "
        "AND (actor_session IN {keys:Array(String)} "
        "OR previous IN {keys:Array(String)}) "
        "AND at >= fromUnixTimestamp64Nano({since:Int64}) "
        "AND at < fromUnixTimestamp64Nano({until:Int64})) AS s "
        "LEFT JOIN (SELECT node, wire, connection, request_offset, started_at "
        "FROM exchanges WHERE application = {application:String} "
        "AND started_at >= fromUnixTimestamp64Nano({since:Int64}) "
        "AND started_at < fromUnixTimestamp64Nano({until:Int64}) "
        "AND (wire, connection, request_offset) IN ("
        "SELECT wire, connection, request_offset FROM sessions "
        "WHERE application = {application:String} "
        "AND (actor_session IN {keys:Array(String)} "
        "OR previous IN {keys:Array(String)}))) AS x "
        "ON s.node = x.node AND s.wire = x.wire AND s.connection = x.connection "
        "AND s.request_offset = x.request_offset",
        params,
    ).rows
    wanted = set(_texts(params["keys"]))
    found: defaultdict[str, list[Happening]] = defaultdict(list)
    for row in rows:
        at = row[3]
        # Without its exchange it may have begun as long ago as any login.
        began = row[16] or at - SETTLED_NS
        for key in {row[0], row[1]} & wanted:
            happening = Happening(
                node=row[2],
                key=row[0],
                start=min(began, at),
                end=at,
                kind=SessionKind(row[4]),
                gives=key == row[0],
                actor=Actor(
                    name=row[5],
                    on_wire=row[6],
                    scheme=row[7],
                    strength=Strength(row[8]),
                    reason=row[9],
                    binding=row[10],
                    session=row[0],
                ),
                reason=row[9] if row[4] == "login_failed" else row[11],
                peer=row[12],
                wire=row[13],
                connection=row[14],
                request_offset=row[15],
            )
            found[key].append(happening)
    return found


def _seen(store: Asking, params: dict[str, object]) -> defaultdict[str, list[Sighting]]:
    rows = store.query(
        "SELECT actor_session, node, toUnixTimestamp64Nano(started_at), "
        "client_address, actor, actor_reason, actor_binding, wire, connection, "
        "request_offset FROM exchanges WHERE application = {application:String} "
        "AND actor_session IN {keys:Array(String)} "
        "AND started_at >= fromUnixTimestamp64Nano({since:Int64}) "
        "AND started_at < fromUnixTimestamp64Nano({until:Int64}) "
        "ORDER BY actor_session, started_at DESC LIMIT {most:UInt64} BY actor_session",
        params,
    ).rows
    found: defaultdict[str, list[Sighting]] = defaultdict(list)
    for row in rows:
        sighting = Sighting(
            node=row[1],
            key=row[0],
            start=row[2],
            peer=row[3],
            name=row[4],
            reason=row[5],
            binding=row[6],
            wire=row[7],
            connection=row[8],
            request_offset=row[9],
        )
        found[row[0]].append(sighting)
    return found


def _told(store: Asking, params: dict[str, object]) -> defaultdict[str, list[Told]]:
    rows = store.query(
        "SELECT actor_session, if(about = '', node, about), "
        "toUnixTimestamp64Nano(from_at), toUnixTimestamp64Nano(to_at), actor, "
        "toUnixTimestamp64Nano(at) FROM attributions "
        "WHERE application = {application:String} "
        "AND actor_session IN {keys:Array(String)} "
        "AND to_at >= fromUnixTimestamp64Nano({since:Int64})",
        params,
    ).rows
    found: defaultdict[str, list[Told]] = defaultdict(list)
    for row in rows:
        told = Told(
            node=row[1], key=row[0], start=row[2], end=row[3], name=row[4], at=row[5]
        )
        found[row[0]].append(told)
    return found


def _texts(value: Any) -> list[str]:
    return list(value)
