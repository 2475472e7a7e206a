"""Session keys in requests and responses, as digests.

Cookies are read here, what stands elsewhere by ``places``. Values are digested
at once; the small memory from Cookie header to digests holds values in memory
only and is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import assert_never

from proxy.attribution.asked import Asked
from proxy.attribution.digest import UNCERTAIN, session_digest
from proxy.attribution.page import Page
from proxy.attribution.places import Labelled, Place
from proxy.attribution.spec import KeyKind, SessionKeys, Which
from proxy.exchange.model import Headers, Request, Response
from proxy.exchange.patterns import compile_glob

_MEMORY = 4096
"""Cookie headers remembered: more than browsers that are active at a time."""
_MEMORY_VALUE = 4096
"""Longest header remembered; 16 MiB at most, then."""
MAX_KEYS = 8
"""Session cookies read of one request; an honest browser sends one, rarely
two. More are left unread: whoever hides his key behind eight others stays
nameless."""


@dataclass(frozen=True, slots=True)
class Issued:
    """One Set-Cookie: the value is a secret and is not printed."""

    name: bytes
    value: bytes = field(repr=False)
    deleted: bool


def request_cookies(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Name and value of every cookie, in order, duplicates kept.

    Quotes around a value are taken off, because servers do: a key must not
    become another one by quoting it (RFC 6265 4.1.1).
    """
    return [
        (name.strip(), _unquoted(value))
        for header, text in headers
        if header == b"cookie"
        for name, _, value in (part.partition(b"=") for part in text.split(b";"))
    ]


def issued_cookies(response: Response) -> list[Issued]:
    """Every Set-Cookie of a response, in order.

    Deleted: an empty value, Max-Age of 0 or less, or Expires before the
    response's own Date (without one: before 2001, which is what applications
    write to delete).
    """
    found = []
    for header, text in response.headers:
        if header != b"set-cookie":
            continue
        pair, *attributes = text.split(b";")
        name, equals, value = pair.partition(b"=")
        if not equals:
            continue
        value = _unquoted(value)
        deleted = not value or _is_over(attributes, response)
        found.append(Issued(name.strip(), value, deleted))
    return found


def _never(_: bytes) -> bool:
    return False


class KeyReader:
    """Reads the session keys a rule set names, as digests."""

    def __init__(
        self,
        spec: SessionKeys,
        application: str,
        key: bytes,
        *,
        remembered: int = _MEMORY,
        older: Sequence[bytes] = (),
        known: Callable[[bytes], bool] = _never,
    ) -> None:
        """Read keys, digested under ``key``.

        While the key file is being rotated, a session whose digest under an
        ``older`` key is ``known`` to the table keeps that digest for its life.
        """
        plain = [name for name in spec.cookies if "*" not in name]
        self._kinds = {n.encode("latin-1", "replace"): f"cookie:{n}" for n in plain}
        self._globs = [compile_glob(name) for name in spec.cookies if "*" in name]
        self._which = spec.which
        self._places = [
            Place(each) for each in spec.places if each.kind is not KeyKind.CONNECTION
        ]
        self._by_connection = len(self._places) < len(spec.places)
        self._application = application
        self._key = key
        self._older = tuple(older)
        self._known = known
        self._memory: dict[bytes, tuple[bytes, ...]] = {}
        self._most = remembered

    @property
    def remembered(self) -> int:
        """Cookie headers in memory."""
        return len(self._memory)

    @property
    def elsewhere(self) -> bool:
        """Whether keys may stand outside the cookies."""
        return bool(self._places) or self._by_connection

    def connection(self, wire: int, connection: int) -> bytes:
        """Digest of a connection as a key."""
        value = b"%x:%x" % (wire, connection)
        return self._digest("connection", value)

    def of_request(self, request: Request) -> tuple[bytes, ...]:
        """Digests of the session cookies of a request, each once, in order."""
        header: bytes | None = None
        for name, value in request.headers:
            if name == b"cookie":
                # HTTP/1 allows one; a second is joined as servers join it.
                header = value if header is None else header + b"; " + value
        if header is None:
            return ()
        known = self._memory.get(header)
        if known is not None:
            return known
        keys = tuple(dict.fromkeys(key for _, key in self._read(header)))
        # Under an older key it is the table's to say which digest it is, each time.
        if len(header) <= _MEMORY_VALUE and not self._older:
            if len(self._memory) >= self._most:
                # The oldest; reuse of a header comes in bursts, so order of
                # arrival is near enough to order of use.
                del self._memory[next(iter(self._memory))]
            self._memory[header] = keys
        return keys

    def placed(self, asked: Asked, wire: int, connection: int) -> list[Labelled]:
        """Label and digest of the keys outside the cookies of a request."""
        found = [
            (place.label, key)
            for place in self._places
            if (values := place.of_request(asked))
            for key in self._counting(place.kind, values, place.place.which)
        ]
        if self._by_connection:
            found.append((b"connection", self.connection(wire, connection)))
        return found

    def by_name(
        self, request: Request, placed: Iterable[Labelled] = ()
    ) -> dict[bytes, tuple[bytes, ...]]:
        """Digests by cookie name or label: every value that came under it."""
        found: dict[bytes, tuple[bytes, ...]] = {}
        header = b"; ".join(v for name, v in request.headers if name == b"cookie")
        for name, key in (*self._read(header), *placed):
            if key not in found.get(name, ()) and key != UNCERTAIN:
                found[name] = (*found.get(name, ()), key)
        return found

    def issued(
        self, request: Request, response: Response
    ) -> dict[bytes, tuple[bytes, ...]]:
        """Digests by name or label that a response set, in cookies or the address
        it leads to; deletions are left out."""
        found: dict[bytes, tuple[bytes, ...]] = {}
        for cookie in issued_cookies(response):
            if not cookie.deleted and (kind := self._kind(cookie.name)):
                key = self._digest(kind, cookie.value)
                if key not in found.get(cookie.name, ()):
                    found[cookie.name] = (*found.get(cookie.name, ()), key)
        for place in self._places:
            values = place.of_location(request, response)
            keys = self._counting(place.kind, values, place.place.which)
            if keys and UNCERTAIN not in keys:
                found[place.label] = keys
        return found

    def given(
        self, request: Request, response: Response, page: Page
    ) -> dict[bytes, tuple[bytes, ...]]:
        """The same, for keys that stand in the body that answers a login."""
        return {
            place.label: (self._digest(place.kind, value),)
            for place in self._places
            if (value := place.of_answer(request, response, page))
        }

    def deletes(self, response: Response) -> bool:
        """Whether a response deletes one of the session cookies."""
        return any(
            cookie.deleted and self._kind(cookie.name)
            for cookie in issued_cookies(response)
        )

    def _kind(self, name: bytes) -> str:
        """What a cookie's name adds to the digest; empty when it is no key."""
        known = self._kinds.get(name)
        if known is None and self._globs:
            text = name.decode("latin-1")
            if any(glob.match(text) for glob in self._globs):
                return f"cookie:{text}"
        return known or ""

    def _read(self, header: bytes) -> list[Labelled]:
        values: list[Labelled] = []
        kinds, globs = self._kinds, self._globs
        for part in header.split(b";"):
            name, _, value = part.partition(b"=")
            name = name.strip()
            if (name in kinds or (globs and self._kind(name))) and (
                value := _unquoted(value)
            ):
                values.append((name, value))
                if len(values) == MAX_KEYS:
                    break
        if self._which is Which.AGREE or len(values) < 2:
            return [(n, self._digest(self._kind(n), value)) for n, value in values]
        return [
            (name, key)
            for name in dict.fromkeys(name for name, _ in values)
            for key in self._counting(
                self._kind(name), [v for n, v in values if n == name], self._which
            )
        ]

    def _counting(
        self, kind: str, values: list[bytes], which: Which
    ) -> tuple[bytes, ...]:
        """Of the values of one name, those that count."""
        match which:
            case Which.FIRST:
                values = values[:1]
            case Which.LAST:
                values = values[-1:]
            case Which.ALL_EQUAL:
                if len(set(values)) > 1:
                    return (UNCERTAIN,)
            case Which.AGREE:
                pass
            case _:
                assert_never(which)
        return tuple(dict.fromkeys(self._digest(kind, value) for value in values))

    def _digest(self, kind: str, value: bytes) -> bytes:
        for key in self._older:
            old = session_digest(key, self._application, kind, value)
            if self._known(old):
                return old
        return session_digest(self._key, self._application, kind, value)


def _unquoted(value: bytes) -> bytes:
    value = value.strip()
    if len(value) >= 2 and value[:1] == b'"' and value[-1:] == b'"':
        return value[1:-1]
    return value


def _is_over(attributes: list[bytes], response: Response) -> bool:
    max_age = expires = None
    for attribute in attributes:
        name, _, value = attribute.partition(b"=")
        name = name.strip().lower()
        if name == b"max-age":
            max_age = value.strip()
        elif name == b"expires":
            expires = value.strip()
    if max_age is not None and max_age.removeprefix(b"-").isdigit():
        # RFC 6265 5.3: Max-Age wins over Expires.
        return max_age.startswith(b"-") or not max_age.strip(b"0")
    if expires is None:
        return False
    until = _seconds(expires)
    if until is None:
        return False
    now = _seconds(response.get(b"date") or b"")
    return until <= (now if now is not None else _2001)


_2001 = 978_307_200


def _seconds(date: bytes) -> float | None:
    """Seconds since the epoch of an HTTP date, or None."""
    try:
        return parsedate_to_datetime(date.decode("latin-1")).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
