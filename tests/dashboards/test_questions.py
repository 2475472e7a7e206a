"""Every question of every board and alert, on the engine, as the plugin sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from numbers import Number

import pytest

from proxy.store.client import ClickHouseStore, connect
from tests.support.boards import NOW, SUBJECT, Target, fill, period, targets
from tests.support.embedded import EmbeddedStore
from tests.support.macros import Range, expand

ASKED = [target for target in targets() if target.sql]


@pytest.fixture(scope="module")
def store(embedded_store: EmbeddedStore) -> Iterator[ClickHouseStore]:
    """A reader on a store with five weeks in it."""
    database = embedded_store.database()
    writer = embedded_store.store(database)
    fill(writer)
    writer.close()
    reader = connect(embedded_store.settings(database, reads=True))
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def board_period(store: ClickHouseStore) -> Range:
    """A week, and the pseudonym of one employee."""
    known = "SELECT employee FROM board_private_employees WHERE actor = 'user1'"
    return period(employee=str(store.query(known).rows[0][0]), account="user1")


@pytest.mark.parametrize("target", ASKED, ids=lambda target: target.where)
def test_every_question_is_answered_with_what_its_panel_needs(
    store: ClickHouseStore, board_period: Range, target: Target
) -> None:
    """A series has time and numbers, a number is one, links name columns."""
    answer = store.query(expand(target.sql, board_period))

    assert answer.rows, "the panel would be empty"
    first = answer.rows[0]
    match target.kind:
        case "timeseries" | "heatmap":
            assert answer.columns[0] == "time"
            assert isinstance(first[0], datetime)
            assert any(isinstance(value, Number) for value in first[1:])
            assert [row[0] for row in answer.rows] == sorted(
                row[0] for row in answer.rows
            )
        case "stat":
            assert len(answer.rows) == 1
            assert [isinstance(value, Number) for value in first] == [True]
        case "alert":
            assert sum(isinstance(value, Number) for value in first) == 1
        case "table":
            overrides = target.panel["fieldConfig"]["overrides"]
            named = {override["matcher"]["options"] for override in overrides}
            assert named <= set(answer.columns)
        case _:
            assert target.kind == "variable"
            assert len(first) <= 2


@pytest.mark.parametrize("target", ASKED, ids=lambda target: target.where)
def test_boards_read_views_made_for_them(target: Target) -> None:
    """Never a table; an everyday board or an alert nothing with a name in it.

    Those of an inquiry ask the questions of the command line, too.
    """
    read = set(re.findall(r"\b(?:FROM|JOIN)\s+([a-z_]+)", target.sql))

    assert read
    if target.where.startswith("inquiry/"):
        read -= {"who_saw", "seen_by", "paired_with"}
    else:
        assert {name for name in read if name.startswith("board_private")} == set()
    assert {name for name in read if not name.startswith("board_")} == set()


def test_everyday_views_show_no_name_and_no_subject(store: ClickHouseStore) -> None:
    """Whoever may see a board may ask its views for every column."""
    names = [str(row[0]) for row in store.query("SHOW TABLES").rows]
    private = ("board_private", "board_key")
    views = [
        name
        for name in names
        if name.startswith("board_") and not name.startswith(private)
    ]

    assert len(views) >= 6
    for view in views:
        columns = store.query(f"DESCRIBE TABLE {view}").rows
        kinds = {str(column[0]): str(column[1]) for column in columns}
        assert {"actor", "subject", "subject_hex", "client_address"} & set(
            kinds
        ) == set()
        shown = "* EXCEPT subjects" if "subjects" in kinds else "*"
        text = store.query(f"SELECT {shown} FROM {view}")
        assert "user1" not in str(text.rows)


def test_the_aggregates_are_the_rows(store: ClickHouseStore) -> None:
    """Counted by the hour or one by one."""
    by_hour = store.query("SELECT sum(views) FROM board_hours").rows
    by_day = store.query("SELECT uniqMerge(subjects) FROM board_days").rows
    opened = "uniqExactIf(subject, action NOT IN ('list', 'search', 'mention'))"
    one_by_one = store.query(f"SELECT count(), {opened} FROM views").rows

    assert (by_hour[0][0], by_day[0][0]) == tuple(one_by_one[0])


def test_a_pseudonym_is_of_one_account_and_of_this_store_alone(
    store: ClickHouseStore, embedded_store: EmbeddedStore
) -> None:
    """Two stores call the same account by different pseudonyms."""
    other = embedded_store.store()
    fill(other, 200)
    everyone = "SELECT actor, employee FROM board_private_employees ORDER BY actor"

    here, there = dict(store.query(everyone).rows), dict(other.query(everyone).rows)

    assert len(set(here.values())) == len(here) == 40
    assert set(here.values()) & set(there.values()) == set()
    other.close()


def test_a_name_told_later_counts_on_the_boards_of_an_inquiry(
    embedded_store: EmbeddedStore,
) -> None:
    """They answer as ``whosaw who-saw`` does, and the employee can be chosen."""
    writer = embedded_store.store()
    at = f"toDateTime64('{NOW:%Y-%m-%d %H:%M:%S}', 9, 'UTC') - toIntervalHour"
    writer.command(
        "INSERT INTO views (node, application, started_at, actor_reason, "
        "actor_session, subject_type, subject, action) SELECT 'n', 'sonar', "
        f"{at}(2), 'unknown_session', 's', 'client', unhex('{SUBJECT}'), 'view'"
    )
    writer.command(
        "INSERT INTO attributions (node, application, at, from_at, to_at, actor, "
        "actor_strength, actor_session) SELECT 'n', 'sonar', "
        f"{at}(1), {at}(3), {at}(1), 'late', 'confirmed', 's'"
    )
    asked = {(target.where, target.kind): target.sql for target in ASKED}

    def answer(where: str, kind: str = "stat") -> list[tuple[object, ...]]:
        sql = expand(asked[where, kind], period(account="late"))
        return [tuple(row) for row in writer.query(sql).rows]

    assert answer("inquiry/subject: Employees: A") == [(1,)]
    assert answer("inquiry/subject: Views without a name: A") == [(0,)]
    assert answer("inquiry/employee: Views: A") == [(1,)]
    choice = answer("inquiry/employee: $employee", "variable")
    assert [row[1] for row in choice] == ["late"]
    writer.close()


def test_what_is_suppressed_or_taken_back_is_no_review_in_time(
    embedded_store: EmbeddedStore,
) -> None:
    """Of five findings one is suppressed; of the others one was reviewed in time."""
    writer = embedded_store.store()
    at = f"toDateTime64('{NOW:%Y-%m-%d %H:%M:%S}', 9, 'UTC') - toIntervalHour"
    writer.command(
        "INSERT INTO findings (id, at, severity, sentence, suppressed) SELECT "
        f"toString(number), {at}(100), 'high', 'one', if(number = 0, 'known', '') "
        "FROM numbers(5)"
    )
    for finding, state, hours in ((1, "seen", 90), (2, "open", 90), (3, "seen", 10)):
        writer.command(
            "INSERT INTO reviews (finding, state, at, reviewer, reason) SELECT "
            f"'{finding}', '{state}', {at}({hours}), 'officer', 'why'"
        )

    states = writer.query("SELECT id, state FROM board_findings ORDER BY id").rows
    (share,) = (
        writer.query(expand(target.sql, period())).rows
        for target in ASKED
        if "Reviewed within the term" in target.where
    )

    assert [state for _, state in states] == [
        "suppressed",
        "seen",
        "open",
        "seen",
        "open",
    ]
    assert share == [(0.25,)]
    writer.close()
