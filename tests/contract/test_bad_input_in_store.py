"""Whatever stands in a name or an id is stored and asked for as data.

Names come from an application that anybody may type into: quotes, control
characters, SQL, ten thousand characters. Each is put into every text of every
table, found by every question that takes it, and changes nothing else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from proxy.events import (
    Actor,
    ContextTerm,
    Event,
    HeartbeatRecorded,
    Strength,
)
from proxy.retention import holds
from proxy.retention.policy import DAY, DEFAULTS, Retention
from proxy.retention.run import retain
from proxy.store.client import ClickHouseStore
from proxy.store.crosswalk import Identifier, follow
from proxy.store.investigations import period_caveats, seen_by, who_saw
from proxy.store.questions import BY_NAME, CATALOGUE, ask
from proxy.store.tables import table_for
from tests.support.embedded import EmbeddedStore
from tests.support.rows import (
    ASKED,
    ENDED,
    EXCHANGE,
    GAP,
    HEARTBEAT,
    LEARNED,
    MADE,
    NOON_NS,
    PAIRED,
    SEEN,
    SESSION,
    VIEW,
    exchange,
)

EVIL = [
    "o'brien",
    'say "hi"',
    "`tick`",
    "back\\slash\\",
    "\\'",
    "tab\tline\nreturn\rnull\x00bell\x07escape\x1b",
    "'; DROP TABLE views; --",
    "' OR 1=1 --",
    "{employee:String}",
    "%(x)s %s ${x} {{x}}",
    "/* comment */ -- x",
    "\\N",
    "\N{RIGHT-TO-LEFT OVERRIDE}e\u0301\N{PILE OF POO}",
    "long" * 2_500,
    "'" * 10_000,
]
FROM, TO = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
PERIOD = {"from": FROM.isoformat(), "to": TO.isoformat()}


def evil(event: Event, text: str) -> Event:
    """The event with this text in every free text of it."""
    changes: dict[str, object] = {}
    for field in msgspec.structs.fields(type(event)):
        value = getattr(event, field.name)
        if type(value) is str and field.type is str:
            changes[field.name] = text
        elif isinstance(value, Actor):
            changes[field.name] = Actor(
                name=text,
                on_wire=text,
                scheme=text,
                strength=Strength.CONFIRMED,
                reason="",
                binding=text,
                session=text,
            )
    if "context" in event.__struct_fields__:
        changes["context"] = (ContextTerm(text, text, 1),)
    if "categories" in event.__struct_fields__:
        changes["categories"] = (text,)
    return msgspec.structs.replace(event, **changes)


@pytest.fixture(scope="module")
def store(embedded_store: EmbeddedStore) -> Iterator[ClickHouseStore]:
    """Every text in every table, a number each."""
    made = embedded_store.store()
    events: tuple[Event, ...] = (
        *(EXCHANGE, VIEW, SESSION, GAP, LEARNED, PAIRED, ENDED, HEARTBEAT, MADE),
        *(SEEN, ASKED),
    )
    for event in events:
        table = table_for(event)
        rows = [
            table.row(evil(event, text), "north", 1, number)
            for number, text in enumerate(EVIL, 1)
        ]
        made.insert(table.name, table.columns, rows, token=table.name)
    yield made
    made.close()


@pytest.mark.parametrize("number", range(1, len(EVIL) + 1))
def test_every_question_finds_the_text_it_was_asked_for(
    store: ClickHouseStore, number: int
) -> None:
    """That row alone, and the text as it was."""
    text = EVIL[number - 1]
    asked = {
        **PERIOD,
        "subjects": [VIEW.subject.hex()],
        "subject_type": text,
        "employee": text,
        "term": text,
        "values": [text],
        "session": text,
    }

    answers = {each.name: ask(store, each, asked, limit=100).rows for each in CATALOGUE}
    seen = seen_by(store, text, FROM, TO).rows
    shown = who_saw(store, [VIEW.subject.hex()], text, FROM, TO).rows
    known = follow(store, [Identifier(type=text, pseudonym=PAIRED.one.hex())])

    assert [row.seq for row in seen] == [number]
    assert [(row.seq, row.actor, row.categories) for row in shown] == [
        (number, text, (text,))
    ]
    for name in ("timeline", "searches-for", "session-of"):
        assert [row[-1] for row in answers[name]] == [number], name
    assert [row[0] for row in answers["common-viewers"]] == [text]
    assert known.identifiers[0].type == text
    assert store.query("SELECT count() FROM views").rows == [(len(EVIL),)]


def test_inquiries_keep_such_words_as_they_are(store: ClickHouseStore) -> None:
    """Who asked, why, and about whom: evidence of people, not of the program."""
    columns = "person, question, reason, employee, about, client_address"
    rows = store.query(f"SELECT {columns} FROM inquiries ORDER BY seq").rows

    assert [set(row) for row in rows] == [{text} for text in EVIL]


def test_caveats_tell_such_texts_as_they_are(store: ClickHouseStore) -> None:
    """Each reason of a gap."""
    caveats = period_caveats(store, FROM, TO)

    assert {gap.reason for gap in caveats.gaps} == set(EVIL)


@pytest.mark.parametrize("text", [EVIL[0], EVIL[5], EVIL[6], EVIL[-1]])
def test_a_hold_on_such_a_name_keeps_its_rows_only(
    embedded_store: EmbeddedStore, text: str
) -> None:
    """And the reason is told as it was given."""
    made = embedded_store.store()
    table = table_for(VIEW)
    rows = [
        table.row(evil(VIEW, each), "north", 1, number)
        for number, each in enumerate(EVIL, 1)
    ]
    made.insert("views", table.columns, rows, "v")
    holds.place(
        made,
        subjects=[],
        employee=text,
        from_at=FROM,
        to_at=TO,
        said_by=text[:100],
        reason=text[:1000],
        now=FROM,
    )

    periods = Retention(seconds=dict.fromkeys(DEFAULTS, DAY))
    outcome = retain(made, periods, TO + timedelta(days=30))

    assert outcome.rows == len(EVIL) - 1
    assert made.query("SELECT actor FROM views").rows == [(text,)]
    assert holds.in_force(made)[0].reason == text[:1000]
    made.close()


_CALLS = {"query", "command", "stream", "erase"}
_CONSTANT = re.compile(r"\A_?[A-Z][A-Z_]*\Z")
_KNOWN = {
    # Names and statements of the program itself, each seen: columns of the schema,
    # the name of the cluster and the database (checked words), and parts of a
    # statement made of constants.
    "proxy/detections/findings.py",
    "proxy/reconciling/account.py",
    "proxy/retention/due.py",
    "proxy/retention/held.py",
    "proxy/retention/policy.py",
    "proxy/retention/run.py",
    "proxy/store/across.py",
    "proxy/store/chains.py",
    "proxy/store/client.py",
    "proxy/store/copying.py",
    "proxy/store/crosswalk.py",
    "proxy/store/investigations.py",
    "proxy/store/embedded/engine.py",  # names of settings, checked; values quoted
    "proxy/store/migrate.py",
    "proxy/store/questions.py",
    "proxy/verification/store.py",
}


def test_no_statement_is_made_of_data() -> None:
    """What stands in a statement as text is a constant of the program: a new module
    that puts anything else there is looked at and named above."""
    root = Path(__file__).parents[2]
    found = set()
    for path in sorted((root / "proxy").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in _CALLS
                and node.args
                and _made(node.args[0])
            ):
                found.add(str(path.relative_to(root)))

    assert found <= _KNOWN, "a statement with text that is no constant"


def _made(sql: ast.expr) -> bool:
    """Whether it is put together of more than constants."""
    if isinstance(sql, ast.BinOp):
        return _made(sql.left) or _made(sql.right)
    if isinstance(sql, ast.JoinedStr):
        return any(
            not (isinstance(part.value, ast.Name) and _CONSTANT.match(part.value.id))
            for part in sql.values
            if isinstance(part, ast.FormattedValue)
        )
    return isinstance(sql, ast.Call)


def test_a_clock_that_was_set_back_is_told_and_numbers_keep_the_order(
    embedded_store: EmbeddedStore,
) -> None:
    """By the wires that said hello after it, and by the heartbeats."""
    store = embedded_store.store()
    hour = 3600 * 10**9
    begin = 10 * hour
    table = table_for(EXCHANGE)
    # Wire 1 and then 2, whose clock is an hour behind; then the host starts again.
    walls = [(1, 0, 0), (1, 60, 0), (2, 120, -3600), (1, 180, 0), (2, 240, -3600)]
    rows = [
        table.row(
            exchange(
                wire=wire,
                started_ns=NOON_NS + (after + moved) * 10**9,
                monotonic_ns=begin + after * 10**9,
            ),
            "north",
            1,
            number,
        )
        for number, (wire, after, moved) in enumerate(walls, 1)
    ]
    again = exchange(wire=3, started_ns=NOON_NS + 600 * 10**9, monotonic_ns=5)
    store.insert(
        "exchanges", table.columns, [*rows, table.row(again, "north", 1, 6)], "e"
    )
    beats = table_for(HEARTBEAT)
    store.insert(
        "heartbeats",
        beats.columns,
        [
            beats.row(
                HeartbeatRecorded(
                    at_ns=NOON_NS + after * 10**9, wires=1, connections=1, exchanges=1
                ),
                "north",
                1,
                number,
            )
            for number, after in ((7, 0), (8, 60), (9, -3480), (10, -3420))
        ],
        "h",
    )

    jumps = ask(store, BY_NAME["clock-jumps"], PERIOD, limit=10).rows
    order = store.query("SELECT seq FROM exchanges ORDER BY node, epoch, seq").rows

    assert [(row[2], row[4], row[5]) for row in jumps] == [
        (3, -3600.0, "wire"),
        (9, -3540.0, "heartbeat"),
    ]
    assert [row[0] for row in order] == [1, 2, 3, 4, 5, 6]
    store.close()
