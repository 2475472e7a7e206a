"""Who an exchange is of: every rule as a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.attribution.spec import (
    BodyContains,
    ConfirmUser,
    Expiry,
    FormLogin,
    Logout,
    RequestMatch,
    Selector,
    SelectorKind,
    SessionKeys,
    StatusIn,
)
from proxy.events import SessionKind, Strength
from proxy.exchange.model import Exchange
from proxy.exchange.patterns import compile_pattern
from tests.support.browsing import LATER, MS, exchange
from tests.support.naming import ROTATING, STEADY, Desk

SECOND = 1000 * MS
HOUR = 3600 * SECOND


def login(
    name: str,
    *,
    at: int = LATER,
    cookie: str = "",
    gives: str = "",
    took: int = 10 * MS,
) -> Exchange:
    """A right password; the application redirects home."""
    return exchange(
        "/login",
        at=at,
        took=took,
        cookie=cookie,
        form=f"username={name}&password=geheim-{name}",
        status=302,
        location="/home",
        set_cookie=f"SID={gives}; path=/; HttpOnly" if gives else (),
    )


def failed_login(name: str, *, at: int = LATER, cookie: str = "") -> Exchange:
    """A wrong password; the application shows the form again."""
    return exchange(
        "/login", at=at, cookie=cookie, form=f"username={name}&password=fout"
    )


def page(cookie: str, *, at: int, took: int = 10 * MS, body: bytes = b"") -> Exchange:
    """A page asked for within a session."""
    return exchange("/client/1", at=at, took=took, cookie=f"SID={cookie}", body=body)


def test_a_request_with_the_cookie_a_login_gave_is_that_employees() -> None:
    """The main case: candidate, confirmation by the response, binding."""
    desk = Desk()

    desk.see(login("jansen", gives="b"))
    actor = desk.see(page("b", at=2 * LATER))

    assert actor.name == "jansen"
    assert actor.strength is Strength.CONFIRMED
    assert actor.scheme == "form"
    assert actor.binding == "1-1-0"
    assert [c.kind for c in desk.changes] == [SessionKind.LOGGED_IN]


def test_the_login_exchange_itself_is_the_new_actors() -> None:
    """Its response may show a record already, and is shown to who logged in."""
    desk = Desk()

    assert desk.see(login("jansen", cookie="SID=a", gives="b")).name == "jansen"


def test_a_wrong_password_binds_nothing_and_keeps_no_name() -> None:
    """People type their password as user name: nothing typed is kept."""
    desk = Desk(STEADY)

    actor = desk.see(failed_login("hunter2", cookie="SID=a"))
    after = desk.see(page("a", at=2 * LATER))

    assert (actor.name, actor.reason) == ("", "login_failed")
    assert after.name == ""
    assert desk.changes[0].kind is SessionKind.LOGIN_FAILED
    assert "hunter2" not in repr(desk.changes)


def test_a_failed_login_keeps_the_name_only_when_the_rule_set_says_so() -> None:
    """Opt-in, because of what people type there."""
    (login,) = STEADY.logins
    assert isinstance(login, FormLogin)
    spec = replace(STEADY, logins=(replace(login, keep_failed_names=True),))
    desk = Desk(spec)

    desk.see(failed_login("jansen", cookie="SID=a"))

    assert desk.changes[0].actor.on_wire == "jansen"
    assert desk.changes[0].actor.name == ""


def test_a_wrong_password_of_another_leaves_the_open_session_alone() -> None:
    """The application did not end it either."""
    desk = Desk(STEADY)
    desk.see(login("jansen", cookie="SID=a"))

    attempt = desk.see(failed_login("smit", cookie="SID=a", at=2 * LATER))
    after = desk.see(page("a", at=3 * LATER))

    assert attempt.name == ""
    assert after.name == "jansen"


def test_what_came_before_the_login_on_the_same_cookie_stays_nameless() -> None:
    """Session fixation: a binding never reaches back across a login."""
    desk = Desk(STEADY)
    early = desk.observe(page("a", at=LATER))
    desk.see(exchange("/", at=LATER // 2, set_cookie="SID=a"))
    desk.see(login("jansen", cookie="SID=a", at=2 * LATER))

    before = desk.settle(early).actor
    after = desk.see(page("a", at=3 * LATER))

    assert (before.name, before.reason) == ("", "before_login")
    assert after.name == "jansen"


def test_a_request_sent_while_the_login_is_under_way_stays_nameless() -> None:
    """On an unchanged cookie the binding starts at the response's last byte."""
    desk = Desk(STEADY)
    desk.see(login("jansen", cookie="SID=a", at=LATER, took=100 * MS))

    actor = desk.see(page("a", at=LATER + 50 * MS, took=100 * MS))

    assert actor.name == ""


def test_a_new_cookie_counts_from_the_first_byte_of_the_response() -> None:
    """A browser follows a redirect before its body is complete."""
    desk = Desk()
    slow = login("jansen", gives="b", at=LATER, took=100 * MS)
    assert slow.response is not None
    slow.response.start_ns = LATER + 10 * MS
    desk.see(slow)

    actor = desk.see(page("b", at=LATER + 50 * MS, took=100 * MS))

    assert actor.name == "jansen"


def test_another_login_over_an_open_session_takes_the_key_over() -> None:
    """The key is reused: old requests stay the old actor's."""
    desk = Desk(STEADY)
    desk.see(login("jansen", cookie="SID=a", at=LATER))
    old = desk.observe(page("a", at=2 * LATER))
    desk.see(login("smit", cookie="SID=a", at=3 * LATER))

    assert desk.settle(old).actor.name == "jansen"
    assert desk.see(page("a", at=4 * LATER)).name == "smit"


def test_a_request_during_anothers_login_on_the_same_key_is_ambiguous() -> None:
    """Either name may be it, so neither is given."""
    desk = Desk(STEADY)
    desk.see(login("jansen", cookie="SID=a", at=LATER))
    desk.see(login("smit", cookie="SID=a", at=3 * LATER, took=100 * MS))

    actor = desk.see(page("a", at=3 * LATER + 50 * MS, took=100 * MS))

    assert (actor.name, actor.reason) == ("", "ambiguous")


def test_a_login_whose_answer_nobody_saw_ends_the_binding() -> None:
    """The key may be either's from then on."""
    desk = Desk(STEADY)
    desk.see(login("jansen", cookie="SID=a", at=LATER))
    unanswered = login("smit", cookie="SID=a", at=2 * LATER)
    unanswered.response = None

    attempt = desk.see(unanswered)
    after = desk.see(page("a", at=3 * LATER))

    assert attempt.reason == "login_unanswered"
    assert (after.name, after.reason) == ("", "ambiguous")


def test_the_cookie_before_the_login_ends_when_the_login_changes_it() -> None:
    """A replaced key belongs to nobody."""
    desk = Desk()
    desk.see(login("jansen", gives="a", at=LATER))
    desk.see(login("smit", cookie="SID=a", gives="b", at=2 * LATER))

    assert desk.see(page("a", at=3 * LATER)).name == ""
    assert desk.see(page("b", at=3 * LATER)).name == "smit"


def test_a_rotated_cookie_takes_the_binding_along() -> None:
    """Outside a login too; the chain still rests on the login."""
    desk = Desk()
    desk.see(login("jansen", gives="a", at=LATER))
    rotating = page("a", at=2 * LATER)
    assert rotating.response is not None
    rotating.response.headers.append((b"set-cookie", b"SID=b"))

    desk.see(rotating)
    actor = desk.see(page("b", at=3 * LATER))
    stale = desk.see(page("a", at=60 * LATER))

    assert (actor.name, actor.binding) == ("jansen", "1-1-0")
    assert stale.name == ""
    assert [c.kind for c in desk.changes] == [
        SessionKind.LOGGED_IN,
        SessionKind.ROTATED,
    ]
    assert desk.changes[1].previous != desk.changes[1].actor.session


def test_a_request_under_way_during_a_rotation_keeps_its_name() -> None:
    """The browser had not seen the new cookie yet."""
    desk = Desk()
    desk.see(login("jansen", gives="a", at=LATER))
    rotating = page("a", at=2 * LATER)
    assert rotating.response is not None
    rotating.response.headers.append((b"set-cookie", b"SID=b"))
    desk.see(rotating)

    assert desk.see(page("a", at=2 * LATER + 20 * MS)).name == "jansen"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 302, "location": "/login?from=/client/1"},
        {"status": 401},
        {"body": b"<form><input name=password type='password'></form>"},
    ],
    ids=["redirect", "unauthorized", "form"],
)
def test_a_new_cookie_that_comes_with_a_login_page_moves_no_binding(
    answer: dict[str, object],
) -> None:
    """The session expired in the application; the next person logs in on it."""
    desk = Desk()
    desk.see(login("jansen", gives="a", at=LATER))
    expired = exchange(
        "/client/1",
        at=2 * LATER,
        cookie="SID=a",
        set_cookie="SID=b",
        **answer,  # type: ignore[arg-type]
    )

    desk.see(expired)

    assert desk.see(page("b", at=3 * LATER)).reason == "before_login"
    assert desk.see(page("a", at=60 * LATER)).name == ""


def test_rotation_is_found_whichever_wire_is_read_first() -> None:
    """The login on the other wire was earlier, and came later."""
    desk = Desk()
    rotating = page("a", at=2 * LATER)
    assert rotating.response is not None
    rotating.response.headers.append((b"set-cookie", b"SID=b"))

    first = desk.observe(rotating)
    second = desk.observe(page("b", at=3 * LATER))
    desk.observe(login("jansen", gives="a", at=LATER))

    assert desk.settle(first).actor.name == "jansen"
    assert desk.settle(second).actor.name == "jansen"


def test_a_logout_ends_the_binding() -> None:
    """The logout itself and what was sent before are still the employee's."""
    desk = Desk()
    desk.see(login("jansen", gives="a", at=LATER))
    late = desk.observe(page("a", at=2 * LATER - MS))

    logout = desk.see(exchange("/logout", cookie="SID=a", at=2 * LATER))
    after = desk.see(page("a", at=3 * LATER))

    assert logout.name == "jansen"
    assert desk.settle(late).actor.name == "jansen"
    assert (after.name, after.reason) == ("", "logged_out")
    assert desk.changes[-1].kind is SessionKind.LOGGED_OUT


def test_a_logout_is_a_method_too() -> None:
    """A HEAD or POST to the same address need not log out."""
    desk = Desk()
    desk.see(login("jansen", gives="a", at=LATER))

    desk.see(exchange("/logout", cookie="SID=a", at=2 * LATER, method="POST"))

    assert desk.see(page("a", at=3 * LATER)).name == "jansen"


def test_a_logout_the_application_must_confirm_does_not_count_without() -> None:
    """Otherwise a logout sent to fail would make an employee nameless."""
    wanted = Logout(RequestMatch(compile_pattern("GET /logout")), StatusIn(302, 302))
    desk = Desk(replace(ROTATING, logouts=(wanted,)))
    desk.see(login("jansen", gives="a", at=LATER))

    desk.see(exchange("/logout", cookie="SID=a", at=2 * LATER, status=403))

    assert desk.see(page("a", at=3 * LATER)).name == "jansen"


def test_a_late_logout_does_not_end_a_newer_login_on_the_same_key() -> None:
    """An ending is about the binding valid at its own first byte."""
    desk = Desk(STEADY)
    desk.see(login("jansen", cookie="SID=a", at=LATER))
    slow = exchange("/logout", cookie="SID=a", at=2 * LATER, took=3 * LATER)
    desk.see(login("smit", cookie="SID=a", at=3 * LATER))

    desk.see(slow)

    assert desk.see(page("a", at=6 * LATER)).name == "smit"


def test_a_logout_read_before_its_login_still_ends_it() -> None:
    """Two wires, read in the wrong order."""
    desk = Desk()
    out = desk.observe(exchange("/logout", cookie="SID=a", at=2 * LATER))
    after = desk.observe(page("a", at=3 * LATER))
    desk.see(login("jansen", gives="a", at=LATER))

    assert desk.settle(out).actor.name == "jansen"
    assert desk.settle(after).actor.reason == "logged_out"


def test_reasons_say_why_there_is_no_name() -> None:
    """No cookie, a session open before our time, one issued and not used yet."""
    desk = Desk()
    desk.see(exchange("/", set_cookie="SID=new"))

    none = desk.see(exchange("/client/1", at=2 * LATER))
    other = desk.see(exchange("/client/1", at=2 * LATER, cookie="theme=dark"))
    unknown = desk.see(page("zzz", at=2 * LATER))
    before = desk.see(page("new", at=2 * LATER))

    assert none.reason == "no_session"
    assert other.reason == "no_session"
    assert unknown.reason == "unknown_session"
    assert before.reason == "before_login"


def test_a_session_unused_for_too_long_is_expired_and_stays_so() -> None:
    """Idle expiry; told once."""
    desk = Desk(replace(ROTATING, expiry=Expiry(idle_ns=HOUR)))
    desk.see(login("jansen", gives="a", at=LATER))
    assert desk.see(page("a", at=LATER + HOUR // 2)).name == "jansen"

    late = desk.see(page("a", at=LATER + 2 * HOUR))
    again = desk.see(page("a", at=LATER + 2 * HOUR + MS))

    assert (late.reason, again.reason) == ("expired", "expired")
    assert [c.reason for c in desk.changes if c.kind is SessionKind.ENDED] == ["idle"]


def test_a_session_expires_absolutely_and_rotation_does_not_renew_it() -> None:
    """A binding is worth a working day, not a year of refreshes."""
    desk = Desk(replace(ROTATING, expiry=Expiry(absolute_ns=HOUR)))
    desk.see(login("jansen", gives="a", at=LATER))
    rotating = page("a", at=LATER + HOUR // 2)
    assert rotating.response is not None
    rotating.response.headers.append((b"set-cookie", b"SID=b"))
    desk.see(rotating)

    assert desk.see(page("b", at=LATER + HOUR - SECOND)).name == "jansen"
    assert desk.see(page("b", at=LATER + HOUR + SECOND)).reason == "expired"


def test_an_old_session_number_issued_again_is_a_new_session() -> None:
    """An application that counts its sessions starts again after a restart."""
    desk = Desk(STEADY)
    desk.see(login("jansen", cookie="SID=7", at=LATER))

    desk.see(exchange("/", at=2 * LATER, set_cookie="SID=7"))

    assert desk.see(page("7", at=3 * LATER)).name == ""
    assert desk.see(login("smit", cookie="SID=7", at=4 * LATER)).name == "smit"
    assert desk.see(page("7", at=5 * LATER)).name == "smit"


@pytest.mark.parametrize(
    ("target", "form"),
    [
        ("/login", "username=jansen&username=smit"),
        ("/login?username=smit", "username=jansen"),
        ("/login", "username=jansen&UserName=smit"),
        ("/login", "username=jansen&username=&x=1"),
        ("/login", "username=jansen%00smit"),
        ("/login", "username=" + "x" * 300),
        ("/login", "user=jansen"),
    ],
)
def test_a_login_that_can_be_read_in_two_ways_binds_nobody(
    target: str, form: str
) -> None:
    """Whoever sends another's name beside his own must not become the other."""
    desk = Desk(STEADY)
    desk.see(login("devries", cookie="SID=a", at=LATER))

    crafted = exchange(
        target,
        at=2 * LATER,
        cookie="SID=a",
        form=form,
        status=302,
        location="/home",
    )

    assert desk.see(crafted).name == ""
    after = desk.see(page("a", at=3 * LATER))
    assert after.name == ""
    assert after.reason in {"ambiguous", "no_user_field", "unusable_name"}


def test_a_login_hidden_behind_an_odd_path_is_still_a_login() -> None:
    """Servers resolve these before they route."""
    desk = Desk(STEADY)
    desk.see(login("jansen", cookie="SID=a", at=LATER))
    for number, target in enumerate(
        ["//login", "/x/../login", "/login;v=1", "/%6cogin"]
    ):
        name = f"smit{number}"
        hidden = login(name, cookie="SID=a", at=(number + 2) * LATER)
        hidden.request.target = target.encode()

        desk.see(hidden)

        at = (number + 2) * LATER + LATER // 2
        assert desk.see(page("a", at=at)).name == name


def test_two_keys_of_two_employees_in_one_request_are_ambiguous() -> None:
    """Which of two equal cookies a server takes differs."""
    desk = Desk()
    desk.see(login("jansen", gives="a", at=LATER))
    desk.see(login("smit", gives="b", at=LATER))

    actor = desk.see(exchange("/client/1", cookie="SID=a; SID=b", at=2 * LATER))

    assert (actor.name, actor.reason) == ("", "ambiguous")


def test_several_session_cookies_agree_on_one_name() -> None:
    """Each is a key of its own; the one the login issued is enough."""
    spec = replace(ROTATING, session=SessionKeys(cookies=("ASPSESSION", "SID")))
    desk = Desk(spec)
    desk.see(login("jansen", cookie="ASPSESSION=x", gives="a", at=LATER))

    assert desk.see(exchange("/c", cookie="ASPSESSION=x; SID=a", at=2 * LATER)).name
    assert desk.see(exchange("/c", cookie="ASPSESSION=x", at=2 * LATER)).name


def test_quoting_a_cookie_does_not_make_it_another_key() -> None:
    """Servers take the quotes off."""
    desk = Desk()
    desk.see(login("jansen", gives="a", at=LATER))

    assert desk.see(exchange("/c", cookie='SID="a"', at=2 * LATER)).name == "jansen"


def test_a_login_page_in_answer_ends_the_binding_from_that_request_on() -> None:
    """When the rule set can tell a login page."""
    desk = Desk(replace(STEADY, login_page=BodyContains("Please log in")))
    desk.see(login("jansen", cookie="SID=a", at=LATER))

    answer = desk.see(page("a", at=2 * LATER, body=b"<p>Please log in</p>"))
    after = desk.see(page("a", at=3 * LATER))

    assert (answer.name, answer.reason) == ("", "login_page")
    assert (after.name, after.reason) == ("", "login_page")


SHOWN = ConfirmUser(Selector(SelectorKind.CSS, "#user"))


def test_a_page_recovers_a_session_that_was_open_before() -> None:
    """The anchored "logged in as" element; weaker than a login."""
    desk = Desk(replace(ROTATING, confirm_user=SHOWN))

    actor = desk.see(page("old", at=LATER, body=b"<b id=user> jansen </b>"))
    after = desk.see(page("old", at=2 * LATER))

    assert (actor.name, actor.strength) == ("jansen", Strength.INFERRED)
    assert after.name == "jansen"
    assert desk.changes[0].kind is SessionKind.CONFIRMED


def test_a_page_that_names_another_is_a_conflict_and_nobodys() -> None:
    """Recorded instead of choosing; the key is nobody's from then on."""
    desk = Desk(replace(ROTATING, confirm_user=SHOWN))
    desk.see(login("jansen", gives="a", at=LATER))
    assert desk.see(page("a", at=2 * LATER, body=b"<b id=user>Jansen</b>")).name

    actor = desk.see(page("a", at=3 * LATER, body=b"<b id=user>smit</b>"))
    after = desk.see(page("a", at=4 * LATER))

    assert (actor.name, actor.reason) == ("", "conflict")
    assert (after.name, after.reason) == ("", "conflict")
    conflict = desk.changes[-1]
    assert conflict.kind is SessionKind.CONFLICT
    assert (conflict.actor.name, conflict.actor.on_wire) == ("jansen", "smit")


def test_a_quiet_bound_key_waits_for_its_first_byte_only() -> None:
    """Unknown or lately changed keys wait for the end; no key waits for nothing."""
    desk = Desk()
    desk.see(login("jansen", gives="a", at=LATER))

    assert desk.observe(exchange("/x", at=9 * LATER)).needs_watermark == 0
    assert desk.observe(login("x", gives="y")).needs_watermark == 0
    assert desk.observe(page("a", at=9 * LATER)).needs_watermark == 9 * LATER
    fresh = desk.observe(page("a", at=2 * LATER))
    assert fresh.needs_watermark == 2 * LATER + 10 * MS
    unknown = desk.observe(page("q", at=9 * LATER))
    assert unknown.needs_watermark == 9 * LATER + 10 * MS


def test_a_login_that_gives_no_session_key_is_told_and_binds_nothing() -> None:
    """The name is known for the login itself, and for nothing after it."""
    desk = Desk(STEADY)

    actor = desk.see(login("jansen"))

    assert (actor.name, actor.session) == ("jansen", "")
    assert [c.kind for c in desk.changes] == [SessionKind.LOGGED_IN]
    assert len(desk.sessions) == 0


def test_a_login_that_deletes_the_session_cookie_ends_the_old_key() -> None:
    """What the browser does not send any more is nobody's."""
    desk = Desk(STEADY)
    desk.see(login("jansen", cookie="SID=a"))
    leaving = login("smit", cookie="SID=a", at=2 * LATER)
    assert leaving.response is not None
    leaving.response.headers.append((b"set-cookie", b"SID=; Max-Age=0"))

    desk.see(leaving)

    after = desk.see(page("a", at=3 * LATER))
    assert (after.name, after.reason) == ("", "replaced")


def test_two_cookies_of_one_name_at_a_login_are_bound_to_nobody() -> None:
    """Which of them the application means differs by server."""
    desk = Desk(STEADY)

    desk.see(login("jansen", cookie="SID=a; SID=b"))

    assert desk.see(page("a", at=2 * LATER)).reason == "ambiguous"
    assert desk.see(page("b", at=2 * LATER)).reason == "ambiguous"


def test_a_new_cookie_with_what_the_rule_set_calls_a_login_page_moves_nothing() -> None:
    """The rule set knows better than the general signs."""
    desk = Desk(replace(ROTATING, login_page=BodyContains("Wie bent u")))
    desk.see(login("jansen", gives="a"))
    asked = page("a", at=2 * LATER, body=b"<p>Wie bent u?</p>")
    assert asked.response is not None
    asked.response.headers.append((b"set-cookie", b"SID=b"))

    desk.see(asked)

    assert desk.see(page("b", at=3 * LATER)).reason == "before_login"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<b id=user>smit</b>", "logged_out"),
        (b"<b id=user>smit</b><i id=user>jansen</i>", "logged_out"),
    ],
)
def test_a_page_gives_no_name_to_a_session_that_was_ended(
    body: bytes, reason: str
) -> None:
    """Only a session whose login was not seen is recovered."""
    desk = Desk(replace(ROTATING, confirm_user=SHOWN))
    desk.see(login("jansen", gives="a"))
    desk.see(exchange("/logout", cookie="SID=a", at=2 * LATER))

    actor = desk.see(page("a", at=3 * LATER, body=body))

    assert (actor.name, actor.reason) == ("", reason)


@pytest.mark.parametrize(
    "shown",
    ["x" * 300, "jan\u202esen", "jansen</b><b id=user>smit", ""],
    ids=["long", "direction", "two", "empty"],
)
def test_a_page_with_an_unusable_name_recovers_nothing(shown: str) -> None:
    """Two names, none, or one that cannot be written down safely."""
    desk = Desk(replace(ROTATING, confirm_user=SHOWN))

    actor = desk.see(page("old", at=LATER, body=f"<b id=user>{shown}</b>".encode()))

    assert (actor.name, actor.reason) == ("", "unknown_session")
