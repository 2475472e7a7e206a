"""Cookies come out as sent, and it is known which ones were taken back."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.cookies import (
    MAX_COOKIES,
    SetCookie,
    cookie_date,
    cookies,
    set_cookies,
)

NOW = 1_700_000_000.0


def one(line: bytes) -> SetCookie:
    """The only cookie of this Set-Cookie header."""
    (cookie,) = set_cookies([(b"set-cookie", line)], NOW)
    return cookie


def test_every_cookie_of_a_request_is_there_in_order() -> None:
    """Several headers, duplicates, quotes, spaces, and an equals sign inside."""
    headers = [
        (b"cookie", b'a=1;b="2" ; a = 3; nonsense; c=x=y; d='),
        (b"host", b"e=5"),
        (b"cookie", b"f=\xeb"),
    ]

    assert cookies(headers) == [
        (b"a", b"1"),
        (b"b", b"2"),
        (b"a", b"3"),
        (b"c", b"x=y"),
        (b"d", b""),
        (b"f", b"\xeb"),
    ]


def test_cookies_are_bounded() -> None:
    """In one header, in many, and in a response."""
    line = b"a=1;" * (MAX_COOKIES + 5)

    assert len(cookies([(b"cookie", line)] * 3)) == MAX_COOKIES
    many = [(b"set-cookie", b"a=1")] * (MAX_COOKIES + 5)
    assert len(set_cookies(many, NOW)) == MAX_COOKIES


def test_a_cookie_is_set_with_its_attributes() -> None:
    """Names lower-cased, the last one counts."""
    cookie = one(b'JSESSIONID="abc"; Path=/a; PATH=/; HttpOnly; Max-Age=60')

    assert (cookie.name, cookie.value) == (b"JSESSIONID", b"abc")
    assert cookie.attributes == {b"path": b"/", b"httponly": b"", b"max-age": b"60"}
    assert not cookie.deleted


def test_what_is_no_cookie_is_skipped() -> None:
    """Other headers, and a line without equals sign."""
    assert (
        set_cookies([(b"x", b"a=1"), (b"set-cookie", b"nonsense; Path=/")], NOW) == []
    )


@pytest.mark.parametrize(
    ("attributes", "deleted"),
    [
        (b"", False),
        (b"; Max-Age=0", True),
        (b"; Max-Age=-1", True),
        (b"; Max-Age=1", False),
        (b"; Max-Age=soon", False),
        (b"; Expires=Thu, 01 Jan 1970 00:00:00 GMT", True),
        (b"; Expires=Thu, 01-Jan-1970 00:00:10 GMT", True),
        (b"; Expires=Thursday, 01-Jan-70 00:00:10 GMT", True),
        (b"; Expires=Thu Jan  1 00:00:10 1970", True),
        (b"; Expires=Fri, 31 Dec 2038 23:59:59 GMT", False),
        (b"; Expires=Fri, 31-Dec-38 23:59:59 GMT", False),
        (b"; Expires=0", False),
        (b"; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", False),
    ],
)
def test_a_cookie_is_deleted_when_it_expires_at_once(
    attributes: bytes, deleted: bool
) -> None:
    """Max-Age before Expires; a date that is none does not count."""
    assert one(b"a=1" + attributes).deleted is deleted


def test_an_empty_value_deletes() -> None:
    """As applications do it that know no expiry."""
    assert one(b"a=; Path=/").deleted
    assert one(b'a=""').deleted


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Thu, 01 Jan 00:00:00",
        b"32 Jan 2000 00:00:00",
        b"00 Jan 2000 00:00:00",
        b"01 Foo 2000 00:00:00",
        b"01 Jan 2000",
        b"01 Jan 1600 00:00:00",
    ],
)
def test_what_is_no_date_is_none(text: bytes) -> None:
    """Never an exception, never a guess."""
    assert cookie_date(text) is None


@given(st.datetimes(datetime(1601, 1, 1), datetime(9999, 1, 1)))  # noqa: DTZ001 - GMT is said by the format
def test_dates_are_the_seconds_they_mean(moment: datetime) -> None:
    """Against the calendar of the standard library."""
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    month = calendar.month_abbr[moment.month]
    text = f"{moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"

    assert cookie_date(text.encode()) == calendar.timegm(moment.utctimetuple())


@given(st.binary(max_size=60))
def test_no_bytes_raise(line: bytes) -> None:
    """In any place."""
    cookies([(b"cookie", line)])
    set_cookies([(b"set-cookie", b"a=b; Expires=" + line), (b"set-cookie", line)], NOW)
