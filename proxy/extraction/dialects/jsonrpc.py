"""JSON-RPC 1.0 and 2.0, with batches: ``{"method": …, "params": …, "id": …}``.

The operation is ``method``, the arguments are ``params``. Selectors look into
the *results* of the calls a rule claims; an error inside a 200 shows nothing
(``rpc_error``). Answers of a batch are found by ``id``; two calls with one id get
each other's answers too (``ambiguous_ids``, partial). A key that an object has
twice is read both ways, as everywhere.

Reasons: ``not_json``, ``too_deep``, ``no_answer``, ``rpc_error``; in part:
``ambiguous_ids``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from proxy.exchange.body import decode_content
from proxy.exchange.charset import decode_text
from proxy.extraction.bodies.tree import read_json, read_variants
from proxy.extraction.dialects.base import (
    MAX_CALLS,
    Call,
    InnerView,
    NothingShown,
    calls_of,
    whole_of,
)
from proxy.extraction.view import Unreadable, View


class _Answers(NamedTuple):
    """Every answer of a response."""

    results: dict[Hashable, list[Any]]
    """Key → results, those of errors left out."""
    errors: frozenset[Hashable]
    alone: bool
    """The response is one answer and no list."""


@dataclass(frozen=True, slots=True)
class JsonRpc:
    """``dialect: jsonrpc``."""

    word: str = "jsonrpc"
    remembers: bool = False

    def calls(self, view: View) -> tuple[Call, ...]:
        """See ``Dialect``."""
        request = view.exchange.request
        data = decode_content(request).data
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
            return ()
        text = decode_text(data, request.get(b"content-type"))
        try:
            variants = read_variants(text, view)
        except Unreadable:
            return ()
        found: list[Call] = []
        for variant in variants:
            items = variant if isinstance(variant, list) else [variant]
            for item in items[: MAX_CALLS + 1]:
                if isinstance(item, dict) and isinstance(item.get("method"), str):
                    key = _key(item.get("id"))
                    call = Call((item["method"],), item.get("params"), key)
                    if len(variants) == 1 or call not in found:
                        found.append(call)
        if len(found) > MAX_CALLS:
            view.flaws.append("too_many_calls")
        return tuple(found[:MAX_CALLS])

    def shown(self, view: View) -> View:
        """See ``Dialect``: the results, each as a document of its own."""
        whole = whole_of(view)
        answers = whole.document((self.word, "answers"), _read_answers)
        everything = calls_of(self, whole)
        if answers.alone and len(everything) < 2:
            results = [held for group in answers.results.values() for held in group]
            failed = bool(answers.errors)
            text: str | Callable[[], str] = view.text
        else:
            keys = {call.key for call in calls_of(self, view)}
            results = [held for key in keys for held in answers.results.get(key, ())]
            failed = not keys.isdisjoint(answers.errors)
            if len(calls_of(self, view)) > len(keys):
                view.flaws.append("ambiguous_ids")
            text = partial(_written, results)
        if not results:
            raise NothingShown("rpc_error") if failed else Unreadable("no_answer")
        return InnerView(view, text, "application/json", {read_json: lambda _: results})

    def remember(self, view: View) -> None:
        """See ``Dialect``: nothing."""


def _read_answers(view: View) -> _Answers:
    results: dict[Hashable, list[Any]] = {}
    errors: set[Hashable] = set()
    alone = True
    for variant in view.document(read_json, read_json):
        if isinstance(variant, list):
            alone = False
        for item in variant if isinstance(variant, list) else [variant]:
            if not isinstance(item, dict):
                continue
            key = _key(item.get("id"))
            result = item.get("result")
            if result is None and item.get("error") is not None:
                errors.add(key)
            elif "result" in item:
                results.setdefault(key, []).append(result)
    return _Answers(results, frozenset(errors), alone)


def _written(results: list[Any]) -> str:
    return "\n".join(json.dumps(held, ensure_ascii=False) for held in results)


def _key(value: Any) -> Hashable:
    """An id as it is compared: 1 is not "1", and no id is like no other."""
    if isinstance(value, (str, int, float)):
        return type(value).__name__, value
    return None if value is None else repr(value)[:200]
