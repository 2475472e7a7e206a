"""Predicates are read as they are written."""

from __future__ import annotations

import pytest

from proxy.attribution.confirmation import evaluate
from proxy.attribution.spec import Predicate
from proxy.document import Problems, parse
from proxy.ruleset.predicates import READERS, read_predicate, read_status
from tests.support.pages import exchange


def read(text: str) -> tuple[Predicate | None, list[str]]:
    """The predicate and the problems as they are shown."""
    problems = Problems("f")
    node = parse(text, problems)
    assert node is not None
    return read_predicate(node, problems), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("{status: 302}", True),
        ("{status: 3xx}", True),
        ("{status: [200, 302]}", True),
        ("{status: 2xx}", False),
        ('{location: "/home*"}', True),
        ('{location: ["/x", "/home"]}', True),
        ('{location: {not: "/login*"}}', True),
        ('{location: {not: ["/home*"]}}', False),
        ('{header: {X-State: "o*"}}', True),
        ("{header: {X-State: x}}", False),
        ("{set_cookie: {SID: changed}}", True),
        ("{set_cookie: {SID: absent}}", False),
        ('{body: {contains: "hal"}}', True),
        ('{body: {absent: ["hal", "x"]}}', False),
        ('{css: "b.user"}', True),
        ('{xpath: "//i"}', False),
        ("{regex: 'h.llo'}", True),
        ("{any: [{status: 200}, {status: 302}]}", True),
        ("{all: [{status: 200}, {status: 302}]}", False),
        ("{not: {status: 200}}", True),
        ("{status: 302, body: {contains: zzz}}", False),
    ],
)
def test_a_predicate_means_what_is_written(text: str, holds: bool) -> None:
    """Each word, on one response."""
    predicate, problems = read(text)
    assert problems == []
    assert predicate is not None
    answer = exchange(
        "/login",
        "<b class=user>hallo</b>",
        status=302,
        headers=[
            (b"location", b"/home"),
            (b"x-state", b"ok"),
            (b"set-cookie", b"SID=1"),
        ],
    )

    assert evaluate(predicate, answer) is holds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "f:1: nothing is stated; expected status, location,"),
        ("[a]", "f:1: a list stands here; expected a mapping"),
        ("{statis: 200}", "f:1: statis: unknown key; did you mean status?"),
        ("{status: 600}", "f:1: status: not a status; expected a code such as 302"),
        ("{status: [{a: b}]}", "f:1: status[0]: not a status"),
        ("{location: {is: x}}", "f:1: location.not: missing; expected text such as"),
        ("{location: [[a]]}", "f:1: location[0]: a list stands here; expected text"),
        ("{header: x}", "f:1: header: a value stands here; expected a mapping such"),
        ("{header: {X: [a]}}", "f:1: header.X: a list stands here; expected text"),
        ("{header: {Set-Cookie: a}}", "f:1: header.Set-Cookie: holds secrets"),
        (
            "{set_cookie: {SID: chnged}}",
            (
                "f:1: set_cookie.SID: 'chnged' is not right; "
                "expected changed or unchanged "
                "or set or deleted or absent; did you mean changed?"
            ),
        ),
        ("{body: {}}", "f:1: body: nothing is stated; expected contains: text"),
        ("{css: '['}", "f:1: css: not readable: "),
        ("{css: [a]}", "f:1: css: a list stands here; expected text"),
        ("{not: {status: x}}", "f:1: not.status: not a status"),
        ("{any: [{status: x}]}", "f:1: any[0].status: not a status"),
    ],
)
def test_a_mistake_in_a_predicate_is_told(text: str, said: str) -> None:
    """With the key it stands at."""
    predicate, problems = read(text)

    assert any(line.startswith(said) for line in problems), problems
    assert predicate is None


@pytest.mark.parametrize(
    ("text", "expected"), [("302", (302, 302)), ("4xx", (400, 499)), ("6xx", None)]
)
def test_a_status_is_a_range(text: str, expected: tuple[int, int] | None) -> None:
    """One code or a class."""
    problems = Problems("f")
    node = parse(text, problems)
    assert node is not None

    assert read_status(node, problems) == expected


def test_every_word_has_a_reader() -> None:
    """The vocabulary of docs/rules.md."""
    assert list(READERS) == [
        "status", "location", "header", "set_cookie", "body", "json", "css",
        "xpath", "regex", "any", "all", "not",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('{json: {"result[1]": "*"}}', True),
        ('{json: {"result[1]": abc}}', True),
        ('{json: {"result[0]": 7}}', True),
        ('{json: {error: "null"}}', True),
        ('{json: {ok: "true"}}', True),
        ("{json: {ok: yes, error: x}}", False),
        ('{json: {"result[5]": "*"}}', False),
        ('{json: {missing.key: "*"}}', False),
        ('{not: {json: {missing: "*"}}}', True),
        ('{json: {twice: "*"}}', None),
    ],
)
def test_a_value_of_a_json_answer_is_compared(text: str, holds: bool | None) -> None:
    """As it is written in JSON; what is there twice is neither."""
    predicate, problems = read(text)
    body = '{"result": [7, "abc"], "error": null, "ok": true, "twice": 1, "twice": 2}'
    answer = exchange("/login", body, "application/json")

    assert problems == []
    assert predicate is not None
    assert evaluate(predicate, answer) is holds


def test_what_is_no_json_confirms_nothing() -> None:
    """An error page in its place is neither true nor false."""
    predicate, _ = read('{not: {json: {error: "*"}}}')
    assert predicate is not None

    assert evaluate(predicate, exchange("/login", "<html>", "text/html")) is None


def test_a_way_that_is_none_is_a_mistake() -> None:
    """With what was expected."""
    _, problems = read('{json: {"a[x]": "*"}}')

    assert "not a way into a JSON body; expected a.b or result[1]" in problems[0]
