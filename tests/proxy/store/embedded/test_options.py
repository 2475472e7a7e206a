"""URL parameters: what a client may set, and what only looks like it."""

from __future__ import annotations

import pytest

from proxy.store.embedded.errors import QueryFailed
from proxy.store.embedded.options import bounds, read
from proxy.store.embedded.settings import Limits

LIMITS = Limits(seconds=60, result_rows=1000)


def test_parameters_are_told_apart_by_their_names() -> None:
    """Transport, query parameters and settings."""
    options = read(
        [
            ("query", "SELECT 1"),
            ("database", "d"),
            ("param_x", "1"),
            ("max_threads", "2"),
            ("client_protocol_version", "54405"),
            ("enable_http_compression", "1"),
        ],
        reads_only=True,
        limits=LIMITS,
    )

    assert options.query == "SELECT 1"
    assert options.database == "d"
    assert options.params == {"x": "1"}
    assert options.settings == {"max_threads": "2"}
    assert options.compress


@pytest.mark.parametrize(
    "name", ["readonly", "max_query_size_x", "allow_ddl", "format_schema", "max_memory"]
)
def test_a_reader_sets_only_what_is_listed(name: str) -> None:
    """Everything else is refused as ClickHouse does it."""
    with pytest.raises(QueryFailed) as failed:
        read([(name, "0")], reads_only=True, limits=LIMITS)

    assert failed.value.code == 164


@pytest.mark.parametrize(
    ("value", "expected"),
    [("5", "5"), ("60", "60"), ("61", "60"), ("0", "60"), ("-1", "60"), ("nan", "60")],
)
def test_a_reader_lowers_a_bound_and_never_raises_it(value: str, expected: str) -> None:
    """0 would be without a bound; clients send their own deadline unasked."""
    options = read([("max_execution_time", value)], reads_only=True, limits=LIMITS)

    assert options.settings == {"max_execution_time": expected}


def test_a_writer_sets_what_the_engine_lets_him() -> None:
    """The shipper's token is a setting."""
    options = read(
        [("insert_deduplication_token", "n:1")], reads_only=False, limits=LIMITS
    )

    assert options.settings == {"insert_deduplication_token": "n:1"}


@pytest.mark.parametrize("name", ["x=1, readonly", "a b", "1a", "x'", ""])
def test_a_malformed_name_never_reaches_the_engine(name: str) -> None:
    """Names cannot be parameters, so they are checked."""
    with pytest.raises(QueryFailed) as failed:
        read([(name, "0")], reads_only=False, limits=LIMITS)

    assert failed.value.code == 36


def test_block_compression_is_refused_in_words() -> None:
    """A client that asks for it must not read plain bytes as blocks."""
    with pytest.raises(QueryFailed) as failed:
        read([("compress", "1")], reads_only=False, limits=LIMITS)

    assert failed.value.code == 48
    assert "enable_http_compression" in failed.value.message


def test_the_number_of_parameters_is_bounded() -> None:
    """A megabyte of URL could carry a hundred thousand."""
    pairs = [(f"param_{n}", "1") for n in range(300)]

    with pytest.raises(QueryFailed):
        read(pairs, reads_only=True, limits=LIMITS)


def test_bounds_of_a_statement_are_the_limits() -> None:
    """A writer has longer; nobody has more memory."""
    limits = Limits(seconds=7, writer_seconds=70, memory_bytes=1 << 20)

    reader, writer = bounds(limits, reads_only=True), bounds(limits, reads_only=False)

    assert reader["max_execution_time"] == "7"
    assert writer["max_execution_time"] == "70"
    assert reader["max_memory_usage"] == writer["max_memory_usage"] == str(1 << 20)


def test_a_streamed_result_has_no_bound_on_its_bytes() -> None:
    """It stands nowhere as a whole; any other does."""
    assert bounds(LIMITS, reads_only=True, streams=True)["max_result_bytes"] == "0"
    assert bounds(LIMITS, reads_only=True)["max_result_bytes"] != "0"
