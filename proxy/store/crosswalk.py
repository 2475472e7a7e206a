"""The ids of one client: pairs are followed from id to id, contradictions are not.

An id that is paired with two ids of one type is a *conflict*: one of the pairs is
wrong, or the type has several ids a client; which of them cannot be known here.
Neither is followed, in either direction, and the answer says so. The same goes for
an id of a type that was already reached by another way.

Ids are pseudonyms, hex; those under different keys never meet, so each key's are
followed by themselves. Bounded by ``HOPS`` and ``MOST_IDS``.

Failure modes: those of the store; a store without the crosswalk's migration
refuses the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from proxy.store.investigations import LIMIT, Answer, moment, who_saw
from proxy.store.port import Questions

HOPS = 4
"""Pairs from the id that was asked for: number, BSN, row id, and one to spare."""
MOST_IDS = 256
"""Of one question, all keys together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An id of the client that was asked for."""

    type: str
    pseudonym: str
    """Hex."""
    hops: int = 0
    """Pairs away from the id that was asked for; 0: that id."""
    through: str = ""
    """Pseudonym of the id it was paired with."""
    through_type: str = ""
    sources: tuple[str, ...] = ()
    """What says so: ``rule NAME``, ``file NAME DIGEST``; ten at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Pairs that contradict each other; none of them was followed."""

    type: str
    pseudonym: str
    paired_type: str
    paired: tuple[str, ...]
    """Ids of that type it is paired with; ten at most."""
    count: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """The ids of one client, as far as pairs tell."""

    identifiers: tuple[Identifier, ...]
    """What was asked for comes first."""
    conflicts: tuple[Conflict, ...] = ()
    complete: bool = True
    """False: there are more than ``HOPS`` and ``MOST_IDS`` allow."""


_IDS = "(SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))"
# What paired_with says, without the view: the engine analyses a view twice.
_PAIRS = f"""
SELECT id_type, id, paired_type, paired, groupUniqArray(10)(source) AS sources
FROM
(
    SELECT one_type AS id_type, one AS id, other_type AS paired_type,
        other AS paired, source
    FROM crosswalk WHERE one IN {_IDS}/*known*/
    UNION ALL
    SELECT other_type, other, one_type, one, source
    FROM crosswalk WHERE other IN {_IDS}/*known*/
)
GROUP BY id_type, id, paired_type, paired
ORDER BY id_type, id, paired_type, paired
LIMIT {{limit:UInt64}}
"""  # noqa: S608 constants


class _Pair(NamedTuple):
    id_type: str
    id: str
    paired_type: str
    paired: str
    sources: tuple[str, ...]


def follow(
    store: Questions,
    asked: Sequence[Identifier],
    *,
    hops: int = HOPS,
    most: int = MOST_IDS,
    as_of: datetime | None = None,
) -> Identity:
    """Every id that pairs lead to from these, breadth first.

    Args:
        store: Is asked ``hops`` + 1 times at most.
        asked: The same id under each live key; their closures are kept apart.
        hops: Most pairs between an id and the one that was asked for.
        most: Most ids found.
        as_of: By the pairs that were known before; None: by all.
    """
    first = _pairs(store, [each.pseudonym for each in asked], as_of)
    return _followed(store, asked, first, hops=hops, most=most, as_of=as_of)


def _followed(
    store: Questions,
    asked: Sequence[Identifier],
    frontier: list[_Pair],
    *,
    hops: int = HOPS,
    most: int = MOST_IDS,
    as_of: datetime | None,
) -> Identity:
    known = {each.pseudonym: each for each in asked}
    start = {each.pseudonym: each.pseudonym for each in asked}
    """Id → the asked id it was reached from."""
    types = {(each.pseudonym, each.type) for each in asked}
    conflicts: dict[tuple[str, str], Conflict] = {}
    complete = True
    for hop in range(1, hops + 2):
        candidates = _certain(frontier, conflicts)
        candidates = [pair for pair in candidates if pair.paired not in known]
        if not candidates:
            break
        if hop > hops or len(known) + len(candidates) > most:
            complete = False
            break
        after = _pairs(store, list({pair.paired for pair in candidates}), as_of)
        doubtful = {(p.id, p.paired_type) for p in after} - {
            (p.id, p.paired_type) for p in _certain(after, conflicts)
        }
        reached: set[str] = set()
        for pair in candidates:
            origin = start[pair.id]
            if (pair.paired, pair.id_type) in doubtful or pair.paired in known:
                continue
            if (origin, pair.paired_type) in types:
                conflicts.setdefault((pair.id, pair.paired_type), _conflict([pair]))
                continue
            types.add((origin, pair.paired_type))
            start[pair.paired] = origin
            reached.add(pair.paired)
            known[pair.paired] = Identifier(
                type=pair.paired_type,
                pseudonym=pair.paired,
                hops=hop,
                through=pair.id,
                through_type=pair.id_type,
                sources=pair.sources,
            )
        frontier = [pair for pair in after if pair.id in reached]
    return Identity(tuple(known.values()), tuple(conflicts.values()), complete)


def who_saw_client(
    store: Questions,
    asked: Sequence[Identifier],
    start: datetime,
    end: datetime,
    *,
    limit: int = LIMIT,
    as_of: datetime | None = None,
) -> tuple[Answer, Identity]:
    """``who_saw`` by every id of the client; a row's ``subject`` tells by which.

    Most ids that a first look at the pairs gives are those that a second confirms:
    views of them are asked for meanwhile, and asked for again when they are not.
    """

    def seen(ids: list[str]) -> Answer:
        return who_saw(store, ids, "", start, end, limit=limit, as_of=as_of)

    first = _pairs(store, [each.pseudonym for each in asked], as_of)
    likely = {each.pseudonym: None for each in asked}
    likely |= {pair.paired: None for pair in _certain(first, {})}
    if len(likely) > MOST_IDS:
        identity = _followed(store, asked, first, as_of=as_of)
        return seen([each.pseudonym for each in identity.identifiers]), identity
    with ThreadPoolExecutor(1, thread_name_prefix="who-saw") as meanwhile:
        answer = meanwhile.submit(seen, list(likely))
        identity = _followed(store, asked, first, as_of=as_of)
        ids = [each.pseudonym for each in identity.identifiers]
        if set(ids) == likely.keys():
            return answer.result(), identity
    return seen(ids), identity


def conflicts_of(store: Questions, *, limit: int = 1_000) -> list[Conflict]:
    """Every id that is paired with several ids of one type, most pairs first."""
    result = store.query(
        "SELECT id_type, id_hex, paired_type, paired_hex, paired_ids, sources "
        "FROM crosswalk_conflicts ORDER BY paired_ids DESC, id_type, id_hex, "
        "paired_type LIMIT {limit:UInt64}",
        {"limit": limit},
    )
    return [
        Conflict(
            type=row[0],
            pseudonym=row[1],
            paired_type=row[2],
            paired=tuple(sorted(row[3])),
            count=row[4],
            sources=tuple(sorted(row[5])),
        )
        for row in result.rows
    ]


def _pairs(store: Questions, ids: list[str], as_of: datetime | None) -> list[_Pair]:
    params: dict[str, object] = {"ids": ids, "limit": 16 * MOST_IDS}
    known = ""
    if as_of is not None:
        params["as_of"] = moment(as_of)
        known = " AND at < parseDateTime64BestEffort({as_of:String}, 9, 'UTC')"
    result = store.query(_PAIRS.replace("/*known*/", known), params)
    return [
        _Pair(row[0], row[1].hex(), row[2], row[3].hex(), tuple(sorted(row[4])))
        for row in result.rows
    ]


def _certain(
    pairs: list[_Pair], conflicts: dict[tuple[str, str], Conflict]
) -> list[_Pair]:
    """The pairs that no other pair of the same id contradicts; the others are noted."""
    groups: dict[tuple[str, str], list[_Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.id, pair.paired_type), []).append(pair)
    certain = []
    for key, group in groups.items():
        if len(group) > 1:
            conflicts.setdefault(key, _conflict(group))
        else:
            certain += group
    return certain


def _conflict(group: list[_Pair]) -> Conflict:
    first = group[0]
    sources = {source for pair in group for source in pair.sources}
    return Conflict(
        type=first.id_type,
        pseudonym=first.id,
        paired_type=first.paired_type,
        paired=tuple(pair.paired for pair in group[:10]),
        count=len(group),
        sources=tuple(sorted(sources)[:10]),
    )
