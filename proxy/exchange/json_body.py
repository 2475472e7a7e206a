"""JSON bodies: every value of every key, bounded in depth, never raising.

Two readers of one document may differ in which of two equal keys counts; so
both values are kept: the key holds a ``Duplicates`` list of all of them, in
order. Guards in front of the document (``)]}',`` and ``while(1);``) are skipped,
as the scripts that read it do.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from proxy.exchange.charset import decode_text

_GUARD = re.compile(r"\s*(?:\)\]\}'?,?|while\s*\(1\);|for\s*\(;;\);|\{\}\s*&&)\s*")


class Duplicates(list[Any]):
    """All values of a key that an object had more than once."""

    __slots__ = ()


class JsonBody(NamedTuple):
    """A document, or why there is none."""

    value: Any
    reason: str = ""
    """``not_json``, ``too_deep``; empty when ``value`` is the document."""


def parse_json(data: bytes, content_type: bytes | None = None) -> JsonBody:
    """The document in ``data``: dicts, lists, strings, numbers, bools, None."""
    text = decode_text(data, content_type)
    if guard := _GUARD.match(text):
        text = text[guard.end() :]
    try:
        return JsonBody(_decoder.decode(text))
    except RecursionError:
        return JsonBody(None, "too_deep")
    except ValueError:  # also integers of more digits than Python reads
        return JsonBody(None, "not_json")


def json_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object from its pairs, as ``object_pairs_hook``: duplicates kept."""
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    values: dict[str, list[Any]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {
        key: held[0] if len(held) == 1 else Duplicates(held)
        for key, held in values.items()
    }


_decoder = json.JSONDecoder(object_pairs_hook=json_pairs, strict=False)

_STEP = re.compile(r"([^.\[\]]+)|\[(-?\d{1,4})\]")
_WAY = re.compile(r"(?:[^.\[\]]+|\[-?\d{1,4}\])(?:\.[^.\[\]]+|\[-?\d{1,4}\]){0,15}")
Way = tuple[str | int, ...]
"""Keys of objects and places in arrays, from the document inwards."""


def parse_way(text: str) -> Way | None:
    """``result.user[0]`` as steps; None when it is none, or has more than 16."""
    if not _WAY.fullmatch(text):
        return None
    return tuple(step[1] or int(step[2]) for step in _STEP.finditer(text))


def value_at(value: Any, way: Way) -> Any:
    """What a way leads to; None for nothing, and for what is there twice."""
    for step in way:
        if isinstance(value, Duplicates):
            return None
        if isinstance(step, int) and isinstance(value, list):
            if not -len(value) <= step < len(value):
                return None
            value = value[step]
        elif isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return None if isinstance(value, Duplicates) else value


def text_at(value: Any, way: Way) -> str | None:
    """The text or number a way leads to, as text; None for anything else."""
    found = value_at(value, way)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return str(found)
