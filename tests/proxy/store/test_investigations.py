"""Answers: opened before listed, bounded, with their caveats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from proxy.events import AccountKind, Action, Actor, Event, Extraction, Strength
from proxy.store.client import ClickHouseStore, connect
from proxy.store.investigations import period_caveats, seen_by, who_saw
from proxy.store.tables import table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import (
    ACTOR,
    GAP,
    NOON_NS,
    VIEW,
    exchange,
    gap,
    learned,
    view,
)

NOON = datetime.fromtimestamp(NOON_NS // 10**9, UTC)
HOUR = timedelta(hours=1)
PERIOD = (NOON - HOUR, NOON + HOUR)
CLIENT = VIEW.subject
OTHER = bytes(16)


def _ns(hours: float) -> int:
    return NOON_NS + int(hours * 3600 * 10**9)


PIETERS = Actor(name='O\'Pieters \\ "x"', strength=Strength.ASSERTED)
NOBODY = Actor(reason="unknown_session")
EVENTS: tuple[Event, ...] = (
    view(action=Action.LIST, started_ns=_ns(-0.5), position=3),
    view(action=Action.MENTION, started_ns=_ns(-0.4)),
    view(action=Action.UPDATE, started_ns=_ns(-0.3)),
    view(action=Action.VIEW, started_ns=_ns(0.2), actor=PIETERS),
    view(action=Action.VIEW, started_ns=_ns(0.1)),
    view(action=Action.PRINT, started_ns=_ns(-0.2)),
    view(action=Action.SEARCH, started_ns=_ns(0.3), actor=NOBODY),
    view(subject=OTHER, started_ns=_ns(0.4)),
    view(subject_type="employer", started_ns=_ns(0.5), actor=PIETERS),
    view(started_ns=_ns(2)),
    exchange(extraction=Extraction.UNMAPPED, path="/new/{}", started_ns=_ns(0.1)),
    exchange(extraction=Extraction.UNMAPPED, path="/new/{}", started_ns=_ns(0.2)),
    exchange(extraction=Extraction.FAILED, path="/client/{}", started_ns=_ns(0.2)),
    exchange(extraction=Extraction.NOTHING_EXPECTED, started_ns=_ns(0.2)),
    exchange(started_ns=_ns(0.2)),
    GAP,
    gap(from_ns=_ns(-3), to_ns=_ns(-2)),
    gap(from_ns=_ns(-3), to_ns=_ns(3), reason="around"),
)


@pytest.fixture(scope="module")
def store(embedded_store: EmbeddedStore) -> ClickHouseStore:
    """A reader's client on a database that holds ``EVENTS``."""
    database = embedded_store.database()
    writer = embedded_store.store(database)
    for seq, event in enumerate(EVENTS, 1):
        table = table_for(event)
        row = table.row(event, "n", 1, seq)
        writer.insert(table.name, table.columns, [row], token=f"i{seq}")
    writer.close()
    return connect(embedded_store.settings(database, reads=True))


def _insert(store: ClickHouseStore, events: tuple[Event, ...], first: int) -> None:
    for seq, event in enumerate(events, first):
        table = table_for(event)
        row = table.row(event, "n", 2, seq)
        store.insert(table.name, table.columns, [row], token=f"l{seq}")


LATE = bytes(range(16, 32))
"""A subject of the views below."""


def test_a_name_learned_later_stands_beside_the_view(
    embedded_store: EmbeddedStore,
) -> None:
    """The view stays as it was recorded; only what the row covers is named."""
    database = embedded_store.database()
    store = embedded_store.store(database)
    someone = Actor(reason="unknown_session", session="s1")
    named = Actor(
        name="pieters", scheme="page", strength=Strength.INFERRED, session="s1"
    )
    replace = msgspec.structs.replace
    views = (
        view(subject=LATE, actor=someone, started_ns=_ns(-0.5)),
        view(subject=LATE, actor=someone, started_ns=_ns(-0.4), application="else"),
        view(subject=LATE, actor=replace(someone, session="s2"), started_ns=_ns(-0.4)),
        view(
            subject=LATE,
            actor=replace(someone, reason="logged_out"),
            started_ns=_ns(-0.4),
        ),
        view(subject=LATE, actor=someone, started_ns=_ns(-0.7)),
        view(subject=LATE, actor=someone, started_ns=_ns(0)),
        view(subject=LATE, actor=named, started_ns=_ns(0.1)),
    )
    rows = (
        learned(actor=named, from_ns=_ns(-0.6), to_ns=_ns(-0.1)),
        learned(actor=replace(named, name="jansen"), from_ns=_ns(-9), to_ns=_ns(-0.65)),
    )
    _insert(store, views + rows, 1)

    seen = {
        row.seq: row for row in who_saw(store, [LATE.hex()], "client", *PERIOD).rows
    }
    of_pieters = seen_by(store, "pieters", *PERIOD).rows

    assert len(seen) == len(views)
    assert {
        seq: row.learned_actor for seq, row in seen.items() if row.learned_actor
    } == {
        1: "pieters",
        5: "jansen",
    }
    assert (seen[1].actor, seen[1].reason) == ("", "unknown_session")
    assert seen[1].learned_strength is Strength.INFERRED
    assert {(row.seq, row.learned_actor) for row in of_pieters} == {
        (1, "pieters"),
        (7, ""),
    }
    assert [row.seq for row in seen_by(store, "jansen", *PERIOD).rows] == [5]
    assert all(not row.learned_actor for row in seen_by(store, "", *PERIOD).rows)
    store.close()


def test_opened_records_come_before_listed_ones(store: ClickHouseStore) -> None:
    """And a named one last; within an action by time."""
    answer = who_saw(store, [CLIENT.hex()], "client", *PERIOD)

    assert [(row.action.value, row.opened) for row in answer.rows] == [
        ("view", True),
        ("view", True),
        ("print", True),
        ("update", True),
        ("list", False),
        ("search", False),
        ("mention", False),
    ]
    assert [row.actor for row in answer.rows[:2]] == ["jansen", PIETERS.name]
    assert answer.complete


def test_an_answer_tells_who_on_what_ground_and_what_was_shown(
    store: ClickHouseStore,
) -> None:
    """A name without its strength is not evidence."""
    row = who_saw(store, [CLIENT.hex()], "client", *PERIOD).rows[0]

    assert row.started_at == NOON.replace(microsecond=123456) + 0.1 * HOUR
    assert (row.actor, row.strength, row.scheme) == (
        "jansen",
        Strength.CONFIRMED,
        "form",
    )
    assert row.categories == ("contact", "health")
    assert row.subject == CLIENT.hex()
    assert (row.node, row.epoch, row.seq) == ("n", 1, 5)


def test_a_view_without_a_name_is_in_the_answer(store: ClickHouseStore) -> None:
    """Somebody saw it; who is not known, and why."""
    rows = who_saw(store, [CLIENT.hex()], "client", *PERIOD).rows

    assert [row.reason for row in rows if not row.actor] == ["unknown_session"]


def test_several_pseudonyms_are_one_subject(store: ClickHouseStore) -> None:
    """Keys rotate; a question names the pseudonym under each live key."""
    both = who_saw(store, [CLIENT.hex(), OTHER.hex()], "client", *PERIOD)

    assert len(both.rows) == 8
    assert who_saw(store, [], "client", *PERIOD).rows == []


def test_an_employee_is_a_value_whatever_his_name(store: ClickHouseStore) -> None:
    """Quotes and backslashes are part of names."""
    rows = seen_by(store, PIETERS.name, *PERIOD).rows

    assert [(row.subject_type, row.action) for row in rows] == [
        ("client", Action.VIEW),
        ("employer", Action.VIEW),
    ]
    assert seen_by(store, "' OR 1 = 1 --", *PERIOD).rows == []
    assert seen_by(store, ACTOR.name, *PERIOD).rows != []


def test_a_cut_answer_says_so(store: ClickHouseStore) -> None:
    """A limit is never silent."""
    cut = who_saw(store, [CLIENT.hex()], "client", *PERIOD, limit=6)
    whole = who_saw(store, [CLIENT.hex()], "client", *PERIOD, limit=7)

    assert (len(cut.rows), cut.complete) == (6, False)
    assert (len(whole.rows), whole.complete) == (7, True)


def test_a_period_has_its_start_and_not_its_end(store: ClickHouseStore) -> None:
    """Adjacent periods share nothing; offsets are honoured."""
    instant = datetime.fromtimestamp(NOON_NS // 10**9, UTC) + timedelta(hours=2)
    amsterdam = timezone(HOUR * 2)

    before = who_saw(store, [CLIENT.hex()], "client", NOON + HOUR, instant)
    around = who_saw(
        store,
        [CLIENT.hex()],
        "client",
        instant.astimezone(amsterdam),
        instant.astimezone(amsterdam) + timedelta(seconds=1),
    )

    assert before.rows == []
    assert [row.seq for row in around.rows] == [10]


def test_malformed_questions_are_refused_before_the_store(
    store: ClickHouseStore,
) -> None:
    """A wrong pseudonym must not read as "nobody"."""
    with pytest.raises(ValueError, match="pseudonym"):
        who_saw(store, ["12345"], "client", *PERIOD)
    with pytest.raises(ValueError, match="offset"):
        seen_by(store, "jansen", NOON.replace(tzinfo=None), NOON)


def test_the_caveats_are_what_the_period_does_not_show(store: ClickHouseStore) -> None:
    """Gaps that touch it, pages not read, views without a name."""
    caveats = period_caveats(store, *PERIOD)

    assert [item.reason for item in caveats.gaps] == ["around", "backlog"]
    assert [(p.path, p.extraction, p.exchanges) for p in caveats.unmapped] == [
        ("/new/{}", Extraction.UNMAPPED, 2),
        ("/client/{}", Extraction.FAILED, 1),
    ]
    assert [(u.reason, u.views, u.subjects) for u in caveats.unattributed] == [
        ("unknown_session", 1, 1)
    ]
    assert not caveats.none


def test_a_period_fully_read_has_no_caveats(store: ClickHouseStore) -> None:
    """So the answer may say so."""
    assert period_caveats(store, NOON - 9 * HOUR, NOON - 8 * HOUR).none


def test_a_name_that_was_taken_back_is_nobodys(embedded_store: EmbeddedStore) -> None:
    """Of the node, key and period the row is about, whoever wrote it; live and
    learned names alike. The kind of an account stands with its name."""
    store = embedded_store.store()
    replace = msgspec.structs.replace
    robot = Actor(
        name="export",
        strength=Strength.CONFIRMED,
        session="s1",
        kind=AccountKind.ROBOT,
    )
    nobody = Actor(reason="unknown_session", session="s2")
    late = replace(robot, name="late", session="s2")
    taken = Actor(reason="contested", session="s1")
    period = {"from_ns": _ns(-0.5), "to_ns": _ns(-0.2)}
    events = (
        view(subject=LATE, actor=robot, started_ns=_ns(-0.6)),
        view(subject=LATE, actor=robot, started_ns=_ns(-0.4)),
        view(subject=LATE, actor=nobody, started_ns=_ns(-0.4)),
        view(subject=LATE, actor=nobody, started_ns=_ns(-0.1)),
        learned(actor=taken, about="n", **period),
        learned(actor=replace(taken, session="s2"), about="n", **period),
        learned(actor=late, about="n", from_ns=_ns(-0.5), to_ns=_ns(0)),
        learned(actor=taken, about="else", from_ns=_ns(-9), to_ns=_ns(9)),
    )
    _insert(store, events, 1)

    seen = {
        row.seq: (row.actor or row.learned_actor, row.reason, row.kind)
        for row in who_saw(store, [LATE.hex()], "client", *PERIOD).rows
    }

    assert seen == {
        1: ("export", "", AccountKind.ROBOT),
        2: ("", "contested", AccountKind.UNKNOWN),
        3: ("", "contested", AccountKind.UNKNOWN),
        4: ("late", "unknown_session", AccountKind.ROBOT),
    }
    assert [row.seq for row in seen_by(store, "export", *PERIOD).rows] == [1]
    assert [row.seq for row in seen_by(store, "late", *PERIOD).rows] == [4]
    store.close()
