"""One page, however it travels: the same views.

Any split of the bytes, any chunking, content coding and charset; selectors with
scopes, transforms, skipped rows and conditions look at the same text.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.model import Exchange
from proxy.ruleset import RuleSet
from tests.support.http import down, each_byte, read, up, whole
from tests.support.pages import rules

RULES = rules(
    """\
  list:
    request: "GET /clients"
    content_type: text/html
    body: {contains: Clients}
    action: search
    context: {term: query.q}
    each: {css: tr, within: "#main", except: ".total"}
    subject:
      {type: client, id: {attr: data-nr, transform: [trim, upper, strip_zeros]},
       skip: {id: '^0$'}}
    data: {remarks: {css: ".café"}}
  data:
    request: "GET /clients"
    action: list
    each: {json: rows}
    subject: {type: client, id: {json: nr, transform: [{regex: '(?:nr|é):(\\w+)'}]}}
"""
)
PAGE = (
    "<h1>Clients</h1><table><tr data-nr=99><td>menu</table><table id=main>"
    "<tr data-nr=' 007a'><td>André<tr data-nr=0><td><input>"
    "<tr data-nr=é12><td class=café>Zoë<tr class=total data-nr=2></table>"
)
JSON = '{"rows": [{"nr": "nr:7"}, {"nr": "é:8"}]}'
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
CHARSETS = ("utf-8", "windows-1252", "utf-16")


def response(body: bytes, kind: str, coding: str, sizes: list[int]) -> bytes:
    """On the wire, in chunks of these sizes; none: with its length."""
    data = CODINGS[coding](body)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n"
    head += f"Content-Encoding: {coding}\r\n" if coding else ""
    if not sizes:
        return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data
    chunks = b""
    for size in sizes:
        piece, data = data[:size], data[size:]
        if piece:
            chunks += f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    if data:
        chunks += f"{len(data):x};ext=1\r\n".encode() + data + b"\r\n"
    return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\n\r\n"


def shown(ruleset: RuleSet, exchange: Exchange) -> tuple[object, ...]:
    """All that is recorded of it."""
    reading = ruleset.read(exchange)
    found = [(s.id, s.position, s.categories) for s in reading.extracted.subjects]
    return reading.rule, reading.extracted.status.value, found, reading.context


EXPECTED = {
    "html": (
        "list",
        "recorded",
        [("7A", 0, ("remarks",)), ("É12", 2, ("remarks",))],
        (("term", "zoë", False),),
    ),
    "json": ("data", "recorded", [("7", 0, ()), ("8", 1, ())], ()),
}


@pytest.mark.parametrize("kind", ["html", "json"])
@given(
    charset=st.sampled_from(CHARSETS),
    coding=st.sampled_from(sorted(CODINGS)),
    sizes=st.lists(st.integers(1, 200), max_size=6),
    cuts=st.lists(st.integers(0, 2000), max_size=8),
    bytewise=st.booleans(),
)
def test_a_page_shows_the_same_however_it_travels(
    kind: str,
    charset: str,
    coding: str,
    sizes: list[int],
    cuts: list[int],
    bytewise: bool,
) -> None:
    """Charset, coding, chunks, and where the bytes are cut."""
    text = PAGE if kind == "html" else JSON
    media = "text/html" if kind == "html" else "application/json"
    answer = response(
        text.encode(charset), f"{media}; charset={charset}", coding, sizes
    )
    asked = b"GET /clients?q=+Zo%C3%AB HTTP/1.1\r\nHost: a\r\n\r\n"

    def split(data: bytes) -> list[bytes]:
        places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
        return [data[a:b] for a, b in pairwise(places)]

    seen = read([up(asked), down(answer)], split=each_byte if bytewise else split)

    (exchange,) = seen.exchanges
    assert EXPECTED[kind] == shown(RULES, exchange)


@pytest.mark.parametrize("end", range(0, 400, 7))
def test_a_page_that_was_cut_is_never_whole(end: int) -> None:
    """Whatever was found of it, it is said that more may have been there."""
    asked = b"GET /clients?q=x HTTP/1.1\r\nHost: a\r\n\r\n"
    whole_answer = response(PAGE.encode(), "text/html; charset=utf-8", "", [])
    head = whole_answer.index(b"\r\n\r\n") + 4
    answer = whole_answer[: head + end % (len(whole_answer) - head)]

    seen = read([up(asked), down(answer)], split=whole, ended="ud")

    (exchange,) = seen.exchanges
    assert RULES.read(exchange).extracted.status.value in (
        "partial",
        "failed",
        "unmapped",
        "nothing_expected",
    )
