"""Which regular expressions cannot run away, shown by their form.

``re`` has no time limit; ``regex`` has one, at four times the cost on a page.
So ``re`` runs the patterns for which linear time is plain, ``regex`` the rest.

Plain is a pattern of single-character items (a character, an escape, a class),
each with at most one quantifier, in groups that are neither quantified nor
alternatives, for which

* the first item is a character ``c`` without a quantifier;
* no unbounded item can match ``c``: starts inside one are impossible, so an
  unbounded run is read by at most one start per item of the pattern;
* what may follow an unbounded item cannot match what the item matches: giving
  characters back fails at once;
* bounded repeats are few and small, as each may be tried at every length.

Escapes mean their ASCII sets (both engines get that flag) and the pattern is
ASCII, so all characters above 127 behave alike and testing 129 of them is
testing all.
"""

from __future__ import annotations

import re

_ITEM = re.compile(
    r"(?P<group>\((?:\?:|\?P<[A-Za-z_]\w*>|(?!\?))|\))"
    r"|(?P<atom>\\[dDwWsS]|\\[^A-Za-z0-9]|\\[nrt]|\[\^?[^\[\]\\]+\]|[^\\\[\](){}*+?|^$])"
    r"(?P<quantifier>\*|\+|\?|\{(?P<least>\d{1,3})(?P<comma>,)?(?P<most>\d{1,3})?\})?",
    re.ASCII,
)
_CHARACTERS = [chr(code) for code in range(129)]
_TRIES = 64
"""Product of the spans of bounded repeats: the work at one position."""


def is_linear(pattern: str) -> bool:
    """Whether a search takes time in proportion to the text, whatever it is."""
    items = _items(pattern)
    if not items:
        return False
    first, least, most = items[0]
    if len(first) != 1 or least != 1 or most != 1:
        return False
    tries = 1
    for index, (characters, least, most) in enumerate(items):
        if most is None:
            if characters & first:
                return False
            for following, needed, _ in items[index + 1 :]:
                if following & characters:
                    return False
                if needed:
                    break
        else:
            tries *= most - least + 1
    return tries <= _TRIES


def _items(pattern: str) -> list[tuple[frozenset[str], int, int | None]]:
    """Characters and repeats of each item; empty when the form is another."""
    items: list[tuple[frozenset[str], int, int | None]] = []
    at = depth = 0
    closed = False
    while at < len(pattern):
        found = _ITEM.match(pattern, at)
        if found is None or not found[0].isascii():
            return []
        at = found.end()
        if group := found["group"]:
            depth += 1 if group != ")" else -1
            closed = group == ")"
            if depth < 0 or (closed and pattern[at : at + 1] in set("*+?{")):
                return []
            continue
        if pattern[at : at + 1] in set("+?*{") and found["quantifier"]:
            return []
        atom = re.compile(found["atom"], re.ASCII | re.DOTALL)
        characters = frozenset(c for c in _CHARACTERS if atom.fullmatch(c))
        least, most = _repeats(found)
        items.append((characters, least, most))
    return items if depth == 0 else []


def _repeats(found: re.Match[str]) -> tuple[int, int | None]:
    match found["quantifier"]:
        case None:
            return 1, 1
        case "*":
            return 0, None
        case "+":
            return 1, None
        case "?":
            return 0, 1
        case _:
            least = int(found["least"])
            if found["comma"]:
                return least, int(found["most"]) if found["most"] else None
            return least, least
