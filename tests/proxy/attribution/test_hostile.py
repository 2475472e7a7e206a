"""Traffic is hostile: naming never raises, stays bounded, names nobody by chance."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.attribution.asked import Asked
from proxy.attribution.keys import MAX_KEYS, KeyReader
from proxy.attribution.spec import ConfirmUser, Selector, SelectorKind, SessionKeys
from proxy.exchange.model import Exchange, Request, Response
from tests.support.browsing import exchange
from tests.support.naming import KEY, ROTATING, Desk

odd = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"SID=a",
            b"SID=a; SID=b",
            b'SID="',
            b"SID",
            b"=;=;SID==",
            b"SID=; Max-Age=" + b"9" * 30,
            b"SID=x; Expires=" + b"\xff" * 9,
            b"SID=x; Expires=Mon, 99 Foo 99999 99:99:99 +9999",
            b"/login",
            b"//[::1/login",
            b"http://[/login?x",
            b"multipart/form-data; boundary=",
            b"application/x-www-form-urlencoded; charset=utf-7",
            b"text/html; charset=\xff",
            b"gzip",
        ]
    ),
)
names = st.sampled_from(
    b"cookie set-cookie location content-type date x content-encoding".split()
)
headers = st.lists(st.tuples(names, odd), max_size=5)
targets = st.one_of(st.sampled_from([b"/login", b"/logout", b"/x", b"*", b""]), odd)


@settings(max_examples=300, deadline=None)
@given(
    request=st.builds(
        Request,
        headers=headers,
        body=odd,
        method=st.sampled_from([b"POST", b"GET", b"CONNECT", b"\xff"]),
        target=targets,
        start_ns=st.integers(0, 100),
        end_ns=st.integers(0, 100),
    ),
    response=st.none()
    | st.builds(
        Response,
        headers=headers,
        body=odd,
        status=st.sampled_from([0, 200, 302, 401, 999]),
        start_ns=st.integers(0, 100),
        end_ns=st.integers(0, 100),
    ),
)
def test_no_traffic_makes_naming_raise_or_name_somebody(
    request: Request, response: Response | None
) -> None:
    """A login needs a user field; there is none in this."""
    element = ConfirmUser(Selector(SelectorKind.CSS, "#user"))
    desk = Desk(replace(ROTATING, confirm_user=element))

    for _ in range(2):
        actor = desk.see(Exchange(request, response))

        assert actor.name == ""
        assert actor.reason


def test_a_request_with_many_session_cookies_costs_a_bounded_number_of_keys() -> None:
    """Each would be an entry and a lookup."""
    reader = KeyReader(SessionKeys(("SID",)), "app", KEY)
    cookie = "; ".join(f"SID={n}" for n in range(1000))

    keys = reader.of_request(exchange("/", cookie=cookie).request)

    assert len(keys) == MAX_KEYS


def test_two_cookie_headers_are_one() -> None:
    """As servers join them."""
    reader = KeyReader(SessionKeys(("SID",)), "app", KEY)
    one = exchange("/", cookie="SID=a").request
    two = exchange("/", cookie="SID=b").request
    both = exchange("/", cookie="SID=a").request
    both.headers.append((b"cookie", b"SID=b"))

    expected = reader.of_request(one) + reader.of_request(two)

    assert reader.of_request(both) == expected
    assert reader.of_request(both) == expected
    assert reader.by_name(both) == {b"SID": expected}


def test_the_memory_of_cookie_headers_is_bounded() -> None:
    """It holds secrets, and an employee can send what he likes."""
    reader = KeyReader(SessionKeys(("SID",)), "app", KEY, remembered=3)
    for number in range(10):
        reader.of_request(exchange("/", cookie=f"SID={number}").request)
    reader.of_request(exchange("/", cookie="SID=a; x=" + "y" * 5000).request)

    assert reader.remembered == 3


def test_a_path_and_fields_are_read_once_and_as_servers_do() -> None:
    """``Asked`` is what schemes see."""
    asked = Asked(exchange("/a/../login;s=1?x=1&x=2", form="y=3").request)

    assert asked.path == "/login"
    assert asked.query == [("x", "1"), ("x", "2")]
    assert asked.form == [("y", "3")]
    assert asked.complete
