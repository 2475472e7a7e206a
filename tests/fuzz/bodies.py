"""What must hold of reading bodies and dialects, whatever they are.

Nothing raises, an id is never longer than an id, and a list that is read while it
passes gives the same for any split.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import brotli
import zstandard

from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Exchange, Headers, Request, Response
from proxy.extraction import View
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.memory import Memory, SessionMemory
from proxy.extraction.stream import Stream
from proxy.ruleset import RuleSet, load
from tests.fuzz.mutating import Mutator
from tests.support import cookbook
from tests.support.pages import rules
from tests.support.pdfs import objects, shown, stream, written

RULES = rules(
    """\
  css: {request: "GET /css", action: list, each: {css: "table tr[data-id]", except: ".recent"}, subject: {type: c, id: attr.data-id}, data: {a: {css: "#a, p > b"}}}
  xpath: {request: "GET /xpath", action: list, each: {xpath: "//tr[td]"}, subject: {type: c, id: {xpath: "./td[1]"}}}
  regex: {request: "GET /regex", action: list, each: {regex: '(?:data-id|nr)="?(?P<id>\\w+)"?'}, subject: {type: c, id: group.id}}
  json: {request: "GET /json", action: list, each: {json: "clients[]"}, subject: {type: c, id: json.id}, data: {a: {json: "clients[?a>`1`].b | [0]"}}}
  csv: {request: "GET /csv", action: export, each: csv, subject: {type: c, id: column.Nr, skip: {row: Totaal}}}
  jsonl: {request: "GET /jsonl", action: export, each: jsonl, subject: {type: c, id: {json: id, transform: [trim, percent, html, strip_zeros]}}}
  pdf: {request: "GET /pdf", action: print, subject: {type: c, id: {regex: 'Nr (\\w+)'}}, data: {a: {regex: Naam}}}
  parts: {request: "GET /parts", action: view, subjects: [{type: c, id: {css: "i", attr: data-id}}, {type: c, id: {json: id}}, {type: c, id: {regex: 'Nr (\\w+)'}}]}
  form: {request: "POST /form", action: view, subject: {type: c, id: form.id}, context: {a: query.a}}
"""  # noqa: E501
)
TYPES = """text/html|text/html; charset=iso-8859-1|application/xml|text/csv|text/xml
application/json|text/plain||text/html; charset=utf-16|text/csv; charset=shift_jis
application/x-ndjson|multipart/mixed; boundary=a|text/html; charset=iso-2022-jp
text/tab-separated-values|application/pdf""".replace("\n", "|").split("|")
PAGES = {
    "css": b'<meta charset=utf-8><table><tr data-id="5"><td>5<td>J\xc3\xa9'
    b'<tr data-id=7><td>7</table><p><b>a</b><!-- <tr data-id="9"> --><frame src=x>',
    "xpath": b"<?xml version='1.0' encoding='iso-8859-1'?><a xmlns='x'>"
    b"<tr><td>5</td></tr><tr><td>\xe9</td></tr></a>",
    "regex": b'<i data-id="5"><i nr=7>',
    "json": b'{"clients": [{"id": 5, "a": 2, "b": [1]}, {"id": "K\\u00e9", "id": 7}]}',
    "csv": b'Nr;Naam\r\n5;"Jan ""x"";\r\ny"\r\n7;b\r\nTotaal;2\r\n',
    "jsonl": b'{"id": 5}\n{"id": "%30"}\r\n\x1e{"id": 7, "id": 8}\n',
    "pdf": written(objects([stream(shown(["Nr 5", "Naam"]), packed=False)])),
    "parts": b"--a\r\nContent-Type: text/html\r\n\r\n<i data-id=5 srcdoc='<i>'>"
    b'<!-- <i> -->\r\n--a\nContent-Type: application/json\n\n{"id": 7}\n--a\r\n'
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nNr 9\r\n--b--\r\n"
    b"--a\r\nContent-Range: bytes 5-9/20\r\nContent-Type: text/plain\r\n\r\nNr 8\r\n"
    b"--a--",
    "form": b"id=5&id=%e9&a=1",
}
OWN_TYPE = {"pdf": "application/pdf", "parts": "multipart/mixed; boundary=a"}
"""Kinds that are nothing by another type."""
CODINGS: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": lambda data: gzip.compress(data, 1),
    b"deflate": lambda data: zlib.compress(data, 1),
    b"br": lambda data: brotli.compress(data, quality=1),
    b"zstd": lambda data: zstandard.ZstdCompressor(level=1).compress(data),
}
LIMITS = Limits(streamed=200_000, expansion=10, decoded=50_000)
LONGEST = 256


def check_body(mutator: Mutator) -> None:
    """One page of a kind, declared as that or as another."""
    random = mutator.random
    kind = random.choice(tuple(PAGES))
    data = mutator.mutated(PAGES[kind], tuple(PAGES.values()))
    declared = OWN_TYPE.get(kind) if random.random() < 0.7 else None
    declared = declared or random.choice(TYPES)
    headers: Headers = [(b"content-type", declared.encode())]
    data = _coded(mutator, data, headers)
    status = 200
    if random.random() < 0.1:
        status = 206
        first, last = random.randint(0, 20), random.randint(0, 300)
        said = f"bytes {first}-{last}/{last + random.choice((1, 2))}"
        headers.append((b"content-range", said.encode()))
    if kind == "form":
        seen = _exchange(b"POST", b"/form?a=1", data, headers, b"")
    else:
        seen = _exchange(b"GET", b"/" + kind.encode(), b"", headers, data, status)
    _read(RULES, RULES.view(seen))


def check_stream(mutator: Mutator) -> None:
    """A list in two ways."""
    random = mutator.random
    kind = random.choice(("csv", "jsonl"))
    data = mutator.mutated(PAGES[kind], (PAGES["csv"], PAGES["jsonl"]))
    headers: Headers = [(b"content-type", random.choice(TYPES).encode())]
    data = _coded(mutator, data, headers)
    cut = random.random() < 0.2
    whole = _streamed(kind, [data], headers, cut=cut)
    parts = _streamed(kind, mutator.pieces(data), headers, cut=cut)
    assert parts == whole, "a split makes a difference"


class _Dialect(NamedTuple):
    ruleset: RuleSet
    exchanges: list[Exchange]
    asked: list[bytes]
    answered: list[bytes]


@cache
def _dialect(word: str) -> _Dialect:
    page = cookbook.page(word)
    ruleset = load(page.rules.encode(), word)
    assert isinstance(ruleset, RuleSet), str(ruleset)
    exchanges = [example.exchange for example in page.examples]
    answered = [each.response.body for each in exchanges if each.response]
    return _Dialect(ruleset, exchanges, [e.request.body for e in exchanges], answered)


def dialect(word: str) -> Callable[[Mutator], None]:
    """The check of one dialect: a session of a few exchanges."""

    def check(mutator: Mutator) -> None:
        random, known = mutator.random, _dialect(word)
        memory = SessionMemory(Memory(100_000), (b"s",))
        for _ in range(random.choice((1, 1, 3))):
            seen = random.choice(known.exchanges)
            response = seen.response
            assert response is not None
            asked, answered = seen.request.body, response.body
            if random.random() < 0.4:
                asked = mutator.mutated(asked, known.asked)
            if random.random() < 0.9:
                answered = mutator.mutated(answered, known.answered)
            target = seen.request.target
            if random.random() < 0.1:
                target = mutator.mutated(target, [target]).replace(b" ", b"")
            request = Request(
                method=seen.request.method,
                target=target,
                headers=seen.request.headers,
                body=asked,
            )
            again = Response(
                status=response.status,
                headers=response.headers,
                body=answered,
                content_length=len(answered),
            )
            view = known.ruleset.view(Exchange(request, again))
            view.memory = memory
            _read(known.ruleset, view)

    return check


def _read(ruleset: RuleSet, view: View) -> None:
    for found in ruleset.read(view).extracted.subjects:
        assert 0 < len(found.id) <= LONGEST, "an id that is none"


def _coded(mutator: Mutator, data: bytes, headers: Headers) -> bytes:
    random = mutator.random
    if random.random() < 0.8:
        return data
    coding = random.choice(tuple(CODINGS))
    headers.append((b"content-encoding", coding))
    data = CODINGS[coding](data)
    return mutator.mutated(data, [data]) if random.random() < 0.5 else data


def _exchange(
    method: bytes,
    target: bytes,
    asked: bytes,
    headers: Headers,
    body: bytes,
    status: int = 200,
) -> Exchange:
    form: Headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request(method=method, target=target, headers=form, body=asked)
    response = Response(
        status=status, headers=headers, body=body, content_length=len(body)
    )
    return Exchange(request, response)


def _streamed(
    kind: str, pieces: list[bytes], headers: Headers, *, cut: bool
) -> tuple[object, ...]:
    seen = _exchange(b"GET", b"/" + kind.encode(), b"", headers, b"")
    assert seen.response is not None
    rule = next(r.rule for r in RULES.records if r.rule.name == kind)
    stream = Stream(rule, RULES.view(seen), LIMITS)
    for piece in pieces:
        stream.feed(piece)
    seen.response.stream = stream
    seen.response.body_state = BodyState.CUT if cut else BodyState.TRUNCATED
    answer = RULES.read(RULES.view(seen)).extracted
    assert answer.reason != "internal", "reading raised"
    return answer.status, [tuple(found) for found in answer.subjects]


WORDS = (*DIALECTS, "redirects")
