"""A request becomes one question."""

from __future__ import annotations

import pytest

from proxy.store.embedded.errors import QueryFailed
from proxy.store.embedded.options import Options
from proxy.store.embedded.request import Plan, plan
from proxy.store.embedded.settings import Limits


def _plan(
    query: str = "", body: bytes = b"", *, reads_only: bool = False, **options: str
) -> Plan:
    return plan(
        Options(query=query, **options),  # type: ignore[arg-type]
        body,
        header_format="CSV",
        reads_only=reads_only,
        limits=Limits(),
    )


def test_parameter_and_body_are_one_statement() -> None:
    """The statement in the URL, the data in the body; or all in the body."""
    apart = _plan("INSERT INTO t FORMAT Native", b"\x01\x02")
    joined = _plan(body=b"INSERT INTO t FORMAT Native\n\x01\x02")

    assert apart.question.data == joined.question.data == b"\x01\x02"
    assert apart.question.query == joined.question.query == b"INSERT INTO t "
    assert apart.exclusive


def test_the_format_in_the_query_goes_before_all_others() -> None:
    """Then the parameter, then the header."""
    assert _plan("SELECT 1 FORMAT JSON", default_format="TSV").question.format == "JSON"
    assert _plan("SELECT 1", default_format="TSV").question.format == "TSV"
    assert _plan("SELECT 1").question.format == "CSV"


def test_only_questions_in_joinable_formats_are_streamed() -> None:
    """Two JSON documents are not one."""
    assert _plan("SELECT 1 FORMAT TSV").question.streams
    assert not _plan("SELECT 1 FORMAT JSON").question.streams
    assert not _plan("SHOW TABLES FORMAT TSV").question.streams


@pytest.mark.parametrize(
    ("query", "exclusive"),
    [("SELECT 1", False), ("SET a = 1", False), ("CREATE TABLE t (a Int8)", True)],
)
def test_only_what_changes_something_waits_for_its_turn(
    query: str, exclusive: bool
) -> None:
    """Questions run beside an insert."""
    assert _plan(query).exclusive is exclusive


def test_a_reader_cannot_insert_data() -> None:
    """Whatever the body holds."""
    with pytest.raises(QueryFailed) as failed:
        _plan("INSERT INTO t FORMAT Native", b"x", reads_only=True)

    assert failed.value.code == 164


def test_a_set_is_remembered_for_its_session_only() -> None:
    """And a question is not."""
    assert _plan("SET a = 1").session_change == b"SET a = 1"
    assert _plan("SELECT 1").session_change == b""
