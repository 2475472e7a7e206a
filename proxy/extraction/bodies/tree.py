"""JSON as values, with every value of a key that an object has twice.

Readers differ in which of two equal keys counts, and an employee may choose the
order. A document with such keys is therefore read as several *variants*: the
first takes the first value of each such key, the next the second, and so on; a
selector's values are those of all variants.

Reasons: ``not_json``, ``too_deep``; in part: ``too_many_duplicates``.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from proxy.exchange.json_body import Duplicates, json_pairs
from proxy.extraction.view import Unreadable, View

MAX_VARIANTS = 8
"""Documents made of one; an honest one has no duplicate keys at all."""

_WRAPPED = re.compile(
    r"\s*(?:\)\]\}'?,?|while\s?\(1\);|for\s?\(;;\);|\{\}\s?&&"
    r"|(?:/\*\*/)?\s?[\w.$]{1,100}\s?\()\s*"
)
"""Guards against script inclusion, and the opening of JSONP."""


_ESCAPED_COLON = ("\\u003a", "\\u003A")
_FAST: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_WRITER = msgspec.json.Encoder()
_DOUBLED: Any = object()


def read_json(view: View) -> list[Any]:
    """The variants of the response's document; one unless keys are doubled."""
    return read_variants(view.text, view)


def read_variants(text: str, view: View) -> list[Any]:
    """``read_json`` of any text."""
    return variants_of(text, view.flaws)


def variants_of(text: str, flaws: list[str]) -> list[Any]:
    """``read_json`` of any text; what was not read in full is added to ``flaws``."""
    start = text[:1]
    if start not in "{[":
        text = text.lstrip("\ufeff \t\r\n")
        if wrapped := _WRAPPED.match(text):
            text = text[wrapped.end() :].rstrip(" \t\r\n;)")
    try:
        value = _without_doubles(text)
        if value is not _DOUBLED:
            return [value]
        value, most = _with_doubles(text)
        if most == 1:
            return [value]
        if most > MAX_VARIANTS:
            flaws.append("too_many_duplicates")
        variants = range(min(most, MAX_VARIANTS))
        return [_variant(value, index) for index in variants]
    except RecursionError:
        raise Unreadable("too_deep") from None
    except ValueError:  # also a number with more digits than Python reads
        raise Unreadable("not_json") from None


def _without_doubles(text: str) -> Any:
    """The document, if it is certain that no object has a key twice.

    That is counted: what is left of the document, written down again, has as many
    colons as the text has, unless a member is gone or a colon was escaped. What
    ``msgspec`` refuses and scripts read (NaN, half a surrogate, control characters)
    is read the slow way. Written and read so it costs less than half of what
    comparing the keys of each object does.
    """
    if any(escape in text for escape in _ESCAPED_COLON):
        return _DOUBLED
    try:
        value = _FAST.decode(text)
        written = _WRITER.encode(value)
    except (ValueError, RecursionError):
        return _DOUBLED
    return value if written.count(b":") == text.count(":") else _DOUBLED


def _with_doubles(text: str) -> tuple[Any, int]:
    """The document with ``Duplicates``, and the most values that a key has."""
    most = 1

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal most
        result = dict(pairs)
        if len(result) == len(pairs):
            return result
        result = json_pairs(pairs)
        for held in result.values():
            if type(held) is Duplicates:
                most = max(most, len(held))
        return result

    decoder = json.JSONDecoder(object_pairs_hook=keep, strict=False)
    return decoder.decode(text), most


def _variant(value: Any, index: int) -> Any:
    """The document in which the ``index``-th value of a doubled key counts."""
    if type(value) is Duplicates:
        return _variant(value[min(index, len(value) - 1)], index)
    if type(value) is list:
        return [_variant(item, index) for item in value]
    if type(value) is dict:
        return {key: _variant(item, index) for key, item in value.items()}
    return value
