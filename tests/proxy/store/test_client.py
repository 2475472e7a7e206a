"""The client tells a store that cannot from a store that will not."""

from __future__ import annotations

import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.errors import UsageError
from proxy.store.client import ClickHouseStore, StoreSettings, connect
from proxy.store.port import StoreRejected, StoreUnavailable
from proxy.store.tables import VIEWS
from tests.support.embedded import EmbeddedStore
from tests.support.rows import VIEW


@pytest.fixture(scope="module")
def store(embedded_store: EmbeddedStore) -> ClickHouseStore:
    """A client on a fresh database."""
    return embedded_store.store()


def _rows(first: int, last: int, node: str) -> list[tuple[object, ...]]:
    return [VIEWS.row(VIEW, node, 1, seq) for seq in range(first, last + 1)]


def test_rows_are_counted_by_node_epoch_and_sequence(store: ClickHouseStore) -> None:
    """What the shipper asks after an unsure send."""
    store.insert(VIEWS.name, VIEWS.columns, _rows(5, 14, "count"), token="count")

    assert store.count("views", "count", 1, 5, 14) == 10
    assert store.count("views", "count", 1, 14, 99) == 1
    assert store.count("views", "count", 2, 5, 14) == 0
    assert store.count("views", "other", 1, 5, 14) == 0


def test_a_token_that_was_seen_makes_an_insert_a_no_op(store: ClickHouseStore) -> None:
    """Whatever the rows, over several partitions as well."""
    rows = _rows(1, 3, "token")
    old = VIEWS.row(VIEW, "token", 1, 4)
    at = VIEWS.columns.index("started_at")
    rows.append((*old[:at], 1_700_000_000_000_000_000, *old[at + 1 :]))

    for _ in range(3):
        store.insert(VIEWS.name, VIEWS.columns, rows, token="token:1-4")
    store.insert(VIEWS.name, VIEWS.columns, rows[:1], token="token:1-4")

    assert store.count("views", "token", 1, 0, 9) == 4


def test_no_rows_are_no_insert(store: ClickHouseStore) -> None:
    """An empty table of a batch costs nothing."""
    store.insert(VIEWS.name, VIEWS.columns, [], token="none")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("subject", b"short"),
        ("subject", b"seventeen bytes!!"),
        ("subject", None),
        ("seq", "text"),
        ("seq", -1),
        ("seq", 2**64),
        ("action", "peeked"),
        ("categories", 5),
        ("node", None),
        ("started_at", "yesterday"),
    ],
)
def test_a_value_that_does_not_fit_rejects_the_batch_whole(
    store: ClickHouseStore, column: str, value: object
) -> None:
    """So the shipper can look for the row; the good one is not stored either."""
    node = f"bad-{column}-{value!r}"
    good, bad = _rows(1, 2, node)
    at = VIEWS.columns.index(column)

    with pytest.raises(StoreRejected):
        store.insert(
            VIEWS.name,
            VIEWS.columns,
            [good, (*bad[:at], value, *bad[at + 1 :])],
            token=node,
        )

    assert store.count("views", node, 1, 0, 9) == 0


def test_an_unknown_column_is_a_rejection(store: ClickHouseStore) -> None:
    """Trying again gives the same."""
    with pytest.raises(StoreRejected):
        store.insert("views", ("node", "nope"), [("n", 1)], token="column")


def test_a_missing_table_is_unavailability(store: ClickHouseStore) -> None:
    """An operator forgot to migrate; the rows are not at fault."""
    with pytest.raises(StoreUnavailable):
        store.insert("nope", ("node",), [("n",)], token="table")


def test_wrong_credentials_are_unavailability(embedded_store: EmbeddedStore) -> None:
    """The same, and the message holds no password."""
    wrong = connect(
        StoreSettings(url=embedded_store.url, user="whosaw", password="wr0ng-secret")
    )

    with pytest.raises(StoreUnavailable) as refused:
        wrong.insert(VIEWS.name, VIEWS.columns, _rows(1, 1, "x"), token="x")

    assert "wr0ng-secret" not in str(refused.value)
    assert "wr0ng-secret" not in repr(wrong.settings)


def test_a_reader_cannot_insert(embedded_store: EmbeddedStore) -> None:
    """And nothing is lost by it: it counts as unavailable."""
    reader = connect(embedded_store.settings(embedded_store.database(), reads=True))

    with pytest.raises(StoreUnavailable):
        reader.insert(VIEWS.name, VIEWS.columns, _rows(1, 1, "x"), token="x")


def test_an_absent_store_is_unavailability_and_no_exception_at_connect() -> None:
    """The sidecar starts without its store."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        absent = connect(StoreSettings(url=f"http://127.0.0.1:{port}"))

        with pytest.raises(StoreUnavailable) as told:
            absent.count("views", "n", 1, 1, 1)

    assert str(told.value) == "the store does not answer: connection refused"


def test_a_name_that_nobody_knows_is_told_in_few_words() -> None:
    """And not in those of three libraries."""
    absent = connect(StoreSettings(url="http://store.invalid:8123"))

    with pytest.raises(StoreUnavailable) as told:
        absent.count("views", "n", 1, 1, 1)

    assert str(told.value).startswith("the store does not answer: ")
    assert "pool" not in str(told.value).lower()


def test_a_silent_store_is_unavailability_after_the_timeout() -> None:
    """A call never hangs."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(5)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        store = connect(StoreSettings(url=url, answer_seconds=1))

        with pytest.raises(StoreUnavailable):
            store.query("SELECT 1")


@pytest.mark.parametrize("url", ["", "localhost:8123", "ftp://x", "http://"])
def test_a_malformed_url_is_told_at_once(url: str) -> None:
    """It will not get better by trying."""
    with pytest.raises(UsageError):
        connect(StoreSettings(url=url))


def test_a_closed_client_opens_again_on_the_next_call(store: ClickHouseStore) -> None:
    """Closing gives connections back, no more."""
    store.close()

    assert store.query("SELECT 1 AS x") == store.query("SELECT 1 AS x")


def test_a_wrong_question_is_a_rejection(store: ClickHouseStore) -> None:
    """Unknown table, syntax."""
    for sql in ("SELECT * FROM nope", "SELEKT 1", "SELECT nope"):
        with pytest.raises(StoreRejected):
            store.query(sql)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
    | st.sampled_from(
        ["' OR 1=1 --", "\\'; DROP TABLE views; --", "\x00", "x" * 10_000]
    )
)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_is_a_value_and_never_a_statement(
    store: ClickHouseStore, text: str
) -> None:
    """Quotes, control characters, ten kilobytes."""
    result = store.query("SELECT {x:String}, length({x:String})", {"x": text})

    assert result.rows == [(text, len(text.encode()))]
