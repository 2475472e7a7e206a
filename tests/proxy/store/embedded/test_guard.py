"""What no query may do, however it is spelled."""

from __future__ import annotations

import pytest

from proxy.store.embedded.errors import QueryFailed
from proxy.store.embedded.guard import check, check_format


def _code(query: str, *, reads_only: bool = False, limit: int = 10_000) -> int:
    with pytest.raises(QueryFailed) as failed:
        check(query.encode(), limit=limit, reads_only=reads_only, has_data=False)
    return failed.value.code


@pytest.mark.parametrize(
    "query",
    [
        "SELECT file('/etc/hostname')",
        "SELECT FILE ('/etc/hostname')",
        "SELECT `file`('/etc/hostname')",
        "SELECT \"fi\\x6ce\"('/etc/hostname')",
        "SELECT file/* */('/etc/hostname')",
        "SELECT arrayMap(file, ['/etc/hostname'])",
        "SELECT COLUMNS('s') APPLY file FROM (SELECT '/etc/hostname' AS s)",
        "SELECT * FROM url('http://127.0.0.1/', 'CSV')",
        "SELECT * FROM s3Cluster('c', 'http://x/')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM Python(reader)",
        "SELECT * FROM executable('id', 'TSV', 'x String')",
        "SELECT * FROM eval('SELECT 1')",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "INSERT INTO t FROM INFILE '/tmp/x' FORMAT CSV",
        "INSERT INTO FUNCTION file('/tmp/x') SELECT 1",
        "CREATE TABLE t (a Int8) ENGINE = URL('http://x/')",
        "CREATE DICTIONARY d (a Int8) SOURCE(HTTP(url 'http://x'))",
        "CREATE DICTIONARY d (a Int8) SOURCE(FILE(path '/etc/passwd'))",
        "SYSTEM SHUTDOWN",
        "KILL QUERY WHERE 1",
        "BACKUP DATABASE d TO Disk('x', 'y')",
        "ATTACH TABLE t FROM '/tmp' (a Int8) ENGINE = MergeTree ORDER BY a",
    ],
)
def test_nothing_reaches_a_file_a_host_or_a_process(query: str) -> None:
    """Writers included: the engine itself would allow it."""
    assert _code(query) == 497


def test_one_query_is_one_statement() -> None:
    """The engine would run them all; a closing semicolon is fine."""
    assert _code("SELECT 1; DROP TABLE t") == 62
    assert _code("") == 62
    assert _code(" ;; ") == 62

    check(b"SELECT 1 ; ", limit=100, reads_only=True, has_data=False)


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO t VALUES (1)",
        "DROP TABLE t",
        "CREATE TABLE t (a Int8)",
        "ALTER TABLE t",
    ],
)
def test_a_reader_changes_nothing(query: str) -> None:
    """Told with ClickHouse's READONLY before the engine sees it."""
    assert _code(query, reads_only=True) == 164


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 'file(', \"url\", URLHash('x') FROM t -- file()",
        "WITH 1 AS x SELECT x",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "SHOW TABLES",
        "EXPLAIN SELECT 1",
    ],
)
def test_an_ordinary_question_passes(query: str) -> None:
    """Text, comments and harmless names are not calls."""
    check(query.encode(), limit=10_000, reads_only=True, has_data=False)


def test_a_query_beyond_its_limit_is_refused_by_size() -> None:
    """Before it is read."""
    assert _code("SELECT " + "1," * 100, limit=50) == 229


@pytest.mark.parametrize("name", ["DataFrame", "arrowtable", "a b", "", "x;y"])
def test_a_format_that_is_no_format_of_the_engine_is_refused(name: str) -> None:
    """The engine gives some names a meaning of its own inside the process."""
    with pytest.raises(QueryFailed) as failed:
        check_format(name)

    assert failed.value.code == 73
