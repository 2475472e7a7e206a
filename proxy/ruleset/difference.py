"""What changed between two versions of a rule set, in the words of the file.

Compared are the values as written, not their layout: comments, order of keys and
quotes make no difference; the order of record rules does, since the first that fits
claims an exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from proxy.document import Kind, Node, Problems, parse

_TOP = "records"


def difference(old: str, new: str) -> list[str]:
    """One line per change, in the order of the new file.

    Args:
        old: Text of a rule set without mistakes.
        new: The same.
    """
    before, after = _read(old), _read(new)
    said: list[str] = []
    for key in _keys(before, after):
        if key != _TOP:
            said += _changed(key, before.get(key), after.get(key))
    was, now = before.get(_TOP) or {}, after.get(_TOP) or {}
    for name in _keys(was, now):
        path = f"{_TOP}.{name}"
        if name not in now or name not in was:
            said.append(f"- {path}" if name in was else f"+ {path}")
            continue
        for key in _keys(was[name], now[name]):
            said += _changed(f"{path}.{key}", was[name].get(key), now[name].get(key))
    kept = [name for name in was if name in now]
    order = [name for name in now if name in was]
    said += [
        f"~ records: {name} comes before {following} now"
        for name, following in _swapped(kept, order)
    ]
    return said


def _swapped(kept: list[str], order: list[str]) -> Iterator[tuple[str, str]]:
    """Neighbours of the new order that stood the other way round."""
    place = {name: number for number, name in enumerate(kept)}
    for name, following in pairwise(order):
        if place[name] > place[following]:
            yield name, following


def _changed(path: str, was: Any, now: Any) -> Iterator[str]:
    if was == now:
        return
    if was is None or now is None:
        yield f"- {path}: {_shown(was)}" if now is None else f"+ {path}: {_shown(now)}"
        return
    yield f"~ {path}: {_shown(was)} → {_shown(now)}"


def _shown(value: Any) -> str:
    match value:
        case dict():
            inner = ", ".join(f"{key}: {_shown(each)}" for key, each in value.items())
            return f"{{{inner}}}"
        case list():
            return f"[{', '.join(map(_shown, value))}]"
        case _:
            return str(value)


def _keys(*mappings: dict[str, Any]) -> list[str]:
    """Of both; those of the new one first."""
    return list(dict.fromkeys(key for each in reversed(mappings) for key in each))


def _read(text: str) -> dict[str, Any]:
    root = parse(text, Problems(""))
    value = None if root is None else _plain(root)
    return value if isinstance(value, dict) else {}


def _plain(node: Node) -> Any:
    match node.kind:
        case Kind.MAPPING:
            return {key: _plain(value) for key, value in node.entries}
        case Kind.SEQUENCE:
            return [_plain(value) for value in node.elements]
        case Kind.NULL:
            return None
        case Kind.SCALAR:
            return node.text
