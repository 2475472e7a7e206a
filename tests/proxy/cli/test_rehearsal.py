"""A rule set tried on recorded traffic: golden lines, coverage, differences."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.cli.rehearsal import coverage, differing, rehearse
from proxy.errors import UsageError
from proxy.ruleset import RuleSet
from tests.support.pages import rules

RULES = """\
  list: {request: "GET /clients", action: list, each: {css: tr}, subject: {type: c,
         id: attr.id}, data: [names], context: {q: query.q}}
  one: {request: "GET /client/{id}", action: view, subject: {type: c, id: {css: b}}}
ignore: ["*.css"]
"""
FILE = """\
>>>
GET /clients?q=Wit HTTP/1.1
<<<
HTTP/1.1 200 OK
Content-Type: text/html

<table><tr id=4><tr id=5></table>
>>>
GET /client/4 HTTP/1.1
<<<
HTTP/1.1 200 OK
Content-Type: text/html

<b>4</b>
>>>
GET /client/5 HTTP/1.1
<<<
HTTP/1.1 200 OK
Content-Type: text/html

changed
>>>
GET /a.css HTTP/1.1
<<<
HTTP/1.1 200 OK
Content-Type: text/css

x
>>>
GET /other/7 HTTP/1.1
<<<
HTTP/1.1 200 OK
Content-Type: text/html

x
"""


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Five exchanges, of which two were not read."""
    path = tmp_path / "day.http"
    path.write_text(FILE)
    return path


def ruleset() -> RuleSet:
    """The rules of this file."""
    return rules(RULES)


def test_a_line_says_what_came_of_an_exchange(recording: Path) -> None:
    """What is empty is left out."""
    first, second, *_ = rehearse(ruleset(), recording)

    assert first.plain() == {
        "request": "GET /clients",
        "status": 200,
        "rule": "list",
        "extraction": "recorded",
        "nameless": "no_session",
        "views": ["list c 4 @0 names", "list c 5 @1 names"],
        "context": [["q", "wit"]],
    }
    assert second.plain()["views"] == ["view c 4"]


def test_what_was_not_read_comes_first(recording: Path) -> None:
    """Failed and unmapped, then the others by number."""
    found = coverage(rehearse(ruleset(), recording))

    assert [(c.request, c.rule, c.outcome, c.unread) for c in found] == [
        ("GET /client/{id}", "one", "failed (no_subject)", True),
        ("GET /other/{}", "", "unmapped (no_rule)", True),
        ("GET /a.css", "", "ignored", False),
        ("GET /client/{id}", "one", "recorded", False),
        ("GET /clients", "list", "recorded", False),
    ]
    assert sum(c.views for c in found) == 3


def test_two_rule_sets_differ_where_they_make_something_else(recording: Path) -> None:
    """Exchange by exchange; equal rule sets nowhere."""
    other = rules(RULES.replace("{css: b}", "path.id"))

    same = list(
        differing(rehearse(ruleset(), recording), rehearse(ruleset(), recording))
    )
    ((before, after),) = differing(
        rehearse(ruleset(), recording), rehearse(other, recording)
    )

    assert same == []
    assert (before["reason"], after["views"]) == ("no_subject", ["view c 5"])


def test_a_recording_of_nothing_is_told(recording: Path) -> None:
    """Of another host."""
    with pytest.raises(UsageError, match="holds no exchange of application sonar"):
        list(rehearse(ruleset(), recording, host="other"))
