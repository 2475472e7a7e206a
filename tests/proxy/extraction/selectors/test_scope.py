"""``within`` and ``except``: a place counts where it stands."""

from __future__ import annotations

import pytest

from proxy.events import Extraction
from tests.support.pages import exchange, ids, problems, rule

PAGE = """<nav id=menu><ul class=recent><li><a class=c href=?id=1>Recent</a></ul></nav>
<div id=main><a class=c href=?id=2>Two</a><p class=step><a class=c href=?id=3>next</a>
<table><tr data-id=4><td class=nr>4<tr class=x data-id=5><td class=nr>5</table></div>
<a class=c href=?id=6>Six</a>"""
LINKS = "subject: {{type: c, id: {{css: a.c, attr: href, regex: 'id=(.)', {}}}}}"


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("within: '#main'", ["2", "3"]),
        ("except: '.recent, .step'", ["2", "6"]),
        ("within: '#main', except: .step", ["2"]),
        ("within: 'nav ul'", ["1"]),
        ("except: '#main > p'", ["1", "2", "6"]),
        ("within: a.c", ["1", "2", "3", "6"]),
        ("except: '*'", []),
    ],
)
def test_what_stands_elsewhere_does_not_count(scope: str, expected: list[str]) -> None:
    """CSS, with lists and combinators; an element stands in itself."""
    assert expected == ids(
        rule(LINKS.format(scope)).read(exchange("/page", PAGE)).extracted
    )


def test_rows_are_scoped_too() -> None:
    """Beside ``each``; ids are then looked for in those rows."""
    ruleset = rule(
        "each: {css: tr, within: '#main', except: .x}, "
        "subject: {type: c, id: attr.data-id}"
    )

    assert ids(ruleset.read(exchange("/page", PAGE)).extracted) == ["4"]


@pytest.mark.parametrize("path", ["//a/@href", "//a/text()", "//a | //td"])
def test_an_xpath_is_scoped_whatever_node_it_finds(path: str) -> None:
    """Attributes and texts stand where their element stands."""
    ruleset = rule(
        f"subject: {{type: c, id: {{xpath: '{path}', except: '#main, .recent'}}}}"
    )

    found = ids(ruleset.read(exchange("/page", PAGE)).extracted)

    assert len(found) == 1
    assert found[0] in ("?id=6", "Six")


def test_a_mention_of_the_client_whose_page_is_open_counts_for_nothing() -> None:
    """A menu names recent clients; previous and next are neither."""
    ruleset = rule(
        "subjects: [{type: c, id: "
        "{css: a.c, within: '#main', except: .step, attr: href}},"
        " {type: c, action: mention, each: {css: .recent a}, id: attr.href}]"
    )
    page = PAGE.replace(
        "<ul class=recent>", "<ul class=recent><li><a href=?id=2>Two</a>"
    )

    found = ruleset.read(exchange("/page", page)).extracted.subjects

    assert [(subject.id, subject.action.value) for subject in found] == [
        ("?id=2", "view"),
        ("?id=1", "mention"),
    ]


def test_a_scope_is_found_on_a_page_of_many_rows() -> None:
    """50,000 rows in a deep element: a search that compared every row with every
    other one would not end within the time a test has."""
    rows = 50_000
    ruleset = rule(
        "each: {css: tr, within: '#main', except: .x}, subject: {type: c, id: attr.id}"
    )
    page = "<div id=main>" + "<div>" * 100 + "<table>"
    page += "".join(f"<tr id={n}><td>x" for n in range(rows))

    found = ruleset.read(exchange("/page", page)).extracted

    assert (len(found.subjects), found.status) == (rows, Extraction.RECORDED)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("{css: a, within: '##'}", "not readable"),
        ("{css: a, except: 'a ~ b'}", "compares all siblings"),
        ("{css: a, within: 'a::before'}", "pseudo-elements"),
        ("{xpath: 'string(//a)', within: a}", "it gives a text or a number"),
        ("{query: a, within: b}", "unknown key"),
        ("{css: a, witin: b}", "did you mean within?"),
    ],
)
def test_mistakes_are_told_with_their_place(place: str, expected: str) -> None:
    """Line, key and reason."""
    told = problems(
        "application: a\nrecords:\n  p: {request: /p, action: view, subject:\n"
        f"    {{type: c, id: {place}}}}}\n"
    )

    assert len(told) == 1
    assert told[0].startswith("rules.yaml:4: records.p.subject.id")
    assert expected in told[0]
