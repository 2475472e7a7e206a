"""HTML without its comments: what stands in one is on no screen.

Comments are those of HTML's tokenizer (13.2.5.42 to 52): ``<!-->`` is an empty one,
one that is never closed reaches to the end, and in scripts, styles and text areas
``<!--`` begins none.
"""

from __future__ import annotations

import re

_SKIPPED = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))|<(script|style|textarea|title|xmp)(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_ENDS = {
    name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp")
}


def may_hold_comments(html: str) -> bool:
    """Whether it is worth looking for them."""
    return "!--" in html  # rarer than "<", and so found faster


def without_comments(html: str) -> str:
    """The text with a blank where each comment stood."""
    if not may_hold_comments(html):
        return html
    kept: list[str] = []
    start = at = 0
    while found := _SKIPPED.search(html, at):
        if found[1] is not None:
            end = _ENDS[found[1].lower()].search(html, found.end())
            at = len(html) if end is None else end.end()
            continue
        kept.append(html[start : found.start()])
        start = at = found.end()
    kept.append(html[start:])
    return " ".join(kept)
