"""The lexer sees words, statements and inline data where the engine would."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.store.sql import data_insert, first_word, output_format, split, tokens

TRICKY = st.text(alphabet="ab'\"`\\;-/*#$( )\n,FORMATINSERTé", max_size=60)


def test_semicolons_in_text_and_comments_do_not_end_a_statement() -> None:
    """Only a bare semicolon does."""
    script = """
    -- one; still a comment
    SELECT ';', "a;b", `c;d`, $x$ ; $x$, 'it''s; \\'; ok' /* ; */;
    SELECT 2
    ;;
    """

    statements = split(script)

    assert len(statements) == 2
    assert statements[0].startswith("SELECT ';'")
    assert statements[1] == "SELECT 2"


@given(TRICKY)
def test_any_text_is_tokenised_without_error_and_in_order(text: str) -> None:
    """Hostile text costs nothing but its own query."""
    found = list(tokens(text.encode()))

    assert all(a.end <= b.start for a, b in pairwise(found))
    split(text)
    output_format(text.encode())
    data_insert(text.encode())


@given(st.lists(st.sampled_from(["SELECT 1", "SELECT ';'", "/* ; */ SHOW TABLES"])))
def test_joined_statements_split_into_themselves(statements: list[str]) -> None:
    """Splitting undoes joining."""
    bare = [s.removeprefix("/* ; */ ") for s in statements]

    assert split(";\n".join(statements)) == bare


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"SELECT 1", None),
        (b"SELECT 1 FORMAT JSON", "JSON"),
        (b"select 1 format JSONEachRow settings max_threads = 1", "JSONEachRow"),
        (b"SELECT 'x FORMAT CSV'", None),
        (b"SELECT format('{}', 1) FORMAT TSV", "TSV"),
        (b"SELECT 1 -- FORMAT CSV", None),
        (b"SELECT (SELECT 1 FORMAT CSV)", None),
    ],
)
def test_the_format_of_a_result_is_the_last_one_outside_brackets(
    query: bytes, expected: str | None
) -> None:
    """It names the header X-ClickHouse-Format."""
    assert output_format(query) == expected


@pytest.mark.parametrize("gap", [b"\n", b" \n", b"\r\n", b" "])
def test_data_of_an_insert_begins_after_one_line_end(gap: bytes) -> None:
    """A leading byte that looks like white space belongs to the data."""
    head = b"INSERT INTO t (`format`, b) SETTINGS x = 1 "

    found = data_insert(head + b"FORMAT Native" + gap + b"\n\x00'data")

    assert found is not None
    assert found.head == head
    assert found.format == "Native"
    assert (head + b"FORMAT Native" + gap + b"\n\x00'data")[found.data :] in {
        b"\n\x00'data",
        b"\x00'data",
    }


@pytest.mark.parametrize(
    "query",
    [
        b"SELECT 1 FORMAT Native",
        b"INSERT INTO t VALUES (1)",
        b"INSERT INTO t SELECT 1 FORMAT Native",
        b"INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        b"INSERT INTO t",
        b"",
    ],
)
def test_other_statements_carry_no_data_of_their_own(query: bytes) -> None:
    """The engine reads them as text."""
    assert data_insert(query) is None


def test_the_first_word_is_found_behind_comments_and_brackets() -> None:
    """It decides what kind of statement it is."""
    assert first_word(b"/* x */ -- y\n ((SELECT 1) UNION ALL (SELECT 2))") == "select"
    assert first_word(b"  ") == ""


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", [b"'", b"/*", b"$a$", b"$a", b"`\\", b"'\\", b"--", b"((", b'"\\""', b"#!"]
)
def test_a_long_hostile_query_is_read_in_linear_time(piece: bytes) -> None:
    """Unclosed quotes and comments do not make it start over at every byte."""
    for extra in (b"", b"\\", b"'"):
        list(tokens(piece * 100_000 + extra))
