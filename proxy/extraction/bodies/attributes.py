"""Elements with more attributes than any page has, found before parsing.

Attributes of one element cost libxml2 quadratic time (300,000: five minutes),
so large bodies are searched for such an element first.
"""

from __future__ import annotations

import re

GUARDED = 32 * 1024
"""Characters from which the attributes are counted: below, the worst tag
costs 50 ms."""
MAX_ATTRIBUTES = 4096
"""Attributes of one element; real ones have dozens."""

_ATTRIBUTE = (
    r"=?[^\s/>=]++(?:\s*+=\s*+"
    r"(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+"
)
_COUNTED = re.compile(_ATTRIBUTE)
_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|<([a-z][^\s/>]*+)((?:[\s/]++|{_ATTRIBUTE}|=)*+)",
    re.IGNORECASE | re.DOTALL,
)
"""A comment, or a start tag as HTML's tokenizer sees it (13.2.5)."""
_XML_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)"
    rf"|<([^\s/>!?]++)((?:[\s/]++|{_ATTRIBUTE}|=)*+)",
    re.DOTALL,
)
_RAW = frozenset(
    "script style textarea title xmp iframe noembed noframes".split()  # noqa: SIM905
)
"""Elements whose content has no tags (HTML 13.2.6.2)."""


def crowded(text: str, *, xml: bool = False) -> bool:
    """Whether some tag has more attributes than any page would.

    Args:
        text: HTML, or XML.
        xml: Comments, sections and instructions are those of XML, and no element
            holds raw text.
    """
    at = 0
    tag = _XML_TAG if xml else _TAG
    while found := tag.search(text, at):
        at = found.end()
        name, attributes = found.groups()
        if name is None:
            continue
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            count = sum(1 for _ in _COUNTED.finditer(attributes))
            if count > MAX_ATTRIBUTES:
                return True
        name = name.lower()
        if name in _RAW and not xml:
            end = re.compile(f"</{name}", re.IGNORECASE).search(text, at)
            at = end.start() if end else len(text)
    return False
