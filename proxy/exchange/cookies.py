"""Cookies of a request and of a response (RFC 6265).

Names and values stay bytes: they are compared and digested, not shown. A pair of
quotes around a value is taken off on both sides, as Tomcat does, so that one
session does not count as two. Never raises; callers keep values out of logs.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from proxy.exchange.model import Headers

MAX_COOKIES = 256
"""Cookies read of one message; browsers keep 180 per site (Chrome)."""

_DATE_TOKEN = re.compile(rb"[0-9A-Za-z:]+")
_TIME = re.compile(rb"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})")
_MONTHS = (b"jan feb mar apr may jun jul aug sep oct nov dec").split()
_INTEGER = re.compile(rb"-?[0-9]{1,18}")


class SetCookie(NamedTuple):
    """One Set-Cookie header."""

    name: bytes
    value: bytes
    deleted: bool
    """Empty, or expired at once: the client drops the cookie."""
    attributes: dict[bytes, bytes]
    """Lower-cased name → value, the last one counts (RFC 6265 5.3)."""


def cookies(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Every cookie a client sent, in order, duplicates kept."""
    found: list[tuple[bytes, bytes]] = []
    for header, line in headers:
        if header != b"cookie":
            continue
        for item in line.split(b";", MAX_COOKIES)[:MAX_COOKIES]:
            name, equals, value = item.partition(b"=")
            if equals and len(found) < MAX_COOKIES:
                found.append((name.strip(b" \t"), _value(value)))
    return found


def set_cookies(headers: Headers, now: float) -> list[SetCookie]:
    """Every cookie a server set, in order; ``now`` in seconds since the epoch
    decides whether an expiry date lies in the past."""
    found: list[SetCookie] = []
    for header, line in headers:
        if header != b"set-cookie" or len(found) >= MAX_COOKIES:
            continue
        pair, *items = line.split(b";", 32)
        name, equals, value = pair.partition(b"=")
        if not equals:
            continue
        attributes: dict[bytes, bytes] = {}
        for item in items:
            key, _, text = item.partition(b"=")
            attributes[key.strip(b" \t").lower()] = text.strip(b" \t")
        value = _value(value)
        deleted = not value or _expired(attributes, now)
        found.append(SetCookie(name.strip(b" \t"), value, deleted, attributes))
    return found


def _value(value: bytes) -> bytes:
    value = value.strip(b" \t")
    if len(value) >= 2 and value[:1] == value[-1:] == b'"':
        return value[1:-1]
    return value


def _expired(attributes: dict[bytes, bytes], now: float) -> bool:
    """Max-Age goes before Expires (RFC 6265 5.3)."""
    age = attributes.get(b"max-age")
    if age is not None and _INTEGER.fullmatch(age):
        return int(age) <= 0
    date = attributes.get(b"expires")
    if date is None:
        return False
    seconds = cookie_date(date)
    return seconds is not None and seconds <= now


def cookie_date(text: bytes) -> int | None:
    """Seconds since the epoch of a cookie date, as browsers read it
    (RFC 6265 5.1.1: any order, any separators); None when it is none."""
    time: tuple[int, int, int] | None = None
    day = month = year = -1
    for token in _DATE_TOKEN.findall(text[:100]):
        if time is None and (match := _TIME.match(token)):
            time = (int(match[1]), int(match[2]), int(match[3]))
        elif day < 0 and token.isdigit() and len(token) <= 2:
            day = int(token)
        elif month < 0 and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower())
        elif year < 0 and token.isdigit() and 2 <= len(token) <= 4:
            year = int(token)
    if 0 <= year < 100:
        year += 2000 if year < 70 else 1900
    if time is None or not 1 <= day <= 31 or month < 0 or year < 1601:
        return None
    return (_days(year, month, day) * 24 + time[0]) * 3600 + time[1] * 60 + time[2]


def _days(year: int, month: int, day: int) -> int:
    """Days since the epoch; March-based years put the leap day last."""
    year, month = (year - 1, month + 10) if month < 2 else (year, month - 2)
    leap = year // 4 - year // 100 + year // 400
    return year * 365 + leap + (month * 306 + 5) // 10 + day - 1 - 719468
