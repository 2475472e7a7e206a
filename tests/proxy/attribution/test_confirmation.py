"""Did the application accept it? Predicates, three-valued."""

from __future__ import annotations

import gzip

import pytest

from proxy.attribution.confirmation import evaluate, redirect
from proxy.attribution.spec import (
    AllOf,
    AnyOf,
    BodyContains,
    CookieState,
    HeaderIs,
    LocationIs,
    Not,
    Predicate,
    Present,
    Selector,
    SelectorKind,
    SetCookie,
    StatusIn,
)
from proxy.exchange.model import BodyState
from proxy.exchange.patterns import compile_glob
from tests.support.browsing import exchange


@pytest.mark.parametrize(
    ("low", "high", "status", "holds"),
    [(302, 302, 302, True), (200, 299, 204, True), (200, 299, 302, False)],
)
def test_a_status_is_compared(low: int, high: int, status: int, holds: bool) -> None:
    """``302`` and ``2xx``."""
    assert evaluate(StatusIn(low, high), exchange("/", status=status)) is holds


@pytest.mark.parametrize(
    ("location", "pattern", "holds"),
    [
        ("/home", "/home", True),
        ("http://app.example/home", "/home", True),
        ("//app.example/home", "/home", True),
        ("http://app.example", "/", True),
        ("home", "/auth/home", True),
        ("../home", "/home", True),
        ("?a=1", "/auth/login?a=1", True),
        ("/home;jsessionid=X?a=1#top", "/home?a=1", True),
        ("/login?error=1", "/login*", True),
        ("/home", "/login*", False),
        ("https://sso.example/x", "https://sso.example/*", True),
        ("/home?to=http://x/login", "/login*", False),
        ("", "/x", False),
    ],
)
def test_a_location_is_resolved_and_compared(
    location: str, pattern: str, holds: bool
) -> None:
    """However the application writes it."""
    one = exchange("/auth/login", status=302, location=location)

    assert evaluate(LocationIs(compile_glob(pattern)), one) is holds


def test_without_a_location_there_is_nothing_to_compare() -> None:
    """False, so that ``not`` of it is true."""
    one = exchange("/")
    assert one.response is not None

    assert redirect(one.request, one.response) is None
    assert evaluate(LocationIs(compile_glob("/*")), one) is False
    assert evaluate(LocationIs(compile_glob("http*")), one) is False


def test_any_value_of_a_header_counts() -> None:
    """Duplicates are all read."""
    one = exchange("/", set_cookie=("a=1", "b=2"))

    assert evaluate(HeaderIs("set-cookie", compile_glob("b=*")), one) is True
    assert evaluate(HeaderIs("set-cookie", compile_glob("c=*")), one) is False


OVER = "SID=x; expires=Thu, 01-Jan-1970 00:00:10 GMT"


@pytest.mark.parametrize(
    ("sent", "given", "states"),
    [
        ("", (), "absent"),
        ("SID=a", (), "absent unchanged"),
        ("SID=a", ("SID=a",), "set unchanged"),
        ("SID=a", ('SID="a"',), "set unchanged"),
        ("SID=a", ("SID=b; Path=/",), "set changed"),
        ("", ("SID=b",), "set changed"),
        ("SID=a", ("SID=a", "SID=b"), "set changed"),
        ("SID=a", ("other=1",), "absent unchanged"),
        ("SID=a", ("SID=",), "deleted"),
        ("SID=a", ("SID=x; Max-Age=0",), "deleted"),
        ("SID=a", ("SID=x; Max-Age=-1",), "deleted"),
        ("SID=a", ("SID=x; Max-Age=60; " + OVER,), "set changed"),
        ("SID=a", ("SID=x; Max-Age=soon",), "set changed"),
        ("SID=a", (OVER,), "deleted"),
        ("SID=a", ("SID=x; Expires=Wed, 12 Oct 1999 00:00:00 GMT",), "deleted"),
        ("SID=a", ("SID=x; Expires=Wed, 12 Oct 2044 00:00:00 GMT",), "set changed"),
        ("SID=a", ("SID=x; Expires=nonsense",), "set changed"),
        ("SID=a", ("SID=", "SID=b"), "set changed"),
        ("SID=a", ("nonsense",), "absent unchanged"),
    ],
)
def test_what_a_response_does_to_a_cookie(
    sent: str, given: tuple[str, ...], states: str
) -> None:
    """Compared with the value the request carried."""
    one = exchange("/", cookie=sent, set_cookie=given)

    held = {s.value for s in CookieState if evaluate(SetCookie("SID", s), one)}

    assert held == set(states.split())


def test_a_cookie_that_is_over_by_the_servers_own_date_is_deleted() -> None:
    """No clock of ours is asked."""
    given = "SID=x; Expires=Wed, 12 Oct 2022 00:00:00 GMT"
    one = exchange("/", set_cookie=given)
    assert one.response is not None
    assert evaluate(SetCookie("SID", CookieState.SET), one) is True

    one.response.headers.append((b"date", b"Thu, 13 Oct 2022 00:00:00 GMT"))

    assert evaluate(SetCookie("SID", CookieState.DELETED), one) is True


HTML = b"<div id=top><b class=user>Jan\xe9</b></div><p>Welkom</p>"


@pytest.mark.parametrize(
    ("kind", "expression", "found"),
    [
        (SelectorKind.CSS, "#top .user", ["Jan\u00e9"]),
        (SelectorKind.CSS, ".none", []),
        (SelectorKind.CSS, "[[", None),
        (SelectorKind.XPATH, "//b", ["Jan\u00e9"]),
        (SelectorKind.XPATH, "//b/@class", ["user"]),
        (SelectorKind.XPATH, "string(//b)", ["Jan\u00e9"]),
        (SelectorKind.XPATH, "string(//i)", []),
        (SelectorKind.XPATH, "///", None),
        (SelectorKind.REGEX, "Welkom", ["Welkom"]),
        (SelectorKind.REGEX, "<p>(.*?)</p>", ["Welkom"]),
        (SelectorKind.REGEX, "none", []),
        (SelectorKind.REGEX, "(", None),
    ],
)
def test_a_place_in_the_page(
    kind: SelectorKind, expression: str, found: list[str] | None
) -> None:
    """By CSS, XPath or regular expression; what is broken is unknown."""
    from proxy.attribution.page import Page, selector_mistake

    one = exchange("/", body=HTML, content_type="text/html; charset=iso-8859-1")
    assert one.response is not None
    selector = Selector(kind, expression)

    assert Page(one.response).select(selector) == found
    held = None if found is None else bool(found)
    assert evaluate(Present(selector), one) is held
    assert (selector_mistake(selector) is None) is (found is not None)


def test_a_pattern_that_backtracks_is_unknown_and_takes_no_time() -> None:
    """No ReDoS by a page."""
    one = exchange("/", body=b"a" * 5000)

    selector = Selector(SelectorKind.REGEX, "(a|aa)+$b")

    assert evaluate(Present(selector), one) is None


def test_a_body_is_read_through_its_coding() -> None:
    """The text a person would see."""
    one = exchange("/", body=gzip.compress(b"<p>Welkom</p>"))
    assert one.response is not None
    one.response.headers.append((b"content-encoding", b"gzip"))

    assert evaluate(BodyContains("Welkom"), one) is True
    assert evaluate(BodyContains("Fout"), one) is False


@pytest.mark.parametrize("state", [BodyState.TRUNCATED, BodyState.CUT])
def test_what_is_not_in_a_part_of_a_page_may_be_in_the_rest(state: BodyState) -> None:
    """An unread page confirms nothing, and ``not`` of it neither."""
    one = exchange("/", body=b"<p>Welkom</p>")
    assert one.response is not None
    one.response.body_state = state
    fout = BodyContains("Fout")

    assert evaluate(BodyContains("Welkom"), one) is True
    assert evaluate(fout, one) is None
    assert evaluate(Not(fout), one) is None
    assert evaluate(Present(Selector(SelectorKind.CSS, "i")), one) is None
    one.response.body = b""
    assert evaluate(Present(Selector(SelectorKind.CSS, "i")), one) is None


def test_an_empty_page_has_no_places() -> None:
    """Known, not unknown."""
    assert evaluate(Present(Selector(SelectorKind.CSS, "i")), exchange("/")) is False


YES, NO = StatusIn(200, 200), StatusIn(500, 500)
UNKNOWN = Present(Selector(SelectorKind.CSS, "[["))


@pytest.mark.parametrize(
    ("predicate", "holds"),
    [
        (AllOf(()), True),
        (AllOf((YES, YES)), True),
        (AllOf((YES, NO)), False),
        (AllOf((UNKNOWN, NO)), False),
        (AllOf((YES, UNKNOWN)), None),
        (AnyOf(()), False),
        (AnyOf((NO, YES)), True),
        (AnyOf((NO, NO)), False),
        (AnyOf((UNKNOWN, YES)), True),
        (AnyOf((UNKNOWN, NO)), None),
        (Not(YES), False),
        (Not(NO), True),
        (Not(UNKNOWN), None),
    ],
)
def test_and_or_not_are_kleenes(predicate: Predicate, holds: bool | None) -> None:
    """What could not be read is neither true nor false."""
    assert evaluate(predicate, exchange("/", body=b"x")) is holds


def test_nothing_is_known_without_a_response() -> None:
    """Not even what a response would not have."""
    assert evaluate(Not(YES), exchange("/", answered=False)) is None
