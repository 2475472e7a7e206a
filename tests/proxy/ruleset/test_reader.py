"""A rule set is read strictly; every mistake is told, all at once."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.document import Problems
from proxy.extraction import Settings
from proxy.ruleset import RuleSet, load
from tests.support.pages import HEAD, problems

WHOLE = """\
application: sonar
processing_activity: https://register.example/verwerkingen/arbeidsbemiddeling
session: {cookie: JSESSIONID}
login:
  - form: {request: "POST /login", user: form.username}
    confirmed_when:
      {status: 302, location: {not: "/login*"}, set_cookie: {JSESSIONID: changed}}
logout:
  - {request: "GET /logout"}
confirm_user: {css: "#topbar .user"}
records:
  client_detail:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
    data: {contact: {css: "#address"}, health: {css: "#medical"}}
    assurance: gate
  client_search:
    request: "GET /clients"
    action: search
    each: {css: "table#results tr[data-id]"}
    subject: {type: client, id: attr.data-id}
ignore: ["GET /static/**", "*.css", "*.js", "*.png"]
"""
PAGE = '  page: {request: "GET /page", action: view, '


def test_a_whole_rule_set_is_read() -> None:
    """The language's own example."""
    loaded = load(WHOLE.encode(), "rules.yaml")

    assert isinstance(loaded, RuleSet), str(loaded)
    assert loaded.application == "sonar"
    assert [record.rule.name for record in loaded.records] == [
        "client_detail",
        "client_search",
    ]
    assert loaded.attribution.session.cookies == ("JSESSIONID",)
    assert len(loaded.ignore) == 4


def test_the_hash_is_of_the_bytes() -> None:
    """What stands on every event can be checked against the file."""
    loaded = load(WHOLE.encode(), "rules.yaml")

    assert isinstance(loaded, RuleSet)
    assert loaded.hash == hashlib.sha256(WHOLE.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "records: {}",
            "1: application: missing; expected text",
        ),
        (
            HEAD.replace("sonar", "so nar") + PAGE + "subject: {type: c, id: query.i}}",
            "1: not an application's name; expected letters, digits, _ . -",
        ),
        (
            "aplication: x\n" + HEAD,
            "1: aplication: unknown key; expected one of",
        ),
        (
            HEAD + PAGE + "subjct: {type: c, id: query.id}}",
            "4: records.page.subjct: unknown key; did you mean subject?",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: query.id}, action: list}",
            "4: records.page.action: the key was given before",
        ),
        (
            HEAD + '  page: {request: "GET /p", action: veiw, '
            "subject: {type: c, id: query.id}}",
            "4: records.page.action: 'veiw' is not right; expected view or list or",
        ),
        (
            HEAD + "  page: {action: view, subject: {type: c, id: query.id}}",
            "4: records.page.request: missing; expected a request pattern such as",
        ),
        (
            HEAD + '  page: {request: "GET page", action: view, '
            "subject: {type: c, id: query.id}}",
            "4: records.page.request: a request pattern is",
        ),
        (
            HEAD + '  page: {request: "GET /page?id=5", action: view, '
            "subject: {type: c, id: query.id}}",
            "4: records.page.request: a path has no ?; conditions on fields",
        ),
        (
            HEAD + '  page: {request: ["GET /a/{id}", "GET /b"], action: view, '
            "subject: {type: c, id: path.id}}",
            "4: records.page.subject.id: no {id} in every request pattern",
        ),
        (
            HEAD + '  page: {request: "GET /a/{ident}", action: view, '
            "subject: {type: c, id: path.idnt}}",
            (
                "4: records.page.subject.id: no {idnt} in every request pattern "
                "of this rule; expected a name of the request pattern, such as {id}; "
                "did you mean ident?"
            ),
        ),
        (
            HEAD + PAGE + "subject: {type: c}}",
            "4: records.page.subject.id: missing; expected a selector such as path.id",
        ),
        (
            HEAD + PAGE + "data: [x]}",
            "4: records.page.subject: missing; expected subject: {type: client",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: qury.id}}",
            "4: records.page.subject.id: 'qury.id' is no selector; expected",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: attr.id}}",
            "4: records.page.subject.id: attr is of a row; expected each:",
        ),
        (
            HEAD + PAGE + "each: csv, subject: {type: c, id: attr.id}}",
            (
                "4: records.page.subject.id: attr cannot look into rows of csv; "
                "expected column.NAME"
            ),
        ),
        (
            HEAD + PAGE + "each: {css: tr}, subject: {type: c, id: {xpath: //a}}}",
            (
                "4: records.page.subject.id.xpath: looks at the whole page "
                "for every row; expected a path such as .//a/@href"
            ),
        ),
        (
            HEAD + PAGE + "each: {regex: 'a(b)'}, subject: {type: c, id: group.2}}",
            (
                "4: records.page.subject.id: the pattern of each has no group 2; "
                "expected 1"
            ),
        ),
        (
            HEAD + PAGE + "each: {csss: tr}, subject: {type: c, id: query.x}}",
            "4: records.page.each.csss: unknown key; did you mean css?",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: {css: '##'}}}",
            "4: records.page.subject.id.css: not readable: ",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: {xpath: '//['}}}",
            "4: records.page.subject.id.xpath: not readable: ",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: {json: 'a['}}}",
            "4: records.page.subject.id.json: not readable: ",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: {regex: '('}}}",
            "4: records.page.subject.id.regex: not usable: ",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: {regex: '\\d*'}}}",
            "4: records.page.subject.id.regex: not usable: it matches empty text",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: {css: a, json: b}}}",
            "4: records.page.subject.id: several: css, json; expected one of",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: header.Authorization}}",
            "4: records.page.subject.id: Authorization holds secrets and is never",
        ),
        (
            HEAD + PAGE + "on_status: 2x, subject: {type: c, id: query.id}}",
            "4: records.page.on_status: not a status; expected a code such as 302",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: query.id}}\n"
            '  again: {request: "GET /page", action: list, '
            "subject: {type: c, id: query.id}}",
            "5: records.again: never reached: page claims GET /page first",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: query.id}}\nignore: [css]",
            "5: ignore[0]: a request pattern is",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: query.id}}\ncharset: klingon",
            "5: charset: not a charset browsers know; expected such as windows-1252",
        ),
        (
            HEAD + PAGE + "subject: {type: c, id: query.id}}\nlimits: {rows: 0}",
            "5: limits.rows: '0' is not right; expected a whole number from 1",
        ),
        (
            HEAD + PAGE + "each: {csv: {separator: ab}}, "
            "subject: {type: c, id: column.x}}",
            "4: records.page.each.csv: no separator; expected one character: ; , |",
        ),
        (
            HEAD + PAGE + "query: {a: [1]}, subject: {type: c, id: query.id}}",
            "4: records.page.query.a: a list stands here; expected text, in which *",
        ),
        (
            HEAD + "  1page: {request: /p, action: view, "
            "subject: {type: c, id: query.id}}",
            "4: records.1page: not a rule's name; expected a name",
        ),
        (
            HEAD + "  page: x",
            "4: records.page: a value stands here; expected a mapping",
        ),
    ],
)
def test_each_mistake_is_told_with_its_place_and_what_is_expected(
    text: str, said: str
) -> None:
    """File, line, key, what is wrong, what would be right."""
    found = problems(text)

    assert any(line.startswith(f"rules.yaml:{said}") for line in found), found


def test_all_mistakes_are_told_at_once() -> None:
    """One run of the checker is enough."""
    found = problems(
        "application: sonar\n"
        "session: {coockie: X}\n"
        "login: [{form: {request: POST /login, user: username}}]\n"
        "records:\n"
        "  a: {request: /a, action: see, subject: {type: c, id: path.id}}\n"
        "  b: {request: /b, action: view, subject: {type: c, id: {css: '['}}}\n"
        "ignor: []\n"
    )

    places = [line.split(": ")[0] + ": " + line.split(": ")[1] for line in found]
    assert places == [
        "rules.yaml:2: session.cookie",
        "rules.yaml:2: session.coockie",
        "rules.yaml:3: login[0].confirmed_when",
        "rules.yaml:3: login[0].form.user",
        "rules.yaml:5: records.a.action",
        "rules.yaml:5: records.a.subject.id",
        "rules.yaml:6: records.b.subject.id.css",
        "rules.yaml:7: ignor",
    ]


def test_a_file_that_is_not_utf8_is_told_with_the_line() -> None:
    """Saved by an old editor."""
    loaded = load("application: x\n# é\n".encode("latin-1"), "rules.yaml")

    assert isinstance(loaded, Problems)
    assert str(loaded) == "rules.yaml:2: not UTF-8; expected a file saved as UTF-8"


def test_limits_and_charset_are_settings() -> None:
    """Each can be stated; the rest keeps its default."""
    text = (
        HEAD + PAGE + "subject: {type: c, id: query.id}}\n"
        "charset: iso-8859-15\nlimits: {rows: 5, identifier: 6, regex_time: 20ms}\n"
    )

    loaded = load(text.encode(), "rules.yaml")

    assert isinstance(loaded, RuleSet)
    assert loaded.settings == Settings(
        charset="iso-8859-15", rows=5, identifier=6, regex_seconds=0.02
    )


LINES = [*WHOLE.splitlines(), "  x: y", "- a", "  - {form: 1}", "    id: {css: 1}"]


@given(st.lists(st.sampled_from(LINES), max_size=25))
def test_any_shuffled_file_is_a_rule_set_or_problems(lines: list[str]) -> None:
    """Reading never raises, and never fails in silence."""
    loaded = load("\n".join(lines).encode(), "rules.yaml")

    assert isinstance(loaded, RuleSet) or loaded
