"""SOAP 1.1 and 1.2: an envelope asked, an envelope answered.

The names of the operation are the first child of the request's Body and the
action (``SOAPAction``, or ``action`` of the content type), whole and after its
last ``/``, ``#`` or ``:``; servers dispatch by either. The arguments are that
child as a JSON document: names without namespaces, attributes as ``@name``.
Selectors look at the response as XML. A Fault shows nothing, whatever the status.
Of an answer with attachments (MTOM, SwA) the envelope is read.

Reasons: those of XML, ``not_soap``, ``fault``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from proxy.exchange.body import decode_content
from proxy.exchange.charset import decode_text
from proxy.exchange.json_body import json_pairs
from proxy.exchange.model import Request
from proxy.extraction.bodies.markup import read_markup
from proxy.extraction.bodies.xml import Element, local_name, parse_xml
from proxy.extraction.dialects.base import Call, InnerView, NothingShown
from proxy.extraction.view import Unreadable, View

_ACTION = re.compile(rb";\s*action\s*=\s*(?:\"([^\"]{1,500})\"|([^\s;\"]{1,500}))")
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Soap:
    """``dialect: soap``."""

    word: str = "soap"
    remembers: bool = False

    def calls(self, view: View) -> tuple[Call, ...]:
        """See ``Dialect``."""
        request = view.exchange.request
        names: list[str] = []
        arguments: Any = None
        data = decode_content(request).data
        if b"<" in data[:100]:
            text = decode_text(data, request.get(b"content-type"))
            try:
                asked = _payload(parse_xml(text))
            except Unreadable:
                asked = None
            if asked is not None:
                names.append(local_name(asked))
                arguments = _tree(asked)
        for action in _actions(request):
            names += [re.split("[/#:]", action)[-1], action]
        found = tuple(dict.fromkeys(name for name in names if name))
        return (Call(found, arguments),) if found else ()

    def shown(self, view: View) -> View:
        """See ``Dialect``: the envelope, read as XML whatever its type."""
        inner = InnerView(view, view.text, "text/xml")
        root = inner.document(read_markup, read_markup)
        if local_name(root) != "Envelope":
            raise Unreadable("not_soap")
        if root.find("Body/Fault") is not None:
            raise NothingShown("fault")
        return inner

    def remember(self, view: View) -> None:
        """See ``Dialect``: nothing."""


def _actions(request: Request) -> list[str]:
    values = [value.strip(b"\"' ") for value in request.get_all(b"soapaction")]
    types = map(_ACTION.search, request.get_all(b"content-type"))
    values += [match[1] or match[2] for match in types if match]
    return [value[:_LONGEST].decode("latin-1") for value in values if value]


def _payload(root: Element) -> Element | None:
    """First element in the Body of an envelope."""
    if local_name(root) != "Envelope":
        return None
    for body in root:
        if local_name(body) == "Body":
            return next((child for child in body if local_name(child)), None)
    return None


def _tree(element: Element) -> Any:
    """An element as JSON: a text, or what it holds by name."""
    pairs = [
        (f"@{str(name).rpartition('}')[2]}", str(value))
        for name, value in element.items()
    ]
    pairs += [(local_name(child), _tree(child)) for child in element if child.tag]
    return json_pairs(pairs) if pairs else (element.text or "")
