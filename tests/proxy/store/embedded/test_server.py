"""The HTTP interface, asked by the clients people have: clickhouse-connect, curl."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.support.embedded import EmbeddedStore, running
from tests.support.waiting import until


def _connect(store: EmbeddedStore, *, reads: bool = False, **options: Any) -> Any:
    address = urlsplit(store.url)
    return clickhouse_connect.get_client(
        host=address.hostname,
        port=address.port,
        username=store.reader if reads else store.writer,
        password=store.reader_password if reads else store.writer_password,
        **options,
    )


@pytest.fixture(params=[True, False, "gzip", "zstd", "lz4"], ids=str)
def client(
    request: pytest.FixtureRequest, embedded_store: EmbeddedStore
) -> Iterator[Any]:
    """clickhouse-connect with each compression, on a database of its own."""
    made = _connect(
        embedded_store, database=embedded_store.database(), compress=request.param
    )
    yield made
    made.close()


def _curl(
    store: EmbeddedStore, *arguments: str, path: str = "/", user: str = ""
) -> Any:
    """Status, headers, body."""
    name = user or store.writer
    password = store.reader_password if name == store.reader else store.writer_password
    done = subprocess.run(
        [
            "curl",
            "-sS",
            "-i",
            "--max-time",
            "30",
            "-H",
            "Expect:",
            "-H",
            f"X-ClickHouse-User: {name}",
            "-H",
            f"X-ClickHouse-Key: {password}",
            *arguments,
            store.url + path,
        ],
        capture_output=True,
        check=True,
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split()[1]), headers, body


def test_clickhouse_connect_inserts_and_asks_unchanged(client: Any) -> None:
    """Command, insert, query with parameters, settings, all types of compression."""
    client.command(
        "CREATE TABLE t (a UInt64, s String, d Nullable(Date)) "
        "ENGINE = MergeTree ORDER BY a"
    )
    rows = [[n, "x" * n, None] for n in range(1000)]

    summary = client.insert("t", rows, column_names=["a", "s", "d"])
    result = client.query(
        "SELECT a, s FROM t WHERE a >= {low:UInt64} AND s LIKE {like:String} "
        "ORDER BY a",
        parameters={"low": 998, "like": "x%"},
        settings={"max_threads": 1},
    )

    assert summary.written_rows == 1000
    assert result.column_names == ("a", "s")
    assert [tuple(row) for row in result.result_rows] == [
        (n, "x" * n) for n in (998, 999)
    ]
    assert client.command("SELECT count() FROM t") == 1000


def test_a_token_deduplicates_over_http(client: Any) -> None:
    """As on a server."""
    client.command(
        "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a "
        "SETTINGS non_replicated_deduplication_window = 10"
    )

    for value in (1, 1, 2):
        client.insert("t", [[value]], settings={"insert_deduplication_token": "x"})

    assert client.query("SELECT groupArray(a) FROM t").result_rows == [([1],)]


def test_a_long_result_streams(client: Any) -> None:
    """Block by block, whole in the end."""
    with client.query_row_block_stream("SELECT number FROM numbers(300000)") as stream:
        total = sum(len(block) for block in stream)

    assert total == 300_000


def test_a_result_that_fails_half_way_is_an_error_not_a_short_result(
    client: Any,
) -> None:
    """A cut answer that looks whole would be a wrong answer."""
    sql = (
        "SELECT throwIf(number = 250000) FROM numbers(300000) "
        "SETTINGS max_block_size = 10000"
    )

    with (
        pytest.raises(Exception, match=r"throwIf|395"),
        client.query_row_block_stream(sql) as stream,
    ):
        for _ in stream:
            pass


def test_a_client_sees_the_code_and_name_of_an_error(client: Any) -> None:
    """Decisions are made on them."""
    with pytest.raises(DatabaseError) as failed:
        client.query("SELECT * FROM missing")

    assert failed.value.code == 60
    assert failed.value.name == "UNKNOWN_TABLE"


def test_a_session_keeps_its_settings(embedded_store: EmbeddedStore) -> None:
    """And no other sees them."""
    one = _connect(embedded_store, session_id="one")
    two = _connect(embedded_store, session_id="two")

    one.command("SET max_block_size = 1234")

    asked = "SELECT getSetting('max_block_size')"
    assert one.command(asked) == 1234
    assert two.command(asked) != 1234


def test_settings_of_one_question_do_not_reach_the_next(
    embedded_store: EmbeddedStore,
) -> None:
    """Each has a connection of its own."""
    client = _connect(embedded_store)

    client.query("SELECT 1", settings={"max_block_size": 77})

    assert client.command("SELECT getSetting('max_block_size')") != 77


def test_curl_reads_and_writes(embedded_store: EmbeddedStore) -> None:
    """Query in the URL, in the body, data after it, gzip."""
    database = embedded_store.database()
    asks = f"/?database={database}"
    ddl = "CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a"

    created = _curl(embedded_store, "--data-binary", ddl, path=asks)
    in_body = _curl(
        embedded_store,
        "--data-binary",
        'INSERT INTO t FORMAT CSV\n1,"a;b"\n',
        path=asks,
    )
    values = _curl(
        embedded_store, "--data-binary", "INSERT INTO t VALUES (2, 'it''s')", path=asks
    )
    answer = _curl(
        embedded_store,
        path=f"{asks}&query=SELECT%20*%20FROM%20t%20WHERE%20a%3C%7Bx:UInt8%7D%20ORDER%20BY%20a&param_x=9&default_format=JSONEachRow",
    )

    assert [r[0] for r in (created, in_body, values, answer)] == [200] * 4
    assert answer[1]["x-clickhouse-format"] == "JSONEachRow".lower()
    assert [json.loads(line) for line in answer[2].splitlines()] == [
        {"a": 1, "s": "a;b"},
        {"a": 2, "s": "it's"},
    ]
    assert json.loads(in_body[1]["x-clickhouse-summary"])["written_rows"] == "1"


def test_curl_sends_a_compressed_body(
    embedded_store: EmbeddedStore, tmp_path: Path
) -> None:
    """Content-Encoding on the way in, Accept-Encoding on the way out."""
    body = tmp_path / "body.gz"
    body.write_bytes(gzip.compress(b"SELECT number FROM numbers(3)"))

    status, headers, packed = _curl(
        embedded_store,
        "-H",
        "Content-Encoding: gzip",
        "-H",
        "Accept-Encoding: gzip",
        "--data-binary",
        f"@{body}",
        path="/?enable_http_compression=1",
    )
    _, plain, text = _curl(
        embedded_store, "-H", "Accept-Encoding: gzip", "-d", "SELECT 1"
    )

    assert status == 200
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == b"0\n1\n2\n"
    assert "content-encoding" not in plain
    assert text == b"1\n"


def test_a_form_carries_the_same_parameters(embedded_store: EmbeddedStore) -> None:
    """For queries too long for a URL."""
    status, _, body = _curl(
        embedded_store, "-F", "query=SELECT {x:String}", "-F", "param_x=é\\ty"
    )

    assert (status, body.decode()) == (200, "é\\ty\n")


@pytest.mark.parametrize("path", ["/ping", "/", "/replicas_status"])
def test_liveness_needs_no_credentials(
    embedded_store: EmbeddedStore, path: str
) -> None:
    """Probes have none."""
    done = subprocess.run(
        ["curl", "-sS", embedded_store.url + path], capture_output=True, check=True
    )

    assert done.stdout == b"Ok.\n"


def test_without_credentials_nothing_is_answered(embedded_store: EmbeddedStore) -> None:
    """403 and code 516, and no query runs."""
    done = subprocess.run(
        ["curl", "-sS", "-i", embedded_store.url + "/?query=SELECT%201"],
        capture_output=True,
        check=True,
    )

    assert b" 403 " in done.stdout.splitlines()[0]
    assert b"X-ClickHouse-Exception-Code: 516" in done.stdout
    assert done.stdout.rstrip().endswith(b"(AUTHENTICATION_FAILED)")


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("SELEKT 1 FROM x y z", 400, "62"),
        ("SELECT * FROM nope", 404, "60"),
        ("SELECT 1; SELECT 2", 400, "62"),
        ("SELECT {x:UInt8}", 400, "456"),
        ("SELECT file('/etc/hostname')", 500, "497"),
        ("SELECT 1 FORMAT Nope", 404, "73"),
        ("CREATE TABLE t (a Int8) ENGINE = Memory", 500, "164"),
        ("SELECT 1 SETTINGS max_execution_time = 9999", 500, "164"),
        ("SET readonly = 0", 500, "164"),
        ("SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a Int8')", 500, "497"),
    ],
)
def test_a_reader_gets_clickhouses_code_and_status(
    embedded_store: EmbeddedStore, sql: str, status: int, code: str
) -> None:
    """In header and body; a refusal is no crash."""
    got, headers, body = _curl(embedded_store, "-d", sql, user=embedded_store.reader)

    assert (got, headers["x-clickhouse-exception-code"]) == (status, code)
    assert body.startswith(f"Code: {code}. DB::Exception: ".encode())
    assert "x-clickhouse-query-id" in headers


def test_a_get_only_reads(embedded_store: EmbeddedStore) -> None:
    """Even a writer's: a link must not change anything."""
    status, headers, _ = _curl(
        embedded_store, path="/?query=CREATE%20TABLE%20t%20(a%20Int8)%20ENGINE%3DMemory"
    )

    assert (status, headers["x-clickhouse-exception-code"]) == (500, "164")


def test_a_reader_works_through_clickhouse_connect(
    embedded_store: EmbeddedStore,
) -> None:
    """The client finds his settings read-only and sends none."""
    client = _connect(embedded_store, reads=True)

    assert client.command("SELECT 41 + 1") == 42
    with pytest.raises(DatabaseError):
        client.command("CREATE DATABASE d")


def test_an_insert_does_not_wait_for_a_heavy_question(
    embedded_store: EmbeddedStore,
) -> None:
    """A dashboard must not hold up the evidence."""
    writer = _connect(embedded_store, database=embedded_store.database())
    writer.command("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    reader = _connect(embedded_store, reads=True, autogenerate_session_id=False)
    heavy = "SELECT sum(cityHash64(number)) FROM numbers(1500000000)"

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(reader.command, heavy)
        until(
            lambda: (
                "1500000000"
                in str(writer.command("SELECT groupArray(query) FROM system.processes"))
            ),
            "the question runs",
        )
        writer.insert("t", [[1]])
        ran_beside = not asked.done()
        asked.result()

    assert ran_beside


HEAVY = "SELECT sum(cityHash64(number)) FROM numbers(100000000000)"


def test_a_question_beyond_its_limits_is_stopped(tmp_path: Path) -> None:
    """Time, rows, result bytes, body bytes, query bytes: limits shrunk."""
    with running(
        tmp_path / "store",
        "seconds=1",
        "result_rows=1000",
        "result_bytes=5000",
        "request_bytes=20000",
        "query_bytes=1000",
    ) as store:
        codes = [
            _curl(store, "-d", sql, user=store.reader)[1].get(
                "x-clickhouse-exception-code"
            )
            for sql in (
                HEAVY,
                "SELECT number FROM numbers(2000)",
                "SELECT randomPrintableASCII(1000) FROM numbers(100) FORMAT JSON",
                "SELECT '" + "x" * 30_000 + "'",
                "SELECT '" + "x" * 2_000 + "'",
                "SELECT 1",
            )
        ]

    assert codes == ["159", "396", "396", "229", "229", None]


def test_a_request_too_many_is_refused_at_once(tmp_path: Path) -> None:
    """With ClickHouse's code; the running one is not disturbed."""
    with (
        running(tmp_path / "store", "readers=1", "waiting=0", "seconds=3") as store,
        ThreadPoolExecutor(1) as pool,
    ):
        ended: list[str] = []
        refused: list[str | None] = []

        def hold() -> bool:
            # A short question may have the place at this moment.
            answer = _curl(store, "-d", HEAVY, user=store.reader)
            ended.append(answer[1]["x-clickhouse-exception-code"])
            return ended[-1] != "202"

        holding = pool.submit(until, hold, "the heavy question has the place")

        def ask() -> bool:
            answer = _curl(store, "-d", "SELECT 1", user=store.reader)
            refused.append(answer[1].get("x-clickhouse-exception-code"))
            return bool(answer[0] == 503)

        until(ask, "a request finds the only place taken")

        assert refused[-1] == "202"
        holding.result()
        assert ended[-1] == "159"


def test_a_taken_port_is_one_clear_line(
    embedded_store: EmbeddedStore, tmp_path: Path
) -> None:
    """Exit code of an unavailable peer; nothing keeps running."""
    port = urlsplit(embedded_store.url).port

    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "proxy.store.embedded",
            f"--directory={tmp_path / 'store'}",
            f"--port={port}",
        ],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 3
    assert ended.stderr.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_directory_has_one_server(embedded_store: EmbeddedStore) -> None:
    """The second says so and ends; the first goes on."""
    second = subprocess.run(
        list(embedded_store.process.args),  # type: ignore[arg-type]
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )

    assert second.returncode == 3
    assert "another process has this store open" in second.stderr
    assert _curl(embedded_store, "-d", "SELECT 1")[0] == 200


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """Rows and the token that guards them."""
    with running(tmp_path / "store") as first:
        client = _connect(first)
        client.command(
            "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a "
            "SETTINGS non_replicated_deduplication_window = 10, fsync_after_insert = 1"
        )
        for n in range(5):
            client.insert("t", [[n]], settings={"insert_deduplication_token": f"t{n}"})
        first.process.kill()
        first.process.wait()

    with running(tmp_path / "store") as second:
        client = _connect(second)
        client.insert("t", [[4]], settings={"insert_deduplication_token": "t4"})

        assert client.query("SELECT arraySort(groupArray(a)) FROM t").result_rows == [
            ([0, 1, 2, 3, 4],)
        ]


def test_a_stop_ends_running_questions_and_exits_cleanly(tmp_path: Path) -> None:
    """After the grace, not after the question's own limit."""
    with (
        running(tmp_path / "store", "stop_seconds=0.2", "seconds=600") as store,
        ThreadPoolExecutor(1) as pool,
    ):
        watcher = _connect(store, reads=True)
        asked = pool.submit(
            subprocess.run,
            [
                "curl",
                "-s",
                "-u",
                f"reader:{store.reader_password}",
                "-d",
                HEAVY,
                store.url,
            ],
            check=False,
        )
        until(
            lambda: (
                "100000000000"
                in str(
                    watcher.command("SELECT groupArray(query) FROM system.processes")
                )
            ),
            "the question runs",
        )

        store.process.terminate()

        assert store.process.wait(30) == 0
        asked.result()


@pytest.mark.parametrize("leaves", [True, False])
def test_a_client_that_takes_nothing_gives_its_place_back(
    tmp_path: Path, leaves: bool
) -> None:
    """One that left at once, one that only waits within its bound."""
    ask = (
        b"POST / HTTP/1.1\r\nHost: x\r\nX-ClickHouse-User: reader\r\n"
        b"X-ClickHouse-Key: %b\r\nContent-Length: %d\r\n\r\n%b"
    )
    sql = b"SELECT number FROM numbers(1000000000)"
    with (
        running(
            tmp_path / "store",
            "readers=1",
            "waiting=0",
            "client_seconds=0.5",
            "result_rows=2000000000",
        ) as store,
        socket.create_connection(
            (urlsplit(store.url).hostname, urlsplit(store.url).port)
        ) as client,
    ):
        client.sendall(ask % (store.reader_password.encode(), len(sql), sql))
        assert client.recv(12) == b"HTTP/1.1 200"
        assert _curl(store, "-d", "SELECT 1", user=store.reader)[0] == 503
        if leaves:
            client.close()

        until(
            lambda: _curl(store, "-d", "SELECT 1", user=store.reader)[0] == 200,
            "the place is free again",
        )
