"""Session keys in requests and responses: cookies today.

A new kind of key (address, form field, connection) is read here too and gives
digests like the rest. Values are digested at once; the small memory from
Cookie header to digests holds values in memory only and is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from proxy.attribution.digest import session_digest
from proxy.attribution.spec import SessionKeys
from proxy.exchange.model import Headers, Request, Response

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


class KeyReader:
    """Reads the session keys a rule set names, as digests."""

    def __init__(
        self,
        spec: SessionKeys,
        application: str,
        key: bytes,
        *,
        remembered: int = _MEMORY,
    ) -> None:
        self._names = tuple(name.encode("latin-1", "replace") for name in spec.cookies)
        self._kinds = {n: f"cookie:{n.decode('latin-1')}" for n in self._names}
        self._application = application
        self._key = key
        self._memory: dict[bytes, tuple[bytes, ...]] = {}
        self._most = remembered

    @property
    def remembered(self) -> int:
        """Cookie headers in memory."""
        return len(self._memory)

    def of_request(self, request: Request) -> tuple[bytes, ...]:
        """Digests of the session keys of a request, each once, in order."""
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
        if len(header) <= _MEMORY_VALUE:
            if len(self._memory) >= self._most:
                # The oldest; reuse of a header comes in bursts, so order of
                # arrival is near enough to order of use.
                del self._memory[next(iter(self._memory))]
            self._memory[header] = keys
        return keys

    def by_name(self, request: Request) -> dict[bytes, tuple[bytes, ...]]:
        """Digests by cookie name: every value that came under it."""
        found: dict[bytes, tuple[bytes, ...]] = {}
        for header, text in request.headers:
            if header == b"cookie":
                for name, key in self._read(text):
                    if key not in found.get(name, ()):
                        found[name] = (*found.get(name, ()), key)
        return found

    def issued(self, response: Response) -> dict[bytes, tuple[bytes, ...]]:
        """Digests by cookie name that a response set; deletions are left out."""
        found: dict[bytes, tuple[bytes, ...]] = {}
        for cookie in issued_cookies(response):
            if cookie.name in self._kinds and not cookie.deleted:
                key = self._digest(cookie.name, cookie.value)
                if key not in found.get(cookie.name, ()):
                    found[cookie.name] = (*found.get(cookie.name, ()), key)
        return found

    def deletes(self, response: Response) -> bool:
        """Whether a response deletes one of the session cookies."""
        return any(
            cookie.deleted and cookie.name in self._kinds
            for cookie in issued_cookies(response)
        )

    def _read(self, header: bytes) -> list[tuple[bytes, bytes]]:
        found = []
        for part in header.split(b";"):
            name, _, value = part.partition(b"=")
            name = name.strip()
            if name in self._kinds and (value := _unquoted(value)):
                found.append((name, self._digest(name, value)))
                if len(found) == MAX_KEYS:
                    break
        return found

    def _digest(self, name: bytes, value: bytes) -> bytes:
        return session_digest(self._key, self._application, self._kinds[name], value)


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
