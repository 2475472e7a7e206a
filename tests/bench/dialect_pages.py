"""Answers of 10 kB in each dialect, as applications write them: lists of clients.

Of each the request that asked for it, the answer and the rule set that reads it.
"""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable

from proxy.exchange.model import Exchange
from proxy.ruleset import RuleSet
from tests.support.dialects import DELTA_TYPE, FORM, delta, layout, record, rpc
from tests.support.pages import rules

SIZE = 10_000
"""Bytes of an answer; the number of rows is what comes closest."""
RULES: RuleSet = rules(
    """\
  soap: {request: "POST /soap", dialect: soap, action: list, each: {xpath: "//client"}, subject: {type: c, id: {xpath: "./nr"}}}
  xmlrpc: {request: "POST /xmlrpc", dialect: xmlrpc, action: list, each: {json: "@"}, subject: {type: c, id: json.nr}}
  jsonrpc: {request: "POST /jsonrpc", dialect: jsonrpc, action: list, each: {json: clients}, subject: {type: c, id: json.nr}}
  webforms: {request: "POST /webforms", dialect: webforms, action: list, each: {css: "#up tr[data-id]"}, subject: {type: c, id: attr.data-id}}
  jsf: {request: "POST /jsf", dialect: jsf, action: list, each: {css: "#t tr[data-id]"}, subject: {type: c, id: attr.data-id}}
  siebel: {request: "POST /siebel", dialect: siebel, action: list, each: {siebel: Account}, subject: {type: c, id: json.Id}}
"""  # noqa: E501
)


def _fields(number: int) -> dict[str, str | int]:
    return {
        "nr": 900000 + number,
        "naam": f"Jansen, P.{number}",
        "geboren": f"12-03-19{number % 90 + 10}",
        "adres": f"Straatweg {number}",
        "plaats": "Utrecht",
    }


def _row(number: int) -> str:
    known = _fields(number)
    cells = "".join(f"<td>{value}</td>" for value in known.values())
    return f'<tr data-id="{known["nr"]}" class="row{number % 2}">{cells}</tr>\n'


def _envelope(count: int) -> str:
    clients = "".join(
        "<c:client>"
        + "".join(f"<c:{key}>{value}</c:{key}>" for key, value in _fields(i).items())
        + "</c:client>\n"
        for i in range(count)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Body><c:found xmlns:c="urn:clients">{clients}</c:found></s:Body>'
        "</s:Envelope>"
    )


def _method_response(count: int) -> str:
    result = [_fields(i) for i in range(count)]
    return xmlrpc.client.dumps((result,), methodresponse=True)


def _result(count: int) -> str:
    found = {"clients": [_fields(i) for i in range(count)]}
    return json.dumps({"jsonrpc": "2.0", "id": 7, "result": found})


def _table(count: int) -> str:
    return "<table>" + "".join(map(_row, range(count))) + "</table>"


def _delta(count: int) -> str:
    return delta(
        ("updatePanel", "up", _table(count)),
        ("hiddenField", "__VIEWSTATE", "dDwtMTY5NzI1NjkxNzs7Po5lYXN0"),
    )


def _partial(count: int) -> str:
    table = f'<div id="t">{_table(count)}</div>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><partial-response id="j"><changes>'
        f'<update id="f:t"><![CDATA[{table}]]></update>'
        '<update id="j:javax.faces.ViewState:0"><![CDATA[-91:18]]></update>'
        "</changes></partial-response>"
    )


def _property_set(count: int) -> str:
    names = ("Number", "Name", "Born", "Street", "City", "Id")
    records = [
        record(f"1-{i:04X}", *(str(value) for value in _fields(i).values()))
        for i in range(count)
    ]
    return layout("Account", names, *records)


def _about_size(write: Callable[[int], str]) -> str:
    count = 1
    while len(write(count + 1)) <= SIZE:
        count += 1
    return write(count)


CASES: dict[str, Exchange] = {
    "SOAP": rpc(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<c:find xmlns:c="urn:clients"><c:name>Jansen</c:name></c:find></s:Body>'
        "</s:Envelope>",
        _about_size(_envelope),
        target="/soap",
        action='"urn:clients#find"',
    ),
    "XML-RPC": rpc(
        xmlrpc.client.dumps(("Jansen",), "client.find"),
        _about_size(_method_response),
        target="/xmlrpc",
    ),
    "JSON-RPC": rpc(
        '{"jsonrpc": "2.0", "id": 7, "method": "find", "params": ["Jansen"]}',
        _about_size(_result),
        "application/json",
        target="/jsonrpc",
    ),
    "WebForms UpdatePanel": rpc(
        "ctl00%24sm=up%7Csearch&__EVENTTARGET=search&__VIEWSTATE=dDwtMTY5&name=Jansen",
        _about_size(_delta),
        f"{FORM}->{DELTA_TYPE}",
        target="/webforms",
    ),
    "JSF partial": rpc(
        "javax.faces.source=f%3Asearch&javax.faces.partial.ajax=true&f%3Aname=Jansen",
        _about_size(_partial),
        f"{FORM}->text/xml;charset=UTF-8",
        target="/jsf",
    ),
    "Siebel SWE": rpc(
        "SWECmd=GotoView&SWEView=Account+List+View&SWEC=12",
        _about_size(_property_set),
        f"{FORM}->text/html;charset=UTF-8",
        target="/siebel",
    ),
}
"""Name of the dialect → its exchange."""
