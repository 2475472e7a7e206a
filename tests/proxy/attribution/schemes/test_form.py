"""Form login: what a request claims, and when it claims nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.attribution.asked import Asked
from proxy.attribution.schemes.base import Candidate
from proxy.attribution.schemes.registry import scheme_of
from proxy.attribution.spec import (
    Field,
    FieldIs,
    FieldSource,
    FormLogin,
    RequestMatch,
    StatusIn,
)
from proxy.exchange.model import BodyState, Exchange
from proxy.exchange.patterns import compile_glob, compile_pattern
from tests.support.browsing import exchange

LOGIN = FormLogin(
    RequestMatch(compile_pattern("POST /login")),
    Field(FieldSource.FORM, "user"),
    StatusIn(302, 302),
)


def read(one: Exchange, login: FormLogin = LOGIN) -> Candidate | None:
    """The candidate of a request."""
    return scheme_of(login).candidate(Asked(one.request))


def name(one: Exchange, login: FormLogin = LOGIN) -> str:
    """Its name, or why it has none."""
    found = read(one, login)
    assert found is not None
    return found.name or found.reason


def multipart(body: bytes) -> Exchange:
    """A form sent as browsers send one with files."""
    one = exchange("/login", method="POST")
    kind = b"multipart/form-data; boundary=xx"
    one.request.headers.append((b"content-type", kind))
    one.request.body = body
    return one


def part(field: str, value: str) -> bytes:
    """One part."""
    head = f'--xx\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'
    return (head + value + "\r\n").encode()


def test_a_user_field_is_read_from_every_kind_of_form() -> None:
    """Urlencoded and multipart; white space around a name is not part of it."""
    assert name(exchange("/login", form="user=+jansen%20&pw=x")) == "jansen"
    assert name(multipart(part("user", "jansen") + part("pw", "x") + b"--xx--")) == (
        "jansen"
    )


def test_another_request_is_no_login() -> None:
    """Method, path and conditions count."""
    conditional = replace(
        LOGIN,
        request=RequestMatch(
            compile_pattern("/**"),
            (
                FieldIs(Field(FieldSource.FORM, "action"), compile_glob("log*")),
                FieldIs(Field(FieldSource.QUERY, "cmd"), compile_glob("go")),
            ),
        ),
    )

    assert read(exchange("/login")) is None
    assert read(exchange("/other", form="user=jansen")) is None
    assert read(exchange("/x?cmd=go", form="user=jansen"), conditional) is None
    assert read(exchange("/x", form="user=jansen&action=login"), conditional) is None
    full = exchange("/x?cmd=go", form="user=jansen&action=login")
    assert name(full, conditional) == "jansen"


def test_a_user_field_in_the_query() -> None:
    """``query.user``, as some applications do."""
    login = replace(LOGIN, user=Field(FieldSource.QUERY, "user"))

    assert name(exchange("/login?user=jansen", form="pw=x"), login) == "jansen"
    assert name(exchange("/login", form="user=jansen"), login) == "no_user_field"


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ("pw=x", "no_user_field"),
        ("user=&pw=x", "no_user_field"),
        ("USER=jansen", "no_user_field"),
        ("user=jansen&user=smit", "ambiguous"),
        ("user=jansen&User=smit", "ambiguous"),
        ("user=jansen&user.=1", "jansen"),
        ("user=jan%0asen", "unusable_name"),
        ("user=" + "j" * 257, "unusable_name"),
        ("user=" + "j" * 256, "j" * 256),
        ("user=jansen&user=jansen", "jansen"),
    ],
)
def test_a_name_that_cannot_be_relied_on_is_none(form: str, reason: str) -> None:
    """With the reason it is missing."""
    assert name(exchange("/login", form=form)) == reason


def test_spellings_that_php_takes_for_one_field_are_compared() -> None:
    """``j.user`` arrives as ``j_user``."""
    login = replace(LOGIN, user=Field(FieldSource.FORM, "j.user"))

    assert name(exchange("/login", form="j.user=jansen&j_user=smit"), login) == (
        "ambiguous"
    )


def test_a_body_that_was_not_read_whole_may_hold_another_name() -> None:
    """Cut, above the cap, more fields than are read, a broken coding."""
    cut = exchange("/login", form="user=jansen")
    cut.request.body_state = BodyState.CUT
    many = exchange("/login", form="user=jansen" + "&a=1" * 2500)
    long = exchange("/login", form="user=jansen&pw=" + "x" * (3 << 20))
    coded = exchange("/login", form="user=jansen")
    coded.request.headers.append((b"content-encoding", b"gzip"))

    assert [name(one) for one in (cut, many, long, coded)] == ["ambiguous"] * 4


def test_what_a_failed_login_may_keep_is_said_by_the_rule_set() -> None:
    """Nothing, by default."""
    found = read(exchange("/login", form="user=jansen"))

    assert found is not None
    assert not found.keep_failed_name


def json_login(body: bytes, way: str = "params[0]") -> str:
    """Name or reason of a login whose body is JSON."""
    one = exchange("/login", method="POST")
    one.request.headers.append((b"content-type", b"application/json"))
    one.request.body = body
    return name(one, replace(LOGIN, user=Field(FieldSource.JSON, way)))


def test_a_user_field_is_read_from_json() -> None:
    """Single-page applications, and JSON-RPC."""
    assert json_login(b'{"params": ["jansen", "x"]}') == "jansen"
    assert json_login(b'{"user": {"name": " jansen "}}', "user.name") == "jansen"
    assert json_login(b'{"user": 7}', "user") == "7"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"user": "a", "user": "b"}', "ambiguous"),
        (b'{"user": "a", "USER": "b"}', "ambiguous"),
        (b"not json", "ambiguous"),
        (b"[" * 50_000, "ambiguous"),
        (b"{}", "no_user_field"),
        (b'{"user": ["a"]}', "no_user_field"),
        (b'{"user": true}', "no_user_field"),
        (b'{"user": "a\\u0007b"}', "unusable_name"),
    ],
)
def test_json_in_doubt_names_nobody(body: bytes, reason: str) -> None:
    """Servers differ in which of two keys counts, and in its spelling."""
    assert json_login(body, "user") == reason


def test_a_user_field_may_be_named_by_a_pattern() -> None:
    """Generated names of controls: what else fits must hold the same."""
    login = replace(LOGIN, user=Field(FieldSource.FORM, "s_*_11_0"))

    assert name(exchange("/login", form="s_1_1_11_0=jansen&s_1_1_12_0=pw"), login) == (
        "jansen"
    )
    two = "s_1_1_11_0=jansen&s_2_1_11_0=pietersen"
    assert name(exchange("/login", form=two), login) == "ambiguous"
    assert name(exchange("/login", form="other=jansen"), login) == "no_user_field"
