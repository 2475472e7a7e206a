"""Every selector finds what it says, in the page and in rows."""

from __future__ import annotations

import pytest

from proxy.exchange.model import Exchange
from proxy.ruleset import RuleSet
from proxy.ruleset.selectors import SOURCES
from tests.support.pages import exchange, ids, rule

HTML = (
    "<table id=t><tr data-id=7 class=r><td><a HREF='/c?id=7'> Jan\n sen </a>"
    "<tr data-id=8 class=r><td><a href='/c?id=8'>Ali</a></table><input id=n value=9>"
)
JSON = '{"n": 7, "l": [{"id": 7, "x": ["a", "b"]}, {"id": "8", "x": []}], "f": 1.5}'
CSV = "Nr;Naam\n7;Jansen\n8;Ali\n"


def found(ruleset: RuleSet, answer: Exchange) -> list[str]:
    """The ids a rule finds."""
    return ids(ruleset.read(answer).extracted)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("query.q", ["1", "2"]),
        ("{query: q}", ["1", "2"]),
        ("form.f", ["3"]),
        ("header.X-Record", ["4"]),
        ("request_header.Content-Type", ["application/x-www-form-urlencoded"]),
        ("argument.f", ["3"]),
        ("{argument: f}", ["3"]),
        ("{css: '#n', attr: Value}", ["9"]),
        ("{css: 'tr.r a'}", ["Jan sen", "Ali"]),
        ("{xpath: '//tr/@data-id'}", ["7", "8"]),
        ("{xpath: 'count(//tr)'}", ["2"]),
        ("{xpath: 'string(//tr/@data-id)'}", ["7"]),
        ("{regex: 'id=(\\d+)'}", ["7", "8"]),
        ("{regex: '(x)?id=(?<id>[0-9]+)'}", ["7", "8"]),
        ("{regex: 'data-id=[0-9]'}", ["data-id=7", "data-id=8"]),
        ("{css: a, attr: href, regex: 'id=(\\d+)'}", ["7", "8"]),
        ("{query: q, regex: '^[01]$'}", ["1"]),
    ],
)
def test_a_selector_finds_its_values_in_the_exchange(
    selector: str, expected: list[str]
) -> None:
    """Each source, short or written out."""
    ruleset = rule(f"dialect: jsf, subject: {{type: c, id: {selector}}}")
    answer = exchange("/page?q=1&q=2", HTML, form="f=3", headers=[(b"x-record", b"4")])

    assert found(ruleset, answer) == expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("{json: n}", ["7"]),
        ("json.n", ["7"]),
        ("{json: 'l[].id'}", ["7", "8"]),
        ("{json: 'l[].x'}", ["a", "b"]),
        ("{json: f}", ["1.5"]),
        ("{json: 'l[?id==`7`].x[0]'}", ["a"]),
        ("{json: 'join(n, n)'}", []),
        ("{json: l.id}", []),
    ],
)
def test_json_is_asked_in_jmespath(selector: str, expected: list[str]) -> None:
    """Texts and numbers, lists flattened; what does not fit finds nothing."""
    ruleset = rule(f"subject: {{type: c, id: {selector}}}")

    assert found(ruleset, exchange("/page", JSON, "application/json")) == expected


@pytest.mark.parametrize(
    ("each", "selector", "body", "expected"),
    [
        ("{css: 'tr.r'}", "attr.data-id", HTML, ["7", "8"]),
        ("{css: 'tr.r'}", "attr.Data-Id", HTML, ["7", "8"]),
        ("{css: 'tr.r a'}", "text", HTML, ["Jan sen", "Ali"]),
        ("{css: 'tr.r'}", "{css: a, attr: href, regex: '=(.*)'}", HTML, ["7", "8"]),
        ("{css: 'tr.r'}", "{attr: data-id, regex: '8'}", HTML, ["8"]),
        ("{xpath: '//tr'}", "{xpath: './/a/@href'}", HTML, ["/c?id=7", "/c?id=8"]),
        ("{xpath: '//tr/@data-id'}", "text", HTML, ["7", "8"]),
        ("{css: 'tr.r'}", "{regex: 'id=(\\d+)'}", HTML, ["7", "8"]),
        ("{regex: '<tr data-id=(?<id>\\d+)'}", "group.id", HTML, ["7", "8"]),
        ("{regex: '<tr data-id=(\\d+)'}", "group.1", HTML, ["7", "8"]),
        ("{regex: '<tr data-id=(\\d+)'}", "{regex: '\\d+'}", HTML, ["7", "8"]),
        ("{json: l}", "json.id", JSON, ["7", "8"]),
        ("{json: 'l[].id'}", "value", JSON, ["7", "8"]),
        ("{json: l}", "{json: 'x[0]'}", JSON, ["a"]),
        ("{json: l}", "{regex: '\"id\": \"?(\\d)'}", JSON, ["7", "8"]),
        ("csv", "column.nr", CSV, ["7", "8"]),
        ("csv", "column.2", CSV, ["Jansen", "Ali"]),
        ("{csv: ';'}", "{column: Naam, regex: '^.'}", CSV, ["J", "A"]),
        ("{csv: {separator: semicolon, header: false}}", "column.1", CSV,
         ["Nr", "7", "8"]),
        ("csv", "{regex: '^\\d+'}", CSV, ["7", "8"]),
        ("{css: 'tr.r'}", "query.q", HTML, ["1"]),
    ],
)  # fmt: skip
def test_a_selector_finds_its_values_in_each_row(
    each: str, selector: str, body: str, expected: list[str]
) -> None:
    """Relative to the row, of whatever kind it is."""
    ruleset = rule(f"each: {each}, subject: {{type: c, id: {selector}}}")
    kind = "application/json" if body is JSON else "text/html"

    assert found(ruleset, exchange("/page?q=1", body, kind)) == expected


@pytest.mark.parametrize(
    ("place", "body", "present"),
    [
        ("{css: '#a'}", "<p id=a>x", True),
        ("{css: '#a'}", "<p id=a> </p>", False),
        ("{css: '#a'}", "<p id=a><img></p>", True),
        ("{css: '#a'}", "<input id=a>", True),
        ("{css: '#a'}", "<p id=b>x", False),
        ("{xpath: '//p/@id'}", "<p id=a>", True),
        ("{xpath: 'boolean(//p)'}", "<b>", False),
        ("{xpath: 'count(//p)'}", "<b>", False),
        ("{regex: 'medical'}", "medical", True),
        ("{regex: 'medical'}", "other", False),
        ("{json: a}", '{"a": {}}', False),
        ("{json: a}", '{"a": 0}', False),
        ("{json: a}", '{"a": [1]}', True),
        ("query.q", "", True),
        ("query.z", "", False),
        ("{css: p, regex: 'x'}", "<p>x", True),
        ("{css: p, regex: 'x'}", "<p>y", False),
    ],
)
def test_a_category_is_present_when_something_stands_there(
    place: str, body: str, present: bool
) -> None:
    """What was really on the page."""
    ruleset = rule(f"subject: {{type: c, id: query.q}}, data: {{x: {place}}}")
    kind = "application/json" if body.startswith("{") else "text/html"

    answer = ruleset.read(exchange("/page?q=1", body, kind)).extracted

    assert [bool(item.categories) for item in answer.subjects] == [present]


def test_a_list_of_categories_is_always_shown() -> None:
    """For pages that have one form."""
    ruleset = rule("subject: {type: c, id: query.q}, data: [contact, income]")

    answer = ruleset.read(exchange("/page?q=1", "x")).extracted

    assert answer.subjects[0].categories == ("contact", "income")


def test_rows_have_no_place_in_data() -> None:
    """Categories are of the page."""
    for word in ("attr.x", "text", "value", "column.x", "group.x"):
        with pytest.raises(AssertionError, match="is of a row"):
            rule(f"subject: {{type: c, id: query.q}}, data: {{x: {word}}}")


def test_a_pattern_that_runs_away_is_cut() -> None:
    """With a reason, within the limit of time."""
    ruleset = rule("subject: {type: c, id: {regex: '(a|a)+b'}}")

    answer = ruleset.read(exchange("/page", "a" * 5000)).extracted

    assert (answer.status.value, answer.reason) == ("failed", "regex_timeout")


def test_every_word_of_the_vocabulary_is_tested_here() -> None:
    """A new selector needs its rows above."""
    assert list(SOURCES) == [
        "path", "query", "form", "header", "request_header", "argument", "css",
        "xpath", "json", "regex", "attr", "text", "value", "column", "group",
    ]  # fmt: skip
