"""Context in a real store: whole or not at all, once, by periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from proxy.context_files import OPEN, ContextKind, check
from proxy.pseudonym import pseudonym
from proxy.store.client import ClickHouseStore
from proxy.store.context import ContextFile, load
from proxy.store.port import QuestionsAndRows, StoreUnavailable
from tests.support.embedded import EmbeddedStore

STAFF, CASELOAD, WATCHLIST = ContextKind
KEYS = {1: b"one" * 8, 2: b"two" * 8}
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def file(kind: ContextKind, text: str) -> ContextFile:
    """A file that was checked."""
    data = text.encode()
    return ContextFile(
        kind=kind, data=data, name="x.csv", rows=check(kind, data), loaded_by="ann"
    )


@pytest.fixture
def store(embedded_store: EmbeddedStore) -> ClickHouseStore:
    """A client on a fresh database."""
    return embedded_store.store()


def test_staff_is_loaded_once_with_own_records_under_every_key(
    store: ClickHouseStore,
) -> None:
    """The same file again adds nothing, and says when it came."""
    staff = file(
        STAFF, "employee,team,own.client,valid_from\nann,north,4711,2026-01-01"
    )

    assert load(store, staff, KEYS, NOW) is None
    assert load(store, staff, KEYS, NOW + timedelta(days=1)) == NOW
    rows = store.query("SELECT employee, team, valid_to, own FROM staff_periods").rows
    assert [row[:3] for row in rows] == [("ann", "north", OPEN)]
    assert [(own["subject"], own["key"]) for own in rows[0][3]] == [
        (pseudonym(key, "client", "4711"), number) for number, key in KEYS.items()
    ]
    assert store.query("SELECT count() FROM staff").rows == [(1,)]
    assert store.query(
        "SELECT kind, source, lines, loaded_by FROM context_loads"
    ).rows == [("staff", "x.csv", 1, "ann")]


def test_a_new_key_lets_the_same_file_be_loaded_again(store: ClickHouseStore) -> None:
    """Views under the new key find the client, too."""
    cases = file(CASELOAD, "employee,subject,valid_from\nann,4711,2026-01-01")

    load(store, cases, {1: KEYS[1]}, NOW)
    load(store, cases, KEYS, NOW + timedelta(days=1))

    found = store.query(
        "SELECT subject, subject_key FROM caseload_periods ORDER BY subject_key"
    )
    assert found.rows == [
        (pseudonym(key, "client", "4711"), number) for number, key in KEYS.items()
    ]


def test_a_later_file_ends_a_period_or_takes_it_back(store: ClickHouseStore) -> None:
    """Of one row with one first day the last loaded counts."""
    heading = "subject,reason,valid_from,valid_to\n"
    first = heading + "7,staff,2026-01-01,\n8,staff,2026-01-01,\n"
    later = heading + "7,staff,2026-01-01,2026-03-01\n8,staff,2026-01-01,2026-01-01\n"

    load(store, file(WATCHLIST, first), {1: KEYS[1]}, NOW)
    load(store, file(WATCHLIST, later), {1: KEYS[1]}, NOW + timedelta(days=1))

    found = store.query("SELECT subject, valid_to FROM watchlist_periods")
    assert found.rows == [(pseudonym(KEYS[1], "client", "7"), date(2026, 3, 1))]


class BreaksOff:
    """A store that is lost after some inserts."""

    def __init__(self, store: QuestionsAndRows, after: int) -> None:
        self.query = store.query
        self._store = store
        self._left = after

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        token: str,
    ) -> None:
        """Passed on, as long as it lasts."""
        if not self._left:
            raise StoreUnavailable("it went away")
        self._left -= 1
        self._store.insert(table, columns, rows, token)


@pytest.mark.parametrize("after", range(4))
def test_a_load_that_broke_off_does_not_count_and_is_loaded_again(
    store: ClickHouseStore, after: int
) -> None:
    """Wherever it broke off."""
    rows = "".join(f"emp{n},north,2026-01-01\n" for n in range(5))
    staff = file(STAFF, "employee,team,valid_from\n" + rows)

    with pytest.raises(StoreUnavailable):
        load(BreaksOff(store, after), staff, KEYS, NOW, part=2)

    assert store.query("SELECT count() FROM staff_periods").rows == [(0,)]
    assert load(store, staff, KEYS, NOW, part=2) is None
    assert store.query("SELECT count() FROM staff_periods").rows == [(5,)]
    assert store.query("SELECT count() FROM staff").rows == [(5,)]


def test_a_file_under_another_name_is_the_same_load(store: ClickHouseStore) -> None:
    """What it says is what counts."""
    cases = file(CASELOAD, "employee,subject,valid_from\na,1,2026-01-01")

    load(store, cases, KEYS, NOW)
    load(store, replace(cases, name="other.csv"), KEYS, NOW)

    assert store.query("SELECT count() FROM context_loads").rows == [(1,)]
