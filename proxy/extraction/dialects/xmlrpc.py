"""XML-RPC: ``<methodCall>`` asked, ``<methodResponse>`` answered.

The operation is ``methodName``, the arguments are the list of parameters.
Selectors look into the result as JSON (``{json: id}``), or into the XML as it was
written. A ``<fault>`` shows nothing, whatever the status. The calls of
``system.multicall`` are read one by one, as a batch.

Reasons: those of XML, ``not_xmlrpc``, ``no_answer``, ``fault``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from proxy.exchange.body import decode_content
from proxy.exchange.charset import decode_text
from proxy.exchange.json_body import json_pairs
from proxy.extraction.bodies.markup import read_markup
from proxy.extraction.bodies.tree import read_json
from proxy.extraction.bodies.xml import Element, parse_plain, parse_xml
from proxy.extraction.dialects.base import (
    MAX_CALLS,
    Call,
    InnerView,
    NothingShown,
    calls_of,
    whole_of,
)
from proxy.extraction.view import Unreadable, View

_MULTICALL = "system.multicall"
_WHOLE = frozenset({"int", "i1", "i2", "i4", "i8", "biginteger"})


@dataclass(frozen=True, slots=True)
class XmlRpc:
    """``dialect: xmlrpc``."""

    word: str = "xmlrpc"
    remembers: bool = False

    def calls(self, view: View) -> tuple[Call, ...]:
        """See ``Dialect``."""
        request = view.exchange.request
        data = decode_content(request).data
        if b"methodCall" not in data[:1000]:
            return ()
        try:
            root = parse_plain(decode_text(data, request.get(b"content-type")))
        except Unreadable:
            return ()
        names = [(name.text or "").strip() for name in root.findall("methodName")]
        arguments = [_value(value) for value in root.iterfind("params/param/value")]
        if names != [_MULTICALL]:
            return (Call(tuple(names), arguments),) if names else ()
        # The server reads the first parameter: a list of calls.
        listed = arguments[0] if arguments else None
        items = listed if isinstance(listed, list) else []
        if len(items) > MAX_CALLS:
            view.flaws.append("too_many_calls")
        return tuple(
            Call(tuple(_texts(item.get("methodName"))), item.get("params"), number)
            for number, item in enumerate(items[:MAX_CALLS])
            if isinstance(item, dict)
        )

    def shown(self, view: View) -> View:
        """See ``Dialect``: the result as JSON, and the XML."""
        whole = whole_of(view)
        root, value = whole.document((self.word, "answer"), _read_answer)
        calls = calls_of(self, view)
        text: str | Callable[[], str] = view.text
        if calls and calls[0].key is not None:
            value = [_of_batch(value, call) for call in calls]
            value = [held for found, held in value if found]
            if not value:
                raise NothingShown("fault")
            # What other calls answered is not this call's.
            text = partial(json.dumps, value, ensure_ascii=False)
            root = parse_xml("<methodResponse/>")
        else:
            value = [value]
        documents = value
        return InnerView(
            view,
            text,
            "text/xml",
            {read_json: lambda _: documents, read_markup: lambda _: root},
        )

    def remember(self, view: View) -> None:
        """See ``Dialect``: nothing."""


def _read_answer(view: View) -> tuple[Element, Any]:
    root = parse_plain(view.text)
    if root.tag != "methodResponse":
        raise Unreadable("not_xmlrpc")
    place = root.find("params/param/value")
    if place is not None:
        return root, _value(place)
    raise (
        NothingShown("fault")
        if root.find("fault") is not None
        else Unreadable("no_answer")
    )


def _of_batch(answers: Any, call: Call) -> tuple[bool, Any]:
    """Whether this call of a ``system.multicall`` succeeded, and its result."""
    number = call.key
    if not isinstance(answers, list) or not isinstance(number, int):
        return False, None
    answer = answers[number] if number < len(answers) else None
    if isinstance(answer, list) and len(answer) == 1:
        return True, answer[0]
    return False, None


def _value(value: Element) -> Any:
    """A ``<value>``; depth as the document's, which is bounded."""
    for typed in value:
        kind: object = typed.tag
        if isinstance(kind, str):
            break
    else:
        return value.text or ""
    if kind == "string":
        return typed.text or ""
    if kind == "struct":
        return json_pairs(
            [
                pair
                for member in typed
                if member.tag == "member" and (pair := _member(member)) is not None
            ]
        )
    if kind == "array":
        return [
            _value(item)
            for data in typed
            if data.tag == "data"
            for item in data
            if item.tag == "value"
        ]
    text = typed.text or ""
    if kind in _WHOLE and text.strip().lstrip("+-").isdecimal() and len(text) < 40:
        return int(text)
    return None if kind == "nil" else text


def _member(member: Element) -> tuple[str, Any] | None:
    name, place = "", None
    for part in member:
        if part.tag == "name":
            name = part.text or ""
        elif part.tag == "value" and place is None:
            place = part
    return None if place is None else (name, _value(place))


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [held for held in values if isinstance(held, str)]
