"""The engine's own doors, asked in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from proxy.store.embedded.engine import Engine, Question
from proxy.store.embedded.errors import QueryFailed
from proxy.store.embedded.settings import Limits

engine = Engine(Path(sys.argv[1]), Limits(seconds=1)).open()

def ask(sql, **more):
    try:
        answer = engine.ask(Question(query=sql.encode(), format="TSV", **more))
    except QueryFailed as failed:
        return failed.code
    try:
        rest = b""
        while piece := answer.next_piece():
            rest += piece
        return (answer.first + rest).decode()
    finally:
        answer.close()
"""


def _run(tmp_path: Path, body: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM + body + "\nengine.close()", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return ended.stdout.splitlines()


def test_a_reader_reads_and_changes_nothing(tmp_path: Path) -> None:
    """The engine itself refuses, behind the guard."""
    lines = _run(
        tmp_path,
        """
ask("CREATE TABLE default.t (a Int8) ENGINE = MergeTree ORDER BY a", reads_only=False)
print(ask("INSERT INTO default.t VALUES (1)"))
print(ask("DROP TABLE default.t"))
print(ask("SET readonly = 0"))
print(ask("SELECT 1 SETTINGS max_execution_time = 100"))
print(ask("SELECT count() FROM default.t").strip())
""",
    )

    assert lines == ["164", "164", "164", "164", "0"]


def test_parameters_database_and_settings_last_one_question(tmp_path: Path) -> None:
    """The next has a connection of its own."""
    lines = _run(
        tmp_path,
        """
print(ask("SELECT {x:String}", params={"x": "it's"}).strip())
print(ask("SELECT {x:String}"))
print(ask("SELECT currentDatabase()", database="system").strip())
print(ask("SELECT currentDatabase()").strip())
print(ask("SELECT 1", database="no`such"))
asked = "SELECT getSetting('max_block_size')"
print(ask(asked, settings={"max_block_size": "7'"}))
print(ask(asked, settings={"max_block_size": "77"}).strip())
""",
    )

    assert lines[0] == "it\\'s"
    assert lines[1:5] == ["456", "system", "default", "81"]
    assert lines[5] in {"6", "27", "72", "131"}
    assert lines[6] == "77"


@pytest.mark.parametrize("streams", [True, False])
def test_a_question_without_end_is_stopped(tmp_path: Path, streams: bool) -> None:
    """At its time limit, streamed or not; the engine goes on."""
    lines = _run(
        tmp_path,
        f"""
heavy = "SELECT sum(cityHash64(number)) FROM numbers(100000000000)"
print(ask(heavy, streams={streams}))
print(ask("SELECT 1").strip())
""",
    )

    assert lines == ["159", "1"]


def test_data_and_statement_travel_apart(tmp_path: Path) -> None:
    """Bytes of an insert are never text of a query."""
    lines = _run(
        tmp_path,
        """
ask("CREATE TABLE default.t (a Int8, s String) ENGINE = MergeTree ORDER BY a",
    reads_only=False)
answer = engine.ask(Question(query=b"INSERT INTO default.t", format="JSONEachRow",
    data=b'{"a": 1, "s": "; DROP TABLE t"}', reads_only=False))
print(answer.counts.written_rows); answer.close()
try:
    engine.ask(Question(query=b"INSERT INTO default.t", format="Native",
        data=b"not native", reads_only=False))
except QueryFailed as failed:
    print(failed.code > 0)
print(ask("SELECT s FROM default.t").strip())
""",
    )

    assert lines == ["1", "True", "; DROP TABLE t"]
