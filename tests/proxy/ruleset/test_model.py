"""The first rule that fits claims an exchange; ignoring comes last."""

from __future__ import annotations

import pytest

from proxy.exchange.model import Exchange
from proxy.ruleset import Claimed, Ignored, RuleSet, load
from tests.support.pages import HEAD, exchange, ids, rules

RULES = rules(
    """\
  new: {request: "GET /client/new", action: view, required: false, subject: &s {type: c, id: query.id}}
  tab: {request: "GET /client/{id}", query: {tab: "med*"}, action: view, subject: &p {type: c, id: path.id}}
  detail: {request: ["GET /client/{id}", "GET /klant-{id}.do"], action: view, subject: *p}
  save: {request: "POST /save", form: {cmd: store}, action: update, subject: {type: c, id: form.id}}
logout: ["GET /logout"]
login:
  - form: {request: "POST /login", user: form.user}
    confirmed_when: {status: 302}
login_page: {css: "form#login"}
ignore: ["GET /static/**", "*.css"]
"""  # noqa: E501
)


def claim(exchange: Exchange, ruleset: RuleSet = RULES) -> str:
    """Name of the rule that claims it, why it is ignored, or ``''``."""
    found = ruleset.match(ruleset.view(exchange))
    if isinstance(found, Claimed):
        return found.rule.name
    return "" if found is None else found.value


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/client/new", "new"),
        ("/client/5?tab=medical", "tab"),
        ("/client/5?tab=x", "detail"),
        ("/client/5?tab=x&tab=med", "tab"),
        ("/client/5", "detail"),
        ("/klant-5.do", "detail"),
        ("/client/5/x", ""),
        ("/client/5;jsessionid=F00", "detail"),
        ("/x/..//client/%35", "detail"),
    ],
)
def test_the_first_rule_that_fits_claims_a_request(target: str, name: str) -> None:
    """In the order of the file, conditions included."""
    assert claim(exchange(target)) == name


def test_conditions_on_the_form_choose_between_commands() -> None:
    """One address, many meanings."""
    assert claim(exchange("/save", method="POST", form="cmd=store&id=1")) == "save"
    assert claim(exchange("/save", method="POST", form="cmd=check&id=1")) == ""


def test_a_login_and_a_logout_are_no_unmapped_pages() -> None:
    """A wrong password answers with a page."""
    assert claim(exchange("/login", "x", method="POST")) == Ignored.LOGIN.value
    assert claim(exchange("/logout")) == Ignored.LOGOUT.value


@pytest.mark.parametrize(
    ("target", "content_type"),
    [
        ("/static/logo.gif", "image/gif"),
        ("/a/b.css", "text/css"),
        ("/x.css?v=1", "text/css"),
        ("/static/app.js", "text/javascript"),
    ],
)
def test_what_the_rule_set_ignores_shows_nothing(
    target: str, content_type: str
) -> None:
    """Style sheets and pictures, whatever digits they hold."""
    reading = RULES.read(exchange(target, "111222333", content_type))

    assert reading.extracted.status.value == "nothing_expected"
    assert reading.extracted.reason == "ignored"


@pytest.mark.parametrize(
    "content_type", ["text/html", "application/json", "text/xml", "text/csv", ""]
)
def test_an_ignored_document_with_a_sign_is_unmapped(content_type: str) -> None:
    """``ignore`` is believed of documents that carry none."""
    plain = RULES.read(exchange("/static/help", "hello", content_type))
    telling = RULES.read(exchange("/static/help", "111222333", content_type))

    assert (plain.extracted.status.value, plain.extracted.reason) == (
        "nothing_expected",
        "ignored",
    )
    assert (telling.extracted.status.value, telling.extracted.reason) == (
        "unmapped",
        "bsn",
    )
    assert telling.path == "/static/help"


def test_a_login_that_answers_with_a_client_is_unmapped() -> None:
    """An address on the page is that of who logs in, or of the help desk."""
    mail = RULES.read(exchange("/login", "a@example.org", method="POST"))
    client = RULES.read(exchange("/login", "111222333", method="POST"))

    assert mail.extracted.reason == "login"
    assert (client.extracted.status.value, client.extracted.reason) == (
        "unmapped",
        "bsn",
    )


@pytest.mark.parametrize(
    "target",
    [
        "/view.do;x.css?id=5",
        "/Detail.aspx/x.css",
        "/view.jsp/a/b.css",
        "/static/..;/client",
        "/static/%2e%2e/x",
        "/static%2fx",
        "/x.css%00",
    ],
)
def test_an_employee_cannot_make_a_page_look_ignored(target: str) -> None:
    """Suffixes are of the resource, and odd paths are never ignored."""
    reading = RULES.read(exchange(target, "<p>111222333"))

    assert reading.extracted.status.value == "unmapped"
    assert reading.extracted.reason == "bsn"


def test_a_record_rule_goes_before_ignore() -> None:
    """``ignore`` decides last."""
    ruleset = rules(
        '  css: {request: "GET /client/{id}.css", action: view, '
        "subject: {type: c, id: path.id}}\nignore: ['*.css']\n"
    )

    assert claim(exchange("/client/5.css"), ruleset) == "css"


def test_the_login_page_in_answer_shows_no_record() -> None:
    """The session had ended; the address still names a client."""
    answer = RULES.read(exchange("/client/5", "<form id=login>")).extracted

    assert (answer.status.value, answer.reason) == ("nothing_expected", "login_page")
    assert RULES.read(exchange("/foo", "<form id=login>")).extracted == answer


def test_shown_when_decides_whether_a_response_shows_its_record() -> None:
    """For applications that say no with a 200."""
    ruleset = rules(
        '  page: {request: "GET /p/{id}", action: view, '
        "subject: {type: c, id: path.id}, "
        'shown_when: {body: {absent: "Geen toegang"}}}\n'
    )

    shown = ruleset.read(exchange("/p/5", "hallo")).extracted
    refused = ruleset.read(exchange("/p/5", "Geen toegang")).extracted
    unknown = ruleset.read(
        exchange("/p/5", "x", headers=[(b"content-encoding", b"gzip")])
    ).extracted

    assert ids(shown) == ["5"]
    assert (refused.status.value, refused.reason) == ("nothing_expected", "not_shown")
    assert (unknown.status.value, unknown.reason) == ("failed", "shown_when_unknown")


def test_the_stored_path_of_a_claimed_request_is_the_rules_template() -> None:
    """No id and no session key in it."""
    assert RULES.read(exchange("/client/900123;jsessionid=F")).path == "/client/{id}"
    assert RULES.read(exchange("/other/900123;jsessionid=F")).path == "/other/{}"


def test_case_can_be_ignored() -> None:
    """As IIS does."""
    text = (
        "ignore_case: true\n"
        + HEAD
        + (
            '  page: {request: "GET /Client/{id}", action: view, '
            "subject: {type: c, id: path.id}}\n"
        )
    )
    loaded = load(text.encode(), "rules.yaml")
    assert isinstance(loaded, RuleSet)

    assert claim(exchange("/CLIENT/5"), loaded) == "page"
