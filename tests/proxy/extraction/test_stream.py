"""A list that is read while it passes gives what it gives at once."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import Extraction
from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Exchange
from proxy.extraction import Extracted, Settings, View, extract
from proxy.extraction.stream import Stream, streamable
from proxy.ruleset import RuleSet
from tests.support.pages import exchange, ids, rule, rules

CSV = rule(
    "each: csv, subject: {type: client, id: column.Nr, skip: {row: Totaal}},"
    " data: [contact]"
)
LINES = rule("each: jsonl, subject: {type: client, id: json.nr}")
TABLE = "Nr;Naam\r\n" + "".join(f'{n};"Jan ""{n}"";x"\r\n' for n in range(300))
TABLE += "Totaal;300\r\n"


def streamed(
    ruleset: RuleSet,
    body: bytes,
    *,
    size: int = 100,
    settings: Settings | None = None,
    limits: Limits | None = None,
    coding: bytes = b"",
    state: BodyState = BodyState.TRUNCATED,
) -> Extracted:
    """What comes of a body in pieces."""
    headers = [(b"content-encoding", coding)] if coding else None
    seen = exchange("/page", b"", "text/csv", headers=headers, state=state)
    record = ruleset.records[0].rule
    assert seen.response is not None
    view = View(Exchange(seen.request, seen.response), settings or Settings())
    stream = Stream(record, view, limits or Limits())
    for at in range(0, len(body), size):
        stream.feed(body[at : at + size])
    seen.response.stream = stream
    return extract(record, view)


def at_once(ruleset: RuleSet, body: bytes) -> Extracted:
    """What comes of the whole body."""
    return ruleset.read(exchange("/page", body, "text/csv")).extracted


@pytest.mark.parametrize("size", [1, 64, 1 << 20])
@pytest.mark.parametrize("coding", [b"", b"gzip"])
def test_a_stream_gives_what_the_whole_body_does(coding: bytes, size: int) -> None:
    """Ids, positions, categories, status."""
    body = TABLE.encode()
    sent = gzip.compress(body) if coding else body

    answer = streamed(CSV, sent, size=size, coding=coding)

    assert answer == at_once(CSV, body)
    assert len(answer.subjects) == 300
    assert answer.status is Extraction.RECORDED


@given(
    text=st.text('ab;"\r\n5', max_size=80),
    size=st.integers(1, 20),
)
def test_whatever_the_table_looks_like(text: str, size: int) -> None:
    """The subjects are the same; what is wrong may be said in other words."""
    body = ("Nr;x\n" + text).encode()

    in_pieces, whole = streamed(CSV, body, size=size), at_once(CSV, body)

    assert ids(in_pieces) == ids(whole)
    assert in_pieces.status is whole.status


def test_an_export_that_is_cut_has_no_half_row() -> None:
    """Partial, with what came whole."""
    body = b"Nr;x\r\n1;a\r\n2;b\r\n3"

    answer = streamed(CSV, body, state=BodyState.CUT)

    assert ids(answer) == ["1", "2"]
    assert (answer.status, answer.reason) == (Extraction.PARTIAL, "cut")


@pytest.mark.parametrize(
    ("settings", "limits", "reason"),
    [
        (Settings(rows=100), Limits(), "too_many_rows"),
        (Settings(stream_bytes=10_000), Limits(), "stream_bytes"),
        (Settings(), Limits(streamed=2_000), "stream_cap"),
    ],
)
def test_a_bound_ends_the_reading_and_keeps_what_was_found(
    settings: Settings, limits: Limits, reason: str
) -> None:
    """Each shrunk."""
    answer = streamed(CSV, TABLE.encode(), settings=settings, limits=limits)

    assert (answer.status, answer.reason) == (Extraction.TRUNCATED, reason)
    assert 0 < len(answer.subjects) <= 300


def test_a_broken_coding_keeps_the_rows_before_it() -> None:
    """Partial, with the reason."""
    body = gzip.compress(TABLE.encode())

    answer = streamed(CSV, body[:-200] + bytes(100), coding=b"gzip")

    assert answer.subjects
    assert answer.status is Extraction.PARTIAL
    assert answer.reason in ("broken_coding", "cut_coding")


def test_a_body_that_is_no_list_fails() -> None:
    """A page of 50 MB on one line, shrunk to 5."""
    answer = streamed(CSV, b"<html>" + b"x" * 5_000_000, size=1 << 16)

    assert (answer.status, answer.reason) == (Extraction.TRUNCATED, "long_line")
    assert ids(answer) == []


@pytest.mark.parametrize(
    ("body", "possible"),
    [
        ("each: csv, subject: {type: c, id: column.a}", True),
        ("each: jsonl, subject: {type: c, id: json.a}", True),
        ('each: {json: "a[]"}, subject: {type: c, id: json.a}', False),
        ("subject: {type: c, id: query.a}", False),
        (
            "each: csv, subjects: [{type: c, id: column.a}, {type: d, id: query.x}]",
            True,
        ),
        (
            "subjects: [{type: c, id: column.a, each: csv}, {type: d, id: json.a}]",
            False,
        ),
    ],
)
def test_lists_of_lines_can_be_read_so(body: str, possible: bool) -> None:
    """Others need the whole body."""
    assert streamable(rule(body).records[0].rule) is possible


def test_a_stream_of_another_rule_is_not_used() -> None:
    """The rules were replaced while it passed: what is kept is read by the new one."""
    other = rules('  page: {request: "GET /page", action: list, each: csv, '
                  "subject: {type: file, id: column.Nr}}\n")  # fmt: skip
    seen = exchange("/page", TABLE[:500], "text/csv", state=BodyState.TRUNCATED)
    assert seen.response is not None
    stream = Stream(CSV.records[0].rule, View(seen), Limits())
    stream.feed(TABLE.encode())
    seen.response.stream = stream

    answer = other.read(seen).extracted

    assert {found.type for found in answer.subjects} == {"file"}
    assert (answer.status, answer.reason) == (Extraction.TRUNCATED, "body_cap")
    assert 0 < len(answer.subjects) < 300


def test_reading_that_failed_marks_the_exchange() -> None:
    """Lines of JSON with a rule for tables are unreadable, not silent."""
    answer = streamed(LINES, b"a\nb\n")

    assert (answer.status, answer.reason) == (Extraction.FAILED, "unreadable_rows")


def test_a_body_that_is_large_only_once_decoded_is_read_row_by_row() -> None:
    """Twelve MiB that were sent as one: nothing is cut off."""
    table = "Nr;Naam\r\n" + "".join(f"{n};{'x' * 70}\r\n" for n in range(150_000))
    headers = [(b"content-encoding", b"gzip")]
    body = gzip.compress(table.encode(), 1)

    answer = CSV.read(exchange("/page", body, "text/csv", headers=headers)).extracted

    assert len(answer.subjects) == 150_000
    assert answer.status is Extraction.RECORDED


@pytest.mark.parametrize("whole", [True, False])
def test_text_in_another_charset_than_it_says_is_a_failure(whole: bool) -> None:
    """Ids that were misread are none, whichever way the body is read."""
    body = b"Nr\n" + b"\xff\xfe\n" * 100
    ruleset = rule("each: {csv: {header: false}}, subject: {type: c, id: column.1}")
    seen = exchange("/page", body, "text/csv; charset=utf-8")
    record = ruleset.records[0].rule
    if not whole:
        assert seen.response is not None
        stream = Stream(record, View(seen), Limits())
        stream.feed(body)
        seen.response.stream = stream

    answer = extract(record, View(seen))

    assert ids(answer) == ["Nr"]
    assert answer.status is Extraction.PARTIAL
    assert answer.reason in ("bad_charset", "unreadable_rows")
