"""HTML without its comments: what stands in one is on no screen.

Comments are those of HTML's tokenizer (13.2.5.42 to 52): ``<!-->`` is an empty one,
one that is never closed reaches to the end, and in scripts, styles and text areas
``<!--`` begins none. Most of a page is neither, so what matters is looked for by
``str.find`` and not tag by tag: 36 µs instead of 74 for a page of 10 kB.
"""

from __future__ import annotations

import re

_RAW = ("<script", "<style", "<textarea", "<title", "<xmp")
"""What begins text in which there are no comments, when a name ends there."""
_AFTER_NAME = frozenset("\t\n\f\r />")
_END = re.compile(r"--!?>")


def may_hold_comments(html: str) -> bool:
    """Whether it is worth looking for them."""
    return "!--" in html  # rarer than "<", and so found faster


def without_comments(html: str) -> str:
    """The text with a blank where each comment stood."""
    begin = html.find("<!--")
    if begin < 0:
        return html
    small = _small(html)
    nearest = dict.fromkeys(_RAW, -1)
    kept: list[str] = []
    start = at = 0
    while begin >= 0:
        raw = _next_raw(small, nearest, at, begin)
        if raw is not None:
            end = _tag(small, "</" + raw[1:], nearest[raw] + len(raw), len(small))
            if end < 0:
                break
            at = end + len(raw) + 1
            begin = begin if begin >= at else small.find("<!--", at)
            continue
        kept.append(html[start:begin])
        start = at = _after_comment(small, begin + 4)
        begin = small.find("<!--", at)
    kept.append(html[start:])
    return " ".join(kept)


def _small(html: str) -> str:
    """In small letters, each where it was."""
    small = html.lower()
    if len(small) == len(html):
        return small
    # One letter became two ("İ"): only those of names count.
    return "".join(each.lower() if each.isascii() else each for each in html)


def _next_raw(small: str, nearest: dict[str, int], at: int, before: int) -> str | None:
    """What begins first in [at, before); ``nearest`` keeps what was found, so that
    each place is looked at once."""
    first: str | None = None
    for name in _RAW:
        if nearest[name] < at:
            found = _tag(small, name, at, len(small))
            nearest[name] = len(small) if found < 0 else found
        if nearest[name] < before:
            first, before = name, nearest[name]
    return first


def _tag(small: str, name: str, at: int, before: int) -> int:
    """Where a tag of exactly this name begins; -1: nowhere."""
    while (found := small.find(name, at, before)) >= 0:
        at = found + len(name)
        if small[at : at + 1] in _AFTER_NAME:
            return found
    return -1


def _after_comment(small: str, at: int) -> int:
    if small.startswith(">", at):
        return at + 1
    if small.startswith("->", at):
        return at + 2
    found = _END.search(small, at)
    return len(small) if found is None else found.end()
