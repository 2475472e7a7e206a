"""The catalogue of questions, on rows of a real store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from proxy.context_files import ContextKind, check
from proxy.events import Action, Actor, ContextTerm, Event, SessionKind
from proxy.store.client import ClickHouseStore
from proxy.store.context import ContextFile, load
from proxy.store.questions import BY_NAME, CATALOGUE, Question, Table, ask
from proxy.store.tables import table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import ACTOR, NOON_NS, SESSION, exchange, view

DAY_NS = 86_400_000_000_000
PERIOD = {"from": "2026-05-01T00:00:00+00:00", "to": "2026-07-01T00:00:00+00:00"}
SUBJECTS = [bytes([n]) * 16 for n in range(1, 4)]


def named(name: str) -> Actor:
    """An actor of this name."""
    return Actor(name=name, on_wire=name, scheme="form", strength=ACTOR.strength)


@pytest.fixture
def store(embedded_store: EmbeddedStore) -> ClickHouseStore:
    """A client on a fresh database."""
    return embedded_store.store()


def stored(store: ClickHouseStore, events: Sequence[Event]) -> None:
    """Put them in."""
    for seq, event in enumerate(events, 1):
        table = table_for(event)
        row = table.row(event, "north", 1, seq)
        store.insert(table.name, table.columns, [row], token=f"q{seq}")


def answer(store: ClickHouseStore, name: str, **more: object) -> Table:
    """Of one question, as rows."""
    return ask(store, BY_NAME[name], {**PERIOD, **more}, limit=100)


@pytest.mark.parametrize("question", CATALOGUE, ids=lambda each: each.name)
def test_every_question_is_answered_on_an_empty_store(
    store: ClickHouseStore, question: Question
) -> None:
    """With nothing, and with columns."""
    found = ask(
        store,
        question,
        {
            **PERIOD,
            "subjects": [SUBJECTS[0].hex()],
            "subject_type": "client",
            "employee": "O'Brien \\ \x00 {x:String}",
            "term": "name",
            "values": ["x"],
            "session": "ab",
        },
        limit=10,
    )

    assert found.rows == []
    assert found.complete


def test_who_saw_most_of_the_clients_comes_first(store: ClickHouseStore) -> None:
    """Opened ones and listed ones apart; other clients do not count."""
    stored(
        store,
        [
            *(view(actor=named("jansen"), subject=each) for each in SUBJECTS),
            view(actor=named("devries"), subject=SUBJECTS[0], action=Action.SEARCH),
            view(actor=named("devries"), subject=b"x" * 16),
        ],
    )

    found = answer(
        store,
        "common-viewers",
        subjects=[each.hex() for each in SUBJECTS],
        subject_type="client",
    )

    assert [row[:4] for row in found.rows] == [
        ("jansen", 3, 3, 0),
        ("devries", 1, 0, 1),
    ]


def test_an_account_is_compared_with_itself_and_with_all(
    store: ClickHouseStore,
) -> None:
    """A day of five among days of one."""
    events = [
        view(actor=named("jansen"), started_ns=NOON_NS + day * DAY_NS, subject=each)
        for day, count in ((0, 1), (1, 1), (2, 3))
        for each in SUBJECTS[:count]
    ]
    events += [
        view(actor=named("devries"), started_ns=NOON_NS + 2 * DAY_NS) for _ in range(1)
    ]
    stored(store, events)

    found = answer(store, "compare", employee="jansen")

    assert [(row[1], row[2], row[3]) for row in found.rows] == [
        (1, 1, 1),
        (1, 1, 1),
        (3, 3, 1),
    ]
    assert [row[4:7] for row in found.rows] == [("", 0, 0)] * 3
    assert [row[7] for row in found.rows] == [1, 1, 3]


def test_an_account_is_compared_with_its_team_of_that_day(
    store: ClickHouseStore,
) -> None:
    """Whoever moved counts where he was; who has no team counts with all only."""
    staff = (
        b"employee,team,valid_from,valid_to\njansen,north,2026-01-01,\n"
        b"devries,north,2026-01-01,\ndevries,south,2026-05-29,\n"
        b"smit,north,2026-01-01,2026-02-01\n"
    )
    rows = check(ContextKind.STAFF, staff)
    file = ContextFile(
        kind=ContextKind.STAFF, data=staff, name="s", rows=rows, loaded_by=""
    )
    load(store, file, {1: b"key"}, datetime(2026, 5, 1, tzinfo=UTC))
    stored(
        store,
        [
            view(actor=named(name), started_ns=NOON_NS + day * DAY_NS, position=n)
            for name, counts in (
                ("jansen", (1, 2)),
                ("devries", (5, 5)),
                ("smit", (9, 9)),
            )
            for day, count in enumerate(counts)
            for n in range(count)
        ],
    )

    found = answer(store, "compare", employee="jansen")

    assert found.columns[4:7] == ("team", "team_median", "team_accounts")
    assert [row[4:7] for row in found.rows] == [("north", 5, 2), ("north", 2, 1)]


def test_searches_are_found_by_their_hash_alone(store: ClickHouseStore) -> None:
    """Of this term, not of another with the same hash."""
    hashed = "0f" * 16
    stored(
        store,
        [
            exchange(context=(ContextTerm("name", hashed, 1),), views=7),
            exchange(context=(ContextTerm("town", hashed, 1),)),
        ],
    )

    found = answer(store, "searches-for", term="name", values=[hashed])

    assert [row[4] for row in found.rows] == [7]


def test_exports_are_counted_by_request(store: ClickHouseStore) -> None:
    """One file of two clients is one row."""
    stored(
        store,
        [
            view(action=Action.EXPORT, subject=SUBJECTS[0]),
            view(action=Action.EXPORT, subject=SUBJECTS[1]),
            view(action=Action.VIEW),
        ],
    )

    found = answer(store, "exports-by", employee=ACTOR.name)

    assert [(row[3], row[4], row[5]) for row in found.rows] == [("export", 2, 2)]


def test_a_session_is_traced_over_its_rotation(store: ClickHouseStore) -> None:
    """By the key before and the key after."""
    import msgspec

    rotated = msgspec.structs.replace(
        SESSION, kind=SessionKind.ROTATED, previous="before", at_ns=NOON_NS + 1
    )
    stored(store, [rotated])

    assert len(answer(store, "session-of", session="before").rows) == 1
    assert len(answer(store, "session-of", session=ACTOR.session).rows) == 1
    assert answer(store, "session-of", session="other").rows == []


def test_an_answer_that_is_cut_says_so(store: ClickHouseStore) -> None:
    """Half an answer that looks whole is a wrong one."""
    stored(store, [exchange(), exchange(), exchange()])

    found = ask(
        store,
        BY_NAME["timeline"],
        {**PERIOD, "employee": ACTOR.name},
        limit=2,
    )

    assert (len(found.rows), found.complete) == (2, False)
