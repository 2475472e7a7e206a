"""Every question of every board and alert, on the engine, as the plugin sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from numbers import Number

import pytest

from proxy.store.client import ClickHouseStore, connect
from tests.support.boards import Target, fill, period, targets
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
    return period(employee=str(store.query(known).rows[0][0]))


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
    """Never a table; an everyday board or an alert nothing with a name in it."""
    read = set(re.findall(r"\b(?:FROM|JOIN)\s+([a-z_]+)", target.sql))

    assert read
    assert {name for name in read if not name.startswith("board_")} == set()
    if not target.where.startswith("inquiry/"):
        assert {name for name in read if name.startswith("board_private")} == set()


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
    one_by_one = store.query("SELECT count(), uniqExact(subject) FROM views").rows

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
