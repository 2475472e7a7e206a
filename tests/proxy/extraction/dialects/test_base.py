"""What holds of every dialect: any bytes, any split, any encoding."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import Extraction
from proxy.exchange.model import BodyState, Exchange, Message
from proxy.extraction import Unreadable
from proxy.extraction.bodies.markup import read_markup
from proxy.extraction.bodies.tree import read_json
from proxy.extraction.dialects.base import calls_of, shown_by
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.memory import Memory, SessionMemory
from proxy.extraction.view import View
from proxy.ruleset import RuleSet, load
from tests.support.cookbook import page
from tests.support.dialects import rpc, told
from tests.support.http import Split, down, each_byte, read, up, whole
from tests.support.sent import CODINGS, sent

M = TypeVar("M", bound=Message)

PAGES = {word: page(word) for word in DIALECTS}
RULES: dict[str, RuleSet] = {}
for _word, _page in PAGES.items():
    _loaded = load(_page.rules.encode(), _word)
    assert isinstance(_loaded, RuleSet)
    RULES[_word] = _loaded
EXAMPLES = [(word, each.exchange) for word in DIALECTS for each in PAGES[word].examples]
FRAGMENTS = [
    b"@0`0`", b"1`1``0`", b"3`S_BC1`", b"9999999`", b"5|updatePanel|up|", b"99999999|",
    b"<partial-response>", b"<update id='a'>", b"<![CDATA[", b"]]>", b"<s:Envelope>",
    b"<Envelope><Body>", b"<Fault/>", b"<methodCall>", b"<methodName>",
    b"<methodResponse>", b"<params><param><value>", b"<struct><member>", b'{"method":',
    b'"x", "id": 1}', b"[", b"]", b'{"result":', b"<!DOCTYPE a [<!ENTITY b 'c'>",
    b"&b;", b"\xff\xfe", b"\0", b"\xed\xa0\x80", b"<a b='1'", b"SWECmd=Gv&", b"SWEAC=",
    b"__EVENTTARGET=g&", b"<EXEC><CMD NAME='SWECmd' VALUE='", b"`rl`0`r`0`v`5*abc",
]  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from(FRAGMENTS), max_size=20).map(b"".join),
)
KINDS = [
    "text/xml", "application/json", "text/html", "text/plain", "",
    "text/xml; charset=utf-16",
    "application/x-www-form-urlencoded",
]  # fmt: skip


@pytest.mark.parametrize("word", DIALECTS)
@given(
    asked=BODIES,
    answered=BODIES,
    kind=st.sampled_from(KINDS),
    state=st.sampled_from(BodyState),
)
def test_anything_is_read_without_fault(
    word: str, asked: bytes, answered: bytes, kind: str, state: BodyState
) -> None:
    """As a document of every kind; what cannot be read says why."""
    dialect = DIALECTS[word]
    view = View(rpc(asked, answered, kind, state=state))
    view.memory = SessionMemory(Memory(), (b"s",))

    dialect.remember(view)
    calls = calls_of(dialect, view)
    assert all(call.names or call.names == () for call in calls)
    try:
        inner = shown_by(dialect, view)
        assert isinstance(inner.text, str)
        inner.document(read_json, read_json)
        inner.document(read_markup, read_markup)
    except Unreadable:
        pass


@given(
    example=st.sampled_from(EXAMPLES),
    asked=BODIES,
    answered=BODIES,
    state=st.sampled_from(BodyState),
)
def test_rules_of_the_cookbook_never_raise_and_say_what_came_of_it(
    example: tuple[str, Exchange], asked: bytes, answered: bytes, state: BodyState
) -> None:
    """Whatever stands in place of the bodies, or behind them."""
    word, exchange = example
    assert exchange.response is not None
    for request, response in (
        (exchange.request.body, answered),
        (exchange.request.body, exchange.response.body + answered),
        (asked, exchange.response.body),
    ):
        answer = Exchange(_with(exchange.request, request), None)
        answer.response = _with(exchange.response, response)
        answer.response.body_state = state
        extracted = RULES[word].read(answer).extracted

        assert extracted.reason or extracted.status is Extraction.RECORDED
        assert extracted.subjects or extracted.status is not Extraction.PARTIAL


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("split", [whole, each_byte])
@pytest.mark.parametrize("chunk", [0, 1, 7, 4096])
@pytest.mark.parametrize(("word", "exchange"), EXAMPLES)
def test_split_chunks_and_codings_make_no_difference(
    word: str,
    exchange: Exchange,
    chunk: int,
    split: Split,
    coding: bytes,
) -> None:
    """The same page gives the same views however it was sent."""
    asked, answered = sent(exchange, coding, chunk)

    (seen,) = read([up(asked), down(answered)], split=split).exchanges

    assert told(RULES[word], seen) == told(RULES[word], exchange)


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "utf-16-be", "iso-8859-15"])
@pytest.mark.parametrize(("word", "exchange"), EXAMPLES)
def test_the_charset_makes_no_difference(
    word: str, exchange: Exchange, charset: str
) -> None:
    """Lengths inside a body count characters, whatever the bytes."""
    assert exchange.response is not None
    text = exchange.response.body.decode()
    if not charset.startswith("utf") and "😀" in text:
        pytest.skip("not a character of that charset")
    answer = Exchange(exchange.request, _with(exchange.response, text.encode(charset)))
    assert answer.response is not None
    kind = answer.response.get(b"content-type") or b""
    label = charset.replace("16-", "16").encode()
    bare = kind.partition(b";")[0]
    answer.response.headers = [
        (name, bare + b"; charset=" + label if name == b"content-type" else value)
        for name, value in answer.response.headers
    ]

    assert told(RULES[word], answer) == told(RULES[word], exchange)


def _with(message: M, body: bytes) -> M:
    return replace(
        message, body=body, content_length=len(body), headers=list(message.headers)
    )
