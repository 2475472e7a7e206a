"""Sessions, logins and logouts are read as they are written."""

from __future__ import annotations

import pytest

from proxy.attribution.spec import (
    ConfirmUser,
    Expiry,
    Field,
    FieldSource,
    FormLogin,
    Selector,
    SelectorKind,
    StatusIn,
)
from proxy.ruleset import RuleSet, load
from tests.support.pages import problems

HEAD = "application: x\n"
RECORDS = (
    "records: {p: {request: /p, action: view, subject: {type: c, id: query.id}}}\n"
)


def read(text: str) -> RuleSet:
    """A rule set with this about who."""
    loaded = load((HEAD + text + RECORDS).encode(), "f")
    assert isinstance(loaded, RuleSet), str(loaded)
    return loaded


def test_everything_about_who_is_read() -> None:
    """Each key, with its options."""
    spec = read(
        "session: {cookie: [A, B]}\n"
        "login:\n"
        "  - form: {request: POST /login, query: {cmd: login}, user: query.u, "
        "name: portal, keep_failed_names: true}\n"
        "    confirmed_when: {status: 302}\n"
        "logout: [GET /out, {request: /bye, form: {x: '1'}, confirmed_when: "
        "{status: 200}}]\n"
        "confirm_user: {xpath: '//b', name: banner}\n"
        "login_page: {status: 401}\n"
        "expiry: {idle: 30m, absolute: 12h, rotation_grace: 2s}\n"
    ).attribution

    login = spec.logins[0]
    assert isinstance(login, FormLogin)
    assert spec.session.cookies == ("A", "B")
    assert (login.request.pattern.text, login.name) == ("POST /login", "portal")
    assert login.request.conditions[0].field == Field(FieldSource.QUERY, "cmd")
    assert login.user == Field(FieldSource.QUERY, "u")
    assert login.confirmed_when == StatusIn(302, 302)
    assert login.keep_failed_names
    assert [logout.request.pattern.text for logout in spec.logouts] == [
        "GET /out",
        "/bye",
    ]
    assert spec.logouts[1].confirmed_when == StatusIn(200, 200)
    assert spec.confirm_user == ConfirmUser(
        Selector(SelectorKind.XPATH, "//b"), "banner"
    )
    assert spec.login_page == StatusIn(401, 401)
    assert spec.expiry == Expiry(1800 * 10**9, 43200 * 10**9, 2 * 10**9)


def test_nothing_about_who_is_a_rule_set_too() -> None:
    """Its exchanges stay nameless."""
    spec = read("").attribution

    assert spec.session.cookies == ()
    assert spec.logins == ()
    assert spec.expiry == Expiry()


FORM = (
    "login: [{form: {request: POST /l, user: form.u}, confirmed_when: {status: 302}}]\n"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FORM, "f:1: logins without a session; expected session: {cookie: NAME}"),
        ("session: {}\n", "f:2: session.cookie: missing; expected the name of the"),
        ("session: X\n", "f:2: session: a value stands here; expected a mapping"),
        ("login: [{frm: {}}]\n", "f:2: login[0]: no scheme; expected one of form"),
        ("login: [x]\n", "f:2: login[0]: a value stands here; expected a mapping"),
        (
            FORM.replace(", confirmed_when: {status: 302}", ""),
            "f:2: login[0].confirmed_when: missing; expected how the application",
        ),
        (
            FORM.replace("form.u", "fom.u"),
            (
                "f:2: login[0].form.user: not a field; expected form.NAME or "
                "query.NAME, or json.WAY; did you mean form.u?"
            ),
        ),
        (
            FORM.replace("POST /l", "[/a, /b]"),
            "f:2: login[0].form: several requests; expected one",
        ),
        (
            "logout: [{request: [/a, /b]}]\n",
            "f:2: logout[0]: several requests; expected one",
        ),
        ("logout: [out]\n", "f:2: logout[0]: a request pattern is"),
        ("confirm_user: {}\n", "f:2: confirm_user: no place, or several; expected one"),
        ("confirm_user: {css: '['}\n", "f:2: confirm_user.css: not readable"),
        ("confirm_user: {css: [a]}\n", "f:2: confirm_user.css: a list stands here"),
        ("expiry: {idle: 8}\n", "f:2: expiry.idle: '8' is not right; expected a"),
    ],
)
def test_a_mistake_about_who_is_told(text: str, said: str) -> None:
    """With the key it stands at."""
    found = problems(HEAD + text + RECORDS)

    expected = said.replace("f:", "rules.yaml:", 1)
    assert any(line.startswith(expected) for line in found), found
