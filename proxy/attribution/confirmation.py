"""Did the application accept it? Predicates over one exchange.

Of ten real applications hardly two answer a right and a wrong password in the
same way, so the rule set states how this one does. Evaluation is three-valued
(Kleene): what could not be read is neither true nor false, and only *true*
confirms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import assert_never

from proxy.attribution.keys import issued_cookies, request_cookies
from proxy.attribution.page import Page
from proxy.attribution.spec import (
    AllOf,
    AnyOf,
    BodyContains,
    CookieState,
    HeaderIs,
    JsonIs,
    LocationIs,
    Not,
    Predicate,
    Present,
    SetCookie,
    StatusIn,
)
from proxy.exchange.json_body import Duplicates, Way, parse_json, value_at
from proxy.exchange.model import Exchange, Request, Response
from proxy.exchange.patterns import Glob, compile_glob, plain_path

_COOKIELESS = re.compile(r"\((?:[A-Za-z0-9]{16,}+|(?:[A-Z]\([^()/]*+\))++)\)")
"""Path segment of ASP.NET without cookies: ``(S(key))``, and ``(key)`` of Mono."""


def evaluate(
    predicate: Predicate, exchange: Exchange, page: Page | None = None
) -> bool | None:
    """Whether this holds for the exchange; None when it cannot be known.

    Args:
        predicate: From the rule set.
        exchange: With or without a response; without one nothing is known.
        page: The response's body, when somebody has it already.
    """
    response = exchange.response
    if response is None:
        return None
    return _evaluate(predicate, exchange.request, response, page or Page(response))


def _evaluate(
    predicate: Predicate, request: Request, response: Response, page: Page
) -> bool | None:
    match predicate:
        case StatusIn(low, high):
            return low <= response.status <= high
        case LocationIs(pattern):
            return _location_is(pattern, request, response)
        case HeaderIs(name, pattern):
            return any(
                pattern.match(value.decode("latin-1"))
                for value in response.get_all(name.encode("latin-1", "replace"))
            )
        case SetCookie(name, state):
            return _cookie_is(name, state, request, response)
        case BodyContains(text):
            return _seen(text in page.text, page)
        case Present(selector):
            found = page.select(selector)
            return None if found is None else _seen(bool(found), page)
        case JsonIs(way, pattern):
            return _json_is(way, pattern, page)
        case AllOf(terms):
            return _all(_evaluate(term, request, response, page) for term in terms)
        case AnyOf(terms):
            return _not(
                _all(_not(_evaluate(t, request, response, page)) for t in terms)
            )
        case Not(term):
            return _not(_evaluate(term, request, response, page))
        case _:
            assert_never(predicate)


def _json_is(way: Way, pattern: Glob, page: Page) -> bool | None:
    if not page.complete:
        return None
    body = parse_json(page.text.encode(), b"application/json; charset=utf-8")
    if body.reason:
        return None
    held = body.value
    if (parent := value_at(held, way[:-1])) is None:
        return False
    last = way[-1]
    there = (
        isinstance(parent, dict) and last in parent
        if isinstance(last, str)
        else isinstance(parent, list) and -len(parent) <= last < len(parent)
    )
    if not there:
        return False
    found = parent[last]
    if isinstance(found, Duplicates):
        return None
    text = found if isinstance(found, str) else json.dumps(found)
    return pattern.match(text)


def _all(values: Iterable[bool | None]) -> bool | None:
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _seen(found: bool, page: Page) -> bool | None:
    """Not found means nothing when only part of the page could be read."""
    return True if found else (False if page.complete else None)


def _location_is(pattern: Glob, request: Request, response: Response) -> bool:
    if pattern.text.startswith("/"):
        address = redirect(request, response)
        return address is not None and pattern.match(address)
    value = response.get(b"location")
    return value is not None and pattern.match(value.decode("latin-1"))


def redirect(request: Request, response: Response) -> str | None:
    """Path and query a Location header leads to, or None without one.

    Resolved against the request's path (RFC 3986 5.2); authority, fragment and
    path parameters are removed, and so are session segments of ASP.NET.
    """
    value = response.get(b"location")
    if value is None:
        return None
    path, mark, query = _without_authority(value.decode("latin-1").strip())
    if not path.startswith("/"):
        base = _without_authority(request.target.decode("latin-1"))[0]
        path = base if not path else base.rpartition("/")[0] + "/" + path
    segments = (
        segment.partition(";")[0]
        for segment in path.split("/")
        if not _COOKIELESS.fullmatch(segment)
    )
    return plain_path("/".join(segments)) + mark + query


def _without_authority(address: str) -> tuple[str, str, str]:
    """Path, question mark and query of an address."""
    address = address.partition("#")[0]
    path, mark, query = address.partition("?")
    scheme, colon, rest = path.partition("://")
    if colon and "/" not in scheme:
        path = "/" + rest.partition("/")[2]
    elif path.startswith("//"):
        path = "/" + path[2:].partition("/")[2]
    return path, mark, query


def _cookie_is(
    name: str, state: CookieState, request: Request, response: Response
) -> bool:
    if "*" in name:
        glob = compile_glob(name)
        fits = [n for n, _ in request_cookies(request.headers)]
        fits += [cookie.name for cookie in issued_cookies(response)]
        wanted = {n for n in fits if glob.match(n.decode("latin-1"))}
    else:
        wanted = {name.encode("latin-1", "replace")}
    before = {v for n, v in request_cookies(request.headers) if n in wanted}
    mine = [cookie for cookie in issued_cookies(response) if cookie.name in wanted]
    values = [cookie.value for cookie in mine if not cookie.deleted]
    match state:
        case CookieState.ABSENT:
            return not mine
        case CookieState.SET:
            return bool(values)
        case CookieState.DELETED:
            return bool(mine) and not values
        case CookieState.CHANGED:
            return any(value not in before for value in values)
        case CookieState.UNCHANGED:
            if not mine:
                return bool(before)
            return bool(values) and all(value in before for value in values)
        case _:
            assert_never(state)
