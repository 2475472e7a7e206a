"""Session keys outside the cookies: in the address, a field, a header.

A place gives *labelled values*: ``(b"query:_sn", value)``. Values are secrets
and leave this module only to be digested (``keys``).

Issued are such keys in the address a redirect leads to, in the JSON body of a
login's answer, or in the links and forms of the page that answers a login. The
page is the weakest: whoever may write a link into it could plant his own key.
So a page counts only when all its links and forms that carry a key carry the
same one, and nothing else of the answer gives a key.

Read from hostile input; never raises. At most ``MAX_VALUES`` values per place.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from urllib.parse import unquote_to_bytes

from proxy.attribution.asked import Asked
from proxy.attribution.page import Page
from proxy.attribution.spec import KeyKind, KeyPlace, Selector, SelectorKind
from proxy.exchange.body import decode_content
from proxy.exchange.json_body import parse_json, text_at
from proxy.exchange.model import Request, Response
from proxy.exchange.patterns import compile_glob, segment_pattern
from proxy.exchange.target import Target, parse_target

Labelled = tuple[bytes, bytes]
"""Kind with name, and value; the value is a secret."""

MAX_VALUES = 8
"""Values of one place in one message; an honest one has one."""
_HTML = b"text/html"
_LINKS = Selector(
    SelectorKind.XPATH, "//a/@href|//form/@action|//frame/@src|//iframe/@src"
)
_IN_ADDRESS = frozenset(
    {KeyKind.PATH_PARAMETER, KeyKind.PATH_SEGMENT, KeyKind.QUERY, KeyKind.FORM}
)


class Place:
    """Reads one ``KeyPlace``."""

    def __init__(self, place: KeyPlace) -> None:
        self.place = place
        self.label = f"{place.kind.value}:{place.name}".encode("latin-1", "replace")
        self.kind = self.label.decode("latin-1")
        """What its name adds to the digest of a value."""
        self._fits = compile_glob(place.name).match
        self._header = place.name.lower().encode("latin-1", "replace")
        self._segment: re.Pattern[str] | None = None
        if place.kind is KeyKind.PATH_SEGMENT:
            self._segment = segment_pattern(place.name)

    def of_request(self, asked: Asked) -> list[bytes]:
        """Its values in a request, in order, duplicates kept."""
        match self.place.kind:
            case KeyKind.FORM:
                return self._named(asked.form)
            case KeyKind.HEADER:
                found = map(self._of_header, asked.request.get_all(self._header))
                return [value for value in found if value][:MAX_VALUES]
            case KeyKind.CONNECTION:
                return []
            case _:
                return self._of_target(asked.target)

    def of_location(self, request: Request, response: Response) -> list[bytes]:
        """Its values in the address a redirect of the application leads to."""
        location = response.get(b"location")
        if location is None or self.place.kind not in _IN_ADDRESS:
            return []
        target = _own_target(location.strip(), request.get(b"host"))
        return [] if target is None else self._of_target(target)

    def of_answer(self, request: Request, response: Response, page: Page) -> bytes:
        """Its value in the body that answers a login; empty for none, or doubt."""
        if self.place.issued:
            body = parse_json(
                decode_content(response).data, response.get(b"content-type")
            )
            text = text_at(body.value, self.place.issued) or ""
            return text.encode("utf-8", "replace")
        if self.place.kind not in _IN_ADDRESS:
            return b""
        if _HTML not in (response.get(b"content-type") or b""):
            return b""
        host = request.get(b"host")
        values = dict.fromkeys(
            value
            for link in page.select(_LINKS) or ()
            if (target := _own_target(link.encode("utf-8", "replace"), host))
            for value in self._of_target(target)
        )
        if self.place.kind is KeyKind.FORM:
            values.update(dict.fromkeys(self._hidden(page)))
        return next(iter(values)) if len(values) == 1 and page.complete else b""

    def _hidden(self, page: Page) -> list[bytes]:
        if '"' in self.place.name or "*" in self.place.name:
            return []
        where = f'//input[@name="{self.place.name}"]/@value'
        found = page.select(Selector(SelectorKind.XPATH, where)) or []
        return [text.encode() for text in found if text]

    def _of_target(self, target: Target) -> list[bytes]:
        match self.place.kind:
            case KeyKind.PATH_PARAMETER:
                return self._named(target.parameters)
            case KeyKind.QUERY:
                return self._named(target.query)
            case KeyKind.PATH_SEGMENT:
                return self._of_segments(target.raw_path)
            case _:
                return []

    def _named(self, fields: list[tuple[str, str]]) -> list[bytes]:
        fits = self._fits
        found = [value.encode() for name, value in fields if value and fits(name)]
        return found[:MAX_VALUES]

    def _of_segments(self, raw_path: bytes) -> list[bytes]:
        assert self._segment is not None
        found = []
        for raw in raw_path.split(b"/"):
            segment = unquote_to_bytes(raw.partition(b";")[0]).decode("latin-1")
            if held := self._segment.fullmatch(segment):
                found.append(held[1].encode("latin-1"))
        return found[:MAX_VALUES]

    def _of_header(self, value: bytes) -> bytes:
        place = self.place
        prefix = place.prefix.encode("latin-1", "replace")
        value = value.strip()
        if value[: len(prefix)].lower() != prefix.lower():
            return b""
        value = value[len(prefix) :].strip()
        if not place.base64:
            return value
        try:
            parts = a2b_base64(value).split(b":")
        except (Base64Error, ValueError):
            return b""
        if not -len(parts) <= place.part < len(parts):
            return b""
        return parts[place.part]


def _own_target(address: bytes, host: bytes | None) -> Target | None:
    """Where an address of the application leads; None for another's."""
    if address[:2] in (b"//", b"\\\\", b"/\\"):
        return None
    colon, slash = address.find(b":"), address.find(b"/")
    if address[:1] != b"/" and 0 <= colon < (slash if slash >= 0 else len(address)):
        if not address.lower().startswith((b"http://", b"https://")):
            return None
        target = parse_target(address)
        own = (host or b"").decode("latin-1").lower()
        return target if target.authority.lower() == own else None
    return parse_target(address.partition(b"#")[0])
