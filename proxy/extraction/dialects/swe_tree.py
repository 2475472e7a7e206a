"""Property sets of Siebel's web engine as text: tokens, nodes, star arrays.

A property set is ``@0``, a delimiter (the third character, one that occurs in no
value), a version and one node::

    node  = attribute count, child count, name, kind, [id if kind is 3],
            (key, value) * attributes, node * children

A star array is ``length*text`` repeated, an older form ``hexlength_text``.
Lengths count UTF-16 units, as scripts in a browser count.

Nothing here raises on content, recurses, or makes more nodes than there are
tokens; what is wrong or cut ends the reading, and that is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from proxy.extraction.dialects.utf16 import after_units

MAX_DEPTH = 256
"""Nodes within each other; recorded answers have 8."""
MAX_NODES = 200_000
"""Nodes read of one answer: a recorded one of 50 kB has 800."""
MAX_TEXTS = 20_000
"""Texts read of one star array; recorded ones have up to 164."""
_HEADER = re.compile(r"@0([^\w\s@])")
_COUNT = re.compile(r"[0-9]{1,7}", re.ASCII)
_HEXADECIMAL = re.compile(r"([0-9A-Fa-f]{1,7})_", re.ASCII)


@dataclass(slots=True)
class SweNode:
    """One node."""

    name: str
    id: str = ""
    """Of typed nodes: ``S_BC1``, ``S_A1``."""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[SweNode] = field(default_factory=list)


def is_property_set(text: str) -> bool:
    """Whether a body begins as one."""
    return text[:2] == "@0" and _HEADER.match(text) is not None


def parse_property_set(text: str, *, cut: bool = False) -> tuple[SweNode | None, bool]:
    """The root node, and whether everything could be read.

    Of text that is wrong the nodes before the fault are kept. Of text that is
    known to be ``cut`` the last token is not taken for a whole one.
    """
    header = _HEADER.match(text)
    if header is None:
        return None, False
    tokens = text.split(header[1])
    if cut:
        del tokens[-1]
    root: SweNode | None = None
    open_nodes: list[tuple[SweNode, int, int]] = []
    """Nodes whose children are being read, how many are to come, their depth."""
    at, count, left_to_read = 2, len(tokens), MAX_NODES
    while True:
        read = _node(tokens, at, count)
        if read is None:
            return root, False
        node, children, at = read
        depth = 1
        left_to_read -= 1
        if root is None:
            root = node
        else:
            parent, left, above = open_nodes.pop()
            parent.children.append(node)
            depth = above + 1
            if left > 1:
                open_nodes.append((parent, left - 1, above))
        if children:
            if depth >= MAX_DEPTH:
                return root, False
            open_nodes.append((node, children, depth))
        if not left_to_read:
            return root, False
        if not open_nodes:
            rest = any(token.strip() for token in tokens[at:])
            return root, not (rest or cut)


def _node(tokens: list[str], at: int, count: int) -> tuple[SweNode, int, int] | None:
    """A node without its children, their number, and where they begin."""
    if at + 4 > count:
        return None
    pairs, children, name, kind = tokens[at : at + 4]
    if not (_COUNT.fullmatch(pairs) and _COUNT.fullmatch(children)):
        return None
    at += 4
    node = SweNode(name)
    if kind == "3":
        if at >= count:
            return None
        node.id = tokens[at]
        at += 1
    end = at + 2 * int(pairs)
    if end > count:
        return None
    node.attributes = dict(zip(tokens[at:end:2], tokens[at + 1 : end : 2], strict=True))
    return node, int(children), end


def star_array(text: str) -> tuple[list[str], bool]:
    """The texts of a star array, and whether it was read to its end."""
    narrow = text.isascii()
    texts: list[str] = []
    at, end = 0, len(text)
    while at < end:
        mark = text.find("*", at, at + 9)
        digits = text[at:mark] if mark > at else ""
        if digits.isdecimal() and digits.isascii():
            units, start = int(digits), mark + 1
        else:
            head = _HEXADECIMAL.match(text, at)
            if head is None:
                return texts, False
            units, start = int(head[1], 16), head.end()
        at = start + units if narrow else after_units(text, start, units)
        if at > end or len(texts) >= MAX_TEXTS:
            return texts, False
        texts.append(text[start:at])
    return texts, True
