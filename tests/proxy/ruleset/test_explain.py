"""An explanation says which rule claimed, what matched, and why not the others."""

from __future__ import annotations

from proxy.ruleset import explain
from proxy.ruleset.explain import shape
from tests.support.pages import exchange, rules

RULES = rules(
    """\
  post: {request: "POST /page", action: update, subject: &s {type: c, id: query.id}}
  tab: {request: "GET /page", query: {tab: x}, action: view, subject: *s}
  other: {request: "GET /other", action: view, subject: *s}
  page:
    request: "GET /page"
    action: list
    each: {css: "tr"}
    subject: {type: client, id: attr.data-id}
    data: {contact: {css: "#address"}, cv: {css: "#cv"}, x: {json: "a"}}
  after: {request: "GET /after", action: view, data: [y], subject: *s}
"""
)
BODY = "<table><tr data-id=7><tr data-id=8></table><p id=address>Dorpsstraat 12</p>"


def test_the_rules_before_say_why_they_did_not_claim_it() -> None:
    """Method, conditions, path."""
    told = explain(RULES, exchange("/page", BODY))

    assert [(step.what, step.said) for step in told.passed_over] == [
        ("post", "the method is not that of POST /page"),
        ("tab", "query.tab is not x"),
        ("other", "the path is not /other"),
    ]


def test_each_selector_says_what_it_found() -> None:
    """Ids are shown, other values by their shape only."""
    told = explain(RULES, exchange("/page", BODY))

    assert (told.rule, told.path) == ("page", "/page")
    assert [(step.what, step.found, step.said) for step in told.looked_at] == [
        ("page.subjects[0].each", 2, "rows of css or xpath"),
        ("page.subjects[0].id", 2, "7, 8"),
        ("page.data.contact", 1, "Aaaaaaaaaaa 99"),
        ("page.data.cv", 0, ""),
        ("page.data.x", 0, "not_json"),
    ]


def test_an_unclaimed_exchange_is_explained_too() -> None:
    """All rules say why not; nothing was looked at."""
    told = explain(RULES, exchange("/unknown/5", "x"))

    assert told.rule == ""
    assert told.path == "/unknown/{}"
    assert len(told.passed_over) == 5
    assert told.looked_at == ()
    assert told.extracted.reason == "no_rule"


def test_an_exchange_without_response_is_explained() -> None:
    """There was nothing to look at."""
    told = explain(RULES, exchange("/after", answered=False))

    assert told.extracted.reason == "no_response"
    assert told.looked_at == ()


def test_constant_categories_are_told() -> None:
    """They need no place."""
    told = explain(RULES, exchange("/after?id=1", "x"))

    assert told.looked_at[-1].said == "always"


def test_an_unreadable_body_is_told() -> None:
    """With the reason."""
    ruleset = rules(
        "  p: {request: /p, action: view, subject: {type: c, id: {json: a}}}\n"
    )

    told = explain(ruleset, exchange("/p", "<html>"))

    assert [(step.found, step.said) for step in told.looked_at] == [(0, "not_json")]


def test_a_shape_shows_no_value() -> None:
    """Letters and digits are replaced, at most 40 are shown."""
    assert shape(" Jansen-12 é ") == "Aaaaaa-99 a"
    assert len(shape("x" * 100)) == 40
