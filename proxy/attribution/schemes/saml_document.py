"""The outside of a SAML response: read only where it can be read in one way.

Every known attack on SAML puts a second answer into the document (a wrapped
signature, a second assertion, a comment inside a name, an entity) and hopes
that who verifies and who reads look at different places. So a response is
refused, with a reason, when it has more than one of anything that should be
there once; no honest identity provider sends such a thing.

Sources: OASIS saml-core-2.0-os (2.3, 3.2, 5.4), xmldsig-core 4 and 8; Somorovsky
et al., "On Breaking SAML" (wrapping). Bounds keep canonicalisation, which is
more than linear in nesting and namespaces, within milliseconds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import lxml.etree

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Above any of them a response is refused as ``too_large``."""

    document: int = 256 * 1024
    """Bytes of XML; a response has 5 to 20 KB, with hundreds of groups under 100."""
    elements: int = 5000
    depth: int = 32
    """Levels of nesting; a signed response has nine."""
    namespaces: int = 500
    """Declarations; a response has ten."""
    attributes: int = 64
    """Attributes of one element; a response has six."""


BOUNDS = Bounds()
_TRANSFORMS = frozenset(
    {
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
    }
)
"""What SAML allows (5.4.4), without the one that keeps comments: there are none."""


class Refused(Exception):
    """Not to be read; ``reason`` is lower_snake and holds nothing of the document."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_response(data: bytes, bounds: Bounds = BOUNDS) -> lxml.etree._Element:
    """The root of a response whose structure allows one reading.

    Raises:
        Refused: ``malformed_response``, ``too_large``, ``dtd``, ``not_a_response``,
            ``encrypted_assertion``, ``encrypted_name``, ``no_assertion``,
            ``ambiguous``, ``unsigned``, ``status_not_success``.
    """
    root = _parsed(data, bounds)
    _bounded(root, data, bounds)
    if root.tag != f"{{{SAMLP}}}Response":
        raise Refused("not_a_response")
    tags = Counter(element.tag for element in root.iter(lxml.etree.Element))
    _status(root)
    if tags[f"{{{SAML}}}EncryptedAssertion"]:
        raise Refused("encrypted_assertion")
    if tags[f"{{{SAML}}}EncryptedID"]:
        raise Refused("encrypted_name")
    # Under any name space: some readers look at the local name only.
    local = Counter(_local(tag) for tag in tags.elements())
    if not local["Assertion"]:
        raise Refused("no_assertion")
    assertion = root.find(f"{{{SAML}}}Assertion")
    if local["Assertion"] != 1 or local["Response"] != 1 or assertion is None:
        raise Refused("ambiguous")
    _identified(root)
    _signatures(root, assertion, local["Signature"])
    return root


def signed_parents(root: lxml.etree._Element) -> list[lxml.etree._Element]:
    """The elements that carry a signature: the assertion, the response or both."""
    assertion = root.find(f"{{{SAML}}}Assertion")
    return [
        parent
        for parent in (assertion, root)
        if parent is not None and parent.find(f"{{{DS}}}Signature") is not None
    ]


def _parsed(data: bytes, bounds: Bounds) -> lxml.etree._Element:
    if len(data) > bounds.document or data.count(b"xmlns") > bounds.namespaces:
        raise Refused("too_large")
    try:
        # One encoding: what another one hides from this check it hides from nobody.
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("malformed_response") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Refused("dtd")
    parser = lxml.etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=False,
    )
    try:
        root = lxml.etree.fromstring(data, parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        raise Refused("malformed_response") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused("dtd")
    return root


def _bounded(root: lxml.etree._Element, data: bytes, bounds: Bounds) -> None:
    count = depth = 0
    for event, node in lxml.etree.iterwalk(
        root, events=("start", "end", "comment", "pi")
    ):
        if event in ("comment", "pi"):
            # A comment splits a text for some readers and not for others.
            raise Refused("ambiguous")
        depth += 1 if event == "start" else -1
        count += event == "start"
        if (
            count > bounds.elements
            or depth > bounds.depth
            or len(node.attrib) > bounds.attributes
        ):
            raise Refused("too_large")
    if (
        b"<!--" in data
        or b"<![CDATA[" in data
        or data.count(b"<?") > data.startswith(b"<?xml ")
    ):
        # Beside the root element, where the walk does not come. CDATA can be put
        # into a signed text without breaking the signature, as a comment can.
        raise Refused("ambiguous")


def _status(root: lxml.etree._Element) -> None:
    codes = root.findall(f"{{{SAMLP}}}Status/{{{SAMLP}}}StatusCode")
    if len(codes) != 1 or codes[0].get("Value") != _SUCCESS:
        raise Refused("status_not_success")


def _identified(root: lxml.etree._Element) -> None:
    """No two elements may answer to one reference."""
    seen: set[str] = set()
    for element in root.iter(lxml.etree.Element):
        for name, value in element.attrib.items():
            if _local(str(name)).lower() == "id":
                if value in seen:
                    raise Refused("ambiguous")
                seen.add(str(value))


def _signatures(
    root: lxml.etree._Element, assertion: lxml.etree._Element, count: int
) -> None:
    """Each signature stands under what it signs and says so (5.4.2)."""
    path = f"{{{DS}}}Signature"
    found = [
        (parent, signature)
        for parent in (root, assertion)
        for signature in parent.findall(path)
    ]
    if not count:
        raise Refused("unsigned")
    if len(found) != count or len({id(parent) for parent, _ in found}) != count:
        raise Refused("ambiguous")
    for parent, signature in found:
        _reference(parent, signature)


def _reference(parent: lxml.etree._Element, signature: lxml.etree._Element) -> None:
    if signature.find(f"{{{DS}}}Object") is not None:
        raise Refused("ambiguous")
    references = signature.findall(f".//{{{DS}}}Reference")
    if len(references) != 1:
        raise Refused("ambiguous")
    identity = parent.get("ID")
    if not identity or references[0].get("URI") != f"#{identity}":
        raise Refused("bad_signature")
    transforms = signature.findall(f".//{{{DS}}}Transform")
    algorithms = [transform.get("Algorithm") for transform in transforms]
    if len(set(algorithms)) != len(algorithms) or not _TRANSFORMS.issuperset(
        str(algorithm) for algorithm in algorithms
    ):
        raise Refused("bad_signature")


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]
