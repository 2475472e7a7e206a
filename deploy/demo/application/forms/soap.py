"""SOAP 1.1 at ``/service``, with Basic credentials.

Operations: ``GetClient`` (view), ``FindClients`` (search), ``GetCaseload`` (list),
each with one argument. What cannot be done is a Fault with status 500.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from deploy.demo.application.clients import Client
from deploy.demo.application.forms.desk import Desk, by_basic, page_of
from deploy.demo.application.forms.jsonrpc import CHALLENGE
from deploy.demo.application.messages import Framing, Request, Response
from deploy.demo.application.staff import Advisor

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE: Final = "urn:vesta"


class Soap:
    """The form; see the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        who = by_basic(request)
        if who is None:
            return Response(status=401, headers=[CHALLENGE])
        if request.path != "/service" or request.method != "POST":
            return Response(status=404)
        operation, argument = _asked(request.body)
        result = self._result(operation, argument, who)
        if result is None:
            fault = "<faultcode>s:Client</faultcode><faultstring>no</faultstring>"
            return _envelope(f"<s:Fault>{fault}</s:Fault>", 500)
        name = f"v:{operation}Response"
        return _envelope(f'<{name} xmlns:v="{NAMESPACE}">{result}</{name}>')

    def _result(self, operation: str, argument: str, who: Advisor) -> str | None:
        if operation == "GetClient":
            client = self._desk.client(who, argument)
            return None if client is None else _whole(client)
        if operation == "FindClients":
            return _rows(self._desk.named(who, argument))
        if operation == "GetCaseload":
            return _rows(self._desk.caseload(who, page_of(argument)))
        return None


def _asked(body: bytes) -> tuple[str, str]:
    """Operation and argument; empty when there is none."""
    if b"<!" in body:  # a DTD; no client of the day sent one
        return "", ""
    try:
        root = ET.fromstring(body)  # noqa: S314 - without DTD no entities
    except ET.ParseError:
        return "", ""
    asked = root.find(f"{{{ENVELOPE}}}Body/*")
    if asked is None:
        return "", ""
    return asked.tag.rpartition("}")[2], "".join(asked.itertext()).strip()


def _element(name: str, text: str) -> str:
    return f"<v:{name}>{escape(text)}</v:{name}>"


def _rows(clients: Iterable[Client]) -> str:
    return "".join(
        f"<v:client>{_element('id', c.id)}{_element('name', c.name)}</v:client>"
        for c in clients
    )


def _whole(client: Client) -> str:
    sections = {
        "contact": [client.street, client.phone],
        "income": [f"{month}: {amount}" for month, amount in client.income],
        "health": client.health,
        "cv": [f"{years}: {job}" for years, job in client.cv],
    }
    written = "".join(
        f"<v:{name}>{''.join(_element('line', line) for line in lines)}</v:{name}>"
        for name, lines in sections.items()
    )
    head = _element("id", client.id) + _element("name", client.name)
    return f"<v:client>{head}{written}</v:client>"


def _envelope(inside: str, status: int = 200) -> Response:
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>{inside}</s:Body></s:Envelope>'
    )
    return Response(
        status=status,
        content_type="text/xml; charset=utf-8",
        body=body.encode(),
        framing=Framing.CHUNKED,
    )
