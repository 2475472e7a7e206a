"""Rules that are never reached, and rules that claim the same request."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.patterns import PatternError, RequestPattern, compile_pattern
from proxy.ruleset import RuleSet, load
from proxy.ruleset.overlaps import _walk, overlaps
from tests.support.pages import rules

EXAMPLES = sorted(Path(__file__).parents[3].glob("deploy/**/rules.yaml"))
SEGMENT = st.sampled_from(
    ["a", "b", "ab", "{x}", "a{x}", "{x}b", "*", "a*", "*b", "**"]
)
TEMPLATE = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda s: "/" + "/".join(s))
PATH = st.lists(st.sampled_from(["a", "b", "ab", "ac", "cb", "c"]), max_size=5).map(
    lambda s: "/" + "/".join(s)
)


def told(earlier: str, later: str) -> tuple[str, str] | None:
    """What is said of two rules."""
    rest = "action: view, subject: {type: c, id: query.id}"
    ruleset = rules(f"  one: {{{earlier}, {rest}}}\n  two: {{{later}, {rest}}}\n")
    found = overlaps(ruleset)
    assert len(found) <= 1
    if not found:
        return None
    word = "never" if found[0].never_reached else "overlap"
    return word, found[0].example


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ("request: 'GET /c/{id}'", "request: GET /c/new", ("never", "GET /c/new")),
        ("request: '/c/{id}'", "request: 'POST /c/{n}'", ("never", "POST /c/x")),
        ("request: GET /c/**", "request: GET /c", ("never", "GET /c")),
        ("request: GET /c/**", "request: 'GET /c/{a}/b/*'", ("never", "GET /c/x/b/")),
        ("request: 'GET /c/{a}'", "request: 'GET /{b}/d'", ("overlap", "GET /c/d")),
        ("request: GET|POST /c", "request: POST|PUT /c", ("overlap", "POST /c")),
        ("request: GET /c/new", "request: 'GET /c/{id}'", None),
        ("request: GET /c", "request: POST /c", None),
        ("request: 'GET /c/{id}'", "request: 'GET /d/{id}'", None),
        ("request: 'GET /c/{id}'", "request: 'GET /c/{id}/x'", None),
        ("request: GET /c, query: {f: csv}", "request: GET /c", None),
        ("request: GET /c, query: {f: csv}", "request: GET /c, query: {f: pdf}", None),
        (
            "request: GET /c, query: {f: '*'}",
            "request: GET /c, query: {f: pdf}",
            ("never", "GET /c?f=pdf"),
        ),
        (
            "request: GET /c, query: {f: csv}",
            "request: GET /c, form: {s: '*a'}",
            ("overlap", "GET /c?f=csv with the form s=a"),
        ),
        (
            "request: GET /c, query: {f: csv}",
            "request: GET /c/**",
            None,
        ),
        ("request: GET /c, status: 2xx", "request: GET /c, status: 302", None),
        (
            "request: GET /c, status: 2xx",
            "request: GET /c, status: [200, 201]",
            ("never", "GET /c"),
        ),
        (
            "request: GET /c, content_type: text/html",
            "request: GET /c, content_type: application/json",
            None,
        ),
        (
            "request: GET /c, content_type: 'text/*'",
            "request: GET /c, content_type: text/html",
            ("never", "GET /c"),
        ),
        (
            "request: GET /c, headers: {X: a}",
            "request: GET /c, headers: {X: b}",
            None,
        ),
        (
            "request: GET /c, headers: {X: 'a*'}",
            "request: GET /c, headers: {X: ab}",
            ("never", "GET /c"),
        ),
        (
            "request: GET /c, body: {contains: file}",
            "request: GET /c, body: {absent: file}",
            None,
        ),
        (
            "request: GET /c, body: {contains: file}",
            "request: GET /c, body: {contains: Client file}",
            ("never", "GET /c"),
        ),
        (
            "request: GET /c, body: {absent: Client file}",
            "request: GET /c, body: {absent: file}",
            ("never", "GET /c"),
        ),
        ("request: GET /c, body: {contains: a}", "request: GET /c, status: 200",
         ("overlap", "GET /c")),
        (
            "request: POST /s, dialect: soap, operation: Get*",
            "request: POST /s, dialect: soap, operation: GetClient",
            ("never", "POST /s"),
        ),
        (
            "request: POST /s, dialect: soap, operation: Find",
            "request: POST /s, dialect: soap, operation: GetClient",
            None,
        ),
        (
            "request: POST /s, dialect: soap, operation: Get, arguments: {a: b}",
            "request: POST /s, dialect: soap, operation: Get",
            None,
        ),
        ("request: '*.do'", "request: GET /c/x.do", ("never", "GET /c/x.do")),
        ("request: [/a, '/b/**']", "request: '/b/{x}/c'", ("never", "GET /b/x/c")),
    ],
)  # fmt: skip
def test_two_rules(earlier: str, later: str, expected: tuple[str, str] | None) -> None:
    """Never reached, overlapping with an example, or neither."""
    assert expected == told(earlier, later)


def test_case_does_not_hide_an_overlap() -> None:
    """Where the application knows none."""
    rest = "action: view, subject: {type: c, id: query.id}"
    ruleset = rules(
        f"  one: {{request: '/C/{{a}}', {rest}}}\n  two: {{request: /c/NEW, {rest}}}\n",
        head="application: a\nignore_case: true\nrecords:\n",
    )

    assert [overlap.never_reached for overlap in overlaps(ruleset)] == [True]


def _pattern(template: str) -> RequestPattern | None:
    try:
        return compile_pattern(template)
    except PatternError:
        return None


@given(TEMPLATE, TEMPLATE, st.lists(PATH, max_size=20))
def test_what_is_said_of_two_patterns_is_true(
    one: str, other: str, paths: list[str]
) -> None:
    """Examples fit as said; where there is none, no path tells otherwise."""
    mine, theirs = _pattern(one), _pattern(other)
    if mine is None or theirs is None:
        return

    both, alone = _walk(mine, theirs)

    if both:
        assert mine.match_path(both) is not None
        assert theirs.match_path(both) is not None
    if alone:
        assert mine.match_path(alone) is not None
        assert theirs.match_path(alone) is None
    for path in paths:
        if mine.match_path(path) is not None:
            assert both if theirs.match_path(path) is not None else alone


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_no_rule_of_the_project_is_never_reached(path: Path) -> None:
    """The examples are what others start from."""
    loaded = load(path.read_bytes(), path.name)

    assert isinstance(loaded, RuleSet)
    assert [each for each in overlaps(loaded) if each.never_reached] == []


def test_a_rule_set_of_many_rules_is_compared_within_seconds() -> None:
    """200 rules make 20,000 pairs; most differ in their first letters."""
    rest = "action: view, subject: {type: c, id: path.id}"
    names = [f"{chr(97 + n % 26)}{n}" for n in range(200)]
    ruleset = rules(
        "".join(
            f"  r{name}: {{request: 'GET /app/{name}/{{id}}/**', {rest}}}\n"
            for name in names
        )
    )

    assert overlaps(ruleset) == []
    assert re.fullmatch(r"GET /\S+", f"GET /app/{names[0]}/x")
