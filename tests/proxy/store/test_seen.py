"""What the program asks and what the views answer to SQL are one answer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from proxy.events import AccountKind, Action, Actor, Event, Strength
from proxy.store.client import ClickHouseStore
from proxy.store.investigations import seen_by, who_saw
from proxy.store.seen import Seen
from proxy.store.tables import table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import NOON_NS, learned, view

NOON = datetime.fromtimestamp(NOON_NS // 10**9, UTC)
PERIOD = (NOON - timedelta(hours=1), NOON + timedelta(hours=1))
MINUTE = 60 * 10**9
SUBJECTS = tuple(bytes([number]) * 16 for number in range(3))
NAMES = ("jansen", "pieters")
_COLUMNS = (
    "node, epoch, seq, started_at, actor, application, action, opened, categories, "
    "actor_strength, actor_scheme, actor_reason, rule, position, client_address, "
    "subject_type, subject_hex, learned_actor, learned_strength, learned_scheme, "
    "if(learned, learned_kind, actor_kind)"
)


def _events(chance: random.Random) -> Iterator[tuple[str, Event]]:
    """Of two nodes and two applications, sessions that are named, nameless, taken
    back and told later, in stretches that overlap and touch."""
    for number in range(240):
        at = NOON_NS + chance.randrange(-40, 40) * MINUTE
        name = chance.choice(("", *NAMES))
        actor = Actor(
            name=name,
            scheme="form" if name else "",
            strength=Strength.CONFIRMED if name else Strength.NONE,
            reason="" if name else chance.choice(("unknown_session", "logged_out")),
            session=chance.choice(("s1", "s2", "s3", "")),
            kind=chance.choice(tuple(AccountKind)),
        )
        where: dict[str, Any] = {"application": chance.choice(("sonar", "else"))}
        node = chance.choice("ab")
        if number % 4:
            yield (
                node,
                view(
                    actor=actor,
                    started_ns=at,
                    subject=chance.choice(SUBJECTS),
                    action=chance.choice(tuple(Action)),
                    position=number,
                    **where,
                ),
            )
        elif actor.session:
            until = at + chance.randrange(1, 9) * MINUTE
            about = chance.choice(("", "a", "b"))
            yield (
                node,
                learned(actor=actor, from_ns=at, to_ns=until, about=about, **where),
            )


@pytest.fixture(scope="module")
def store(embedded_store: EmbeddedStore) -> Iterator[ClickHouseStore]:
    """A database with ``_events``."""
    store = embedded_store.store()
    rows: dict[Any, list[Any]] = {}
    for seq, (node, event) in enumerate(_events(random.Random(7)), 1):
        table = table_for(event)
        rows.setdefault(table, []).append(table.row(event, node, 1, seq))
    for table, each in rows.items():
        store.insert(table.name, table.columns, each, token=table.name)
    yield store
    store.close()


def _row(seen: Seen) -> tuple[object, ...]:
    return (
        seen.node,
        seen.epoch,
        seen.seq,
        seen.started_at,
        seen.actor,
        seen.application,
        seen.action.value,
        seen.opened,
        list(seen.categories),
        seen.strength.value,
        seen.scheme,
        seen.reason,
        seen.rule,
        seen.position,
        seen.client_address,
        seen.subject_type,
        seen.subject,
        seen.learned_actor,
        seen.learned_strength.value,
        seen.learned_scheme,
        seen.kind.value,
    )


def _by_sql(
    store: ClickHouseStore, view: str, given: str, as_of: datetime | None
) -> list[tuple[object, ...]]:
    more = {"from": str(PERIOD[0]), "to": str(PERIOD[1]), "as_of": str(as_of)}
    given += ", from = {from:String}, to = {to:String}"
    if as_of is not None:
        view, given = view + "_as_of", given + ", as_of = {as_of:String}"
    rows = store.query(
        f"SELECT {_COLUMNS} FROM {view}({given}) ORDER BY node, epoch, seq",
        more,
    ).rows
    return [(*row[:7], bool(row[7]), *row[8:]) for row in rows]


@pytest.mark.parametrize("as_of", [None, NOON + timedelta(minutes=5)])
def test_who_saw_is_what_the_view_says(
    store: ClickHouseStore, as_of: datetime | None
) -> None:
    """Names told later, taken back, of the right node, application and moment."""
    ids = ", ".join(f"'{each.hex()}'" for each in SUBJECTS)

    answer = who_saw(store, [s.hex() for s in SUBJECTS], "", *PERIOD, as_of=as_of)

    given = f"subjects = [{ids}], subject_type = ''"
    rows = sorted((_row(each) for each in answer.rows), key=lambda row: row[:3])
    assert rows == _by_sql(store, "who_saw", given, as_of)
    assert {row[17] for row in rows} >= {"", *NAMES}
    assert "contested" in {row[11] for row in rows}
    by_action = [each.opened for each in answer.rows]
    assert by_action == sorted(by_action, reverse=True)


@pytest.mark.parametrize("as_of", [None, NOON + timedelta(minutes=5)])
@pytest.mark.parametrize("employee", ["", *NAMES])
def test_seen_by_is_what_the_view_says(
    store: ClickHouseStore, employee: str, as_of: datetime | None
) -> None:
    """Of an account, and of none."""
    answer = seen_by(store, employee, *PERIOD, as_of=as_of)

    rows = sorted((_row(each) for each in answer.rows), key=lambda row: row[:3])
    assert rows == _by_sql(store, "seen_by", f"employee = '{employee}'", as_of)
    assert rows
