"""Two ids of one client on a page are paired, and nothing is guessed."""

from __future__ import annotations

import pytest

from proxy.extraction.same_as import Paired
from proxy.ruleset.explain import explain
from tests.support.pages import exchange, problems, rule, rules

PAGE = "subject: {type: client, id: query.id, same_as: {type: bsn, id: {css: .bsn}}}"
ROWS = (
    "each: {css: tr}, subject: {type: client, id: attr.id, "
    "same_as: [{type: bsn, id: {css: .bsn}}, {type: row, id: attr.rel}]}"
)


def test_a_page_that_shows_both_ids_pairs_them() -> None:
    """However often it shows each."""
    page = exchange("/page?id=7&id=7", "<b class=bsn> 123 </b><i class=bsn>123</i>")

    read = rule(PAGE).read(page).extracted

    assert read.pairs == (Paired("client", "7", "bsn", "123"),)
    assert [found.id for found in read.subjects] == ["7"]


def test_every_row_of_a_list_pairs_its_own_ids() -> None:
    """And one that shows no other id pairs nothing."""
    rows = "<table><tr id=1 rel=a><td class=bsn>11<tr id=2 rel=b><tr id=3><td>"

    read = rule(ROWS).read(exchange("/page", rows)).extracted

    assert read.pairs == (
        Paired("client", "1", "bsn", "11"),
        Paired("client", "1", "row", "a"),
        Paired("client", "2", "row", "b"),
    )


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("id=7", "<b class=bsn>1</b><b class=bsn>2</b>"),
        ("id=7&id=8", "<b class=bsn>1</b>"),
        ("id=7", "<b class=bsn> </b>"),
        ("id=7", "<b class=bsn>" + "9" * 300),
        ("id=7", ""),
    ],
)
def test_what_could_be_confused_is_not_paired_and_is_no_failure(
    query: str, body: str
) -> None:
    """Two BSNs, two clients, none, one that is too long."""
    read = rule(PAGE).read(exchange(f"/page?{query}", body)).extracted

    assert read.pairs == ()
    assert read.status.value == "recorded"


def test_a_body_that_cannot_be_read_pairs_nothing() -> None:
    """The subject of the request is there all the same."""
    text = PAGE.replace("css: .bsn", "json: bsn")

    read = rule(text).read(exchange("/page?id=7", "<p>")).extracted

    assert (read.pairs, len(read.subjects)) == ((), 1)


def test_pairs_of_the_calls_of_a_batch_name_their_rule() -> None:
    """Each of its own answer."""
    ruleset = rules(
        "  one: {request: POST /rpc, dialect: jsonrpc, operation: get, action: view,\n"
        "    subject: {type: c, id: json.id, same_as: {type: b, id: json.b}}}\n"
    )
    body = '[{"id": 1, "result": {"id": 5, "b": 6}}, {"id": 2, "result": {"id": 7}}]'
    asked = '[{"method": "get", "id": 1}, {"method": "get", "id": 2}]'
    page = exchange("/rpc", body, "application/json", method="POST", form=asked)

    assert ruleset.read(page).extracted.pairs == (Paired("c", "5", "b", "6", "one"),)


def test_explain_tells_what_was_paired() -> None:
    """As ids, which an explanation may show."""
    ruleset = rule(PAGE)

    steps = explain(ruleset, exchange("/page?id=7", "<b class=bsn>12</b>")).looked_at

    (step,) = [step for step in steps if "same_as" in step.what]
    assert (step.found, step.said) == (1, "bsn: 7 = 12")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("{type: client, id: query.b}", "client is the subject's own type"),
        ("{type: a b, id: query.b}", "not a subject type"),
        ("{type: bsn}", "id: missing"),
        ("{id: query.b}", "type: missing"),
        ("{type: bsn, id: attr.x}", "attr is of a row"),
        ("bsn", "a value stands here"),
    ],
)
def test_a_wrong_same_as_is_a_mistake_at_its_line(said: str, problem: str) -> None:
    """Told as any other."""
    text = (
        "application: a\nsession: {cookie: S}\nrecords:\n  r:\n"
        "    request: /p\n    action: view\n"
        f"    subject: {{type: client, id: query.i, same_as: {said}}}\n"
    )

    assert any(problem in told for told in problems(text)), problems(text)
