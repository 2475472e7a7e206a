"""HTML and XML as element trees (lxml).

Chosen by measurement on a 10 kB table page: lxml parses in 165 µs and selects
in 20, lexbor in 170 (or 95) and 10; lxml also has XPath and XML, and bounds
nesting (256 levels), where lexbor takes minutes on 100,000 open elements.

Attributes of one element cost libxml2 quadratic time (300,000: five minutes),
so large bodies are searched for such an element first. No network, no DTD, no
entity of the document's own is ever used; comments and processing instructions
are not part of the tree. XML names lose their namespaces.

Reasons: ``no_markup``, ``bad_xml``, ``too_many_attributes``; in part:
``too_deep``.
"""

from __future__ import annotations

import re

from lxml import etree

from proxy.extraction.view import Unreadable, View

_GUARDED = 32 * 1024
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
_RAW = frozenset(
    "script style textarea title xmp iframe noembed noframes".split()  # noqa: SIM905
)
"""Elements whose content has no tags (HTML 13.2.6.2)."""
Element = etree._Element  # noqa: SLF001 - lxml has no public name for it
_FATAL = etree.ErrorLevels.FATAL


def read_markup(view: View) -> Element:
    """Root element of the response's body."""
    kind = view.media_type
    text = view.text
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if len(text) > _GUARDED and _crowded(text):
        raise Unreadable("too_many_attributes")
    data = text.encode("utf-8", "replace")
    if kind.endswith("xml") and kind != "application/xhtml+xml":
        return _read_xml(data)
    parser = etree.HTMLParser(
        encoding="utf-8",
        huge_tree=False,
        no_network=True,
        recover=True,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        raise Unreadable("no_markup") from None
    if root is None:
        raise Unreadable("no_markup")
    log = parser.error_log
    if len(log) and any(entry.level == _FATAL for entry in log):
        view.flaws.append("too_deep")
    return root


def _read_xml(data: bytes) -> Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        raise Unreadable("bad_xml") from None
    for element in root.iter(etree.Element):
        tag = element.tag
        if isinstance(tag, str) and tag.startswith("{"):
            element.tag = tag.rpartition("}")[2]
    return root


def _crowded(text: str) -> bool:
    """Whether some tag has more attributes than any page would."""
    at = 0
    while found := _TAG.search(text, at):
        at = found.end()
        name, attributes = found.groups()
        if name is None:
            continue
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            count = sum(1 for _ in _COUNTED.finditer(attributes))
            if count > MAX_ATTRIBUTES:
                return True
        name = name.lower()
        if name in _RAW:
            end = re.compile(f"</{name}", re.IGNORECASE).search(text, at)
            at = end.start() if end else len(text)
    return False
