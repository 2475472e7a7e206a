"""Dialects in rule files: what is read, and what is a mistake where."""

from __future__ import annotations

import pytest

from proxy.extraction.dialects.registry import DIALECTS
from tests.support.cookbook import COOKBOOK
from tests.support.dialects import rpc, told
from tests.support.pages import HEAD, exchange, problems, rules

ANY = "soap or xmlrpc or jsonrpc or webforms or jsf or siebel"
MISTAKES = {
    "dialect: sieble": (
        f"dialect: 'sieble' is no dialect; expected {ANY} or none; did you mean siebel?"
    ),
    "dialect: [soap]": f"dialect: no dialect; expected {ANY} or none",
    "operation: Get": f"operation: operation needs a dialect; expected dialect: {ANY}",
    "arguments: {id: 5}": (
        f"arguments: arguments needs a dialect; expected dialect: {ANY}"
    ),
    "dialect: soap, arguments: {id: [5]}": (
        "arguments.id: a list stands here; "
        'expected text, in which * stands for anything ("*": any value)'
    ),
    "dialect: soap, arguments: {'a[': 5}": "arguments.a[: not readable: ",
    "dialect: soap, each: {siebel: Account}": (
        "each.siebel: siebel rows need that dialect; expected dialect: siebel"
    ),
    "data: {x: argument.id}": (
        f"data.x: argument needs a dialect in this rule; expected dialect: {ANY}"
    ),
    "skip_redirects: maybe": (
        "skip_redirects: not a yes or no; expected true or false"
    ),
    "namespaces: {'a b': u}": (
        "namespaces.a b: no namespace; expected a prefix and its URI"
    ),
    "operatoin: Get, dialect: soap": (
        "operatoin: unknown key; did you mean operation?"
    ),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_its_line(text: str) -> None:
    """And what was expected, and what was perhaps meant."""
    rule = "request: /p, action: view, subject: {type: c, id: query.id}"

    found = problems(HEAD + f"  p: {{{rule},\n   {text}}}\n")

    expected = f"rules.yaml:5: records.p.{MISTAKES[text]}"
    assert any(line.startswith(expected) for line in found), found


def test_every_dialect_has_a_page_in_the_reference_and_the_cookbook() -> None:
    """A word of the language that nobody explains is none."""
    reference = (COOKBOOK.parent / "rules.md").read_text()
    for word in DIALECTS:
        assert f"[`{word}`](cookbook/{word}.md)" in reference
        assert (COOKBOOK / f"{word}.md").exists()


def test_what_stands_at_the_top_counts_for_rules_that_say_nothing() -> None:
    """And ``none`` undoes it."""
    ruleset = rules(
        "  a: {request: /rpc, operation: Get, action: view, "
        "subject: {type: c, id: argument.id}}\n"
        "  b: {request: /p, dialect: none, skip_redirects: false, action: view, "
        "subject: {type: c, id: {css: i}}}\n",
        head="application: a\ndialect: soap\nskip_redirects: true\nrecords:\n",
    )
    envelope = "<Envelope><Body>%s</Body></Envelope>"
    page = exchange("/p", "<script>location='/l'</script><i>5</i>")

    one = rpc(envelope % "<Get><id>7</id></Get>", envelope % "<R/>")

    assert told(ruleset, one)[2] == ["a:7"]
    assert told(ruleset, page)[2] == ["b:5"]


def test_rules_for_one_address_are_told_apart_by_operation() -> None:
    """They shadow each other no more than rules with other conditions."""
    ruleset = rules(
        "  a: {request: POST /rpc, dialect: soap, operation: A, action: view, "
        "subject: {type: c, id: argument.id}}\n"
        "  b: {request: POST /rpc, dialect: soap, action: view, "
        "subject: {type: c, id: argument.id}}\n"
    )
    envelope = "<Envelope><Body>%s</Body></Envelope>"

    def found(asked: str) -> list[str]:
        return told(ruleset, rpc(envelope % asked, envelope % "<R/>"))[2]

    assert found("<A><id>1</id></A>") == ["a:1"]
    assert found("<B><id>1</id></B>") == ["b:1"]


def test_a_predicate_looks_at_the_body_inside_the_body() -> None:
    """As selectors do."""
    ruleset = rules(
        "  a: {request: POST /rpc, dialect: jsf, action: view, "
        "shown_when: {css: 'b.ok'}, subject: {type: c, id: {css: i}}}\n"
    )
    body = "<partial-response><changes><update id='x'><![CDATA[%s]]></update></changes></partial-response>"  # noqa: E501

    assert told(ruleset, rpc("a=1", body % "<b class=ok>x</b><i>5"))[2] == ["a:5"]
    assert told(ruleset, rpc("a=1", body % "<b class=no>x</b><i>5"))[:2] == (
        "nothing_expected",
        "not_shown",
    )
