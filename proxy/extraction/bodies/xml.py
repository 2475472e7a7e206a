"""XML as element trees, read so that no document can do harm.

No network, no DTD, no entity of the document's own: one that defines any is
refused. Nesting (256 levels), one text (10 MB) and the attributes of one element
are bounded. Comments and processing instructions are not part of the tree.
Whatever the declaration says, text is what the exchange's charset made of it.

Reasons: ``bad_xml``, ``xml_entities``, ``too_many_attributes``.
"""

from __future__ import annotations

from lxml import etree

from proxy.extraction.bodies.attributes import GUARDED, crowded
from proxy.extraction.view import Unreadable, View

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it


def parse_xml(text: str, *, recover: bool = False) -> Element:
    """Root element of a document; names keep their namespaces.

    Args:
        text: Decoded.
        recover: Read as much as can be of a document that is cut or broken.

    Raises:
        Unreadable: See the module.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if "<!ENTITY" in text:
        raise Unreadable("xml_entities")
    if len(text) > GUARDED and crowded(text, xml=True):
        raise Unreadable("too_many_attributes")
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        raise Unreadable("bad_xml") from None
    if root is None:  # recovering found no element
        raise Unreadable("bad_xml")
    return root


def parse_plain(text: str) -> Element:
    """``parse_xml``; names lose their namespaces."""
    root = parse_xml(text)
    return plain_names(root) if "xmlns" in text else root


def plain_names(root: Element) -> Element:
    """The same tree, in which names have lost their namespaces."""
    for element in root.iter("{*}*"):
        tag = element.tag
        if tag[0] == "{":  # to set a name costs ten times what it does to look
            element.tag = tag.rpartition("}")[2]
    return root


def local_name(element: Element) -> str:
    """Name without its namespace; empty of what is no element."""
    tag: object = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def read_qualified(view: View) -> Element:
    """Root element of the response's body, names in their namespaces."""
    return parse_xml(view.text)
