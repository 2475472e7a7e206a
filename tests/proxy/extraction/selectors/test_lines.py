"""``each: jsonl`` and what stands in its lines."""

from __future__ import annotations

import pytest

from proxy.events import Extraction
from tests.support.pages import exchange, ids, rule


@pytest.mark.parametrize(
    ("each", "selector", "body"),
    [
        ("jsonl", "json.client.nr", '{"client": {"nr": 5}}\n{"client": {"nr": 7}}\n'),
        ("jsonl", "value", "5\n7\n"),
        (
            '{jsonl: "clients[]"}',
            "json.nr",
            '{"clients": [{"nr": 5}, {"nr": 7}]}\n{}\n',
        ),
        ('{jsonl: "clients[].nr"}', "value", '{"clients": [{"nr": 5}, {"nr": 7}]}'),
        ("jsonl", "json.nr", '{"nr": 5, "nr": 7}\n'),
    ],
)
def test_rows_are_lines_or_stand_in_them(each: str, selector: str, body: str) -> None:
    """Also with a key twice."""
    rules = rule(f"each: {each}, subject: {{type: client, id: {selector}}}")

    answer = rules.read(exchange("/page", body, "application/x-ndjson")).extracted

    assert ids(answer) == ["5", "7"]
    assert answer.status is Extraction.RECORDED


def test_a_line_that_cannot_be_read_makes_the_list_partial() -> None:
    """The others count."""
    rules = rule("each: jsonl, subject: {type: client, id: json.nr}")

    answer = rules.read(exchange("/page", '{"nr": 5}\n{"nr"\n')).extracted

    assert ids(answer) == ["5"]
    assert (answer.status, answer.reason) == (Extraction.PARTIAL, "unreadable_rows")


def test_what_has_no_line_at_all_is_a_failure() -> None:
    """An empty export would be a list; nothing at all is another page."""
    rules = rule("each: jsonl, subject: {type: client, id: json.nr}")

    answer = rules.read(exchange("/page", "\n")).extracted

    assert (answer.status, answer.reason) == (Extraction.FAILED, "no_table")
