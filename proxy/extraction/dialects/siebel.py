"""Siebel Web Engine (SWE): commands asked, HTML or a property set answered.

The operation is the command, in its long form (``GotoView``, also when ``Gv`` was
sent); of ``InvokeMethod`` it is the method (``Drilldown``). A second command
chained onto a request (``SWEAC``) is another name of it: a login that opens a
record view is claimed as that view. The arguments are the request's fields.

Selectors look into the records of a property set: ``each: {siebel: Account}``, or
as JSON by the component's name. A body that is none is left as it is: HTML of
standard interactivity, XML of ``SWESetMarkup=XML``.

The layout of a session is remembered for answers that refer to it, in
``View.memory``; see there for what is forgotten when.

Reasons: ``bad_swe``, ``not_siebel``; in part: ``bad_swe``, ``layout_unknown``,
``bad_star_array``, ``odd_row``, ``too_many_rows``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proxy.exchange.body import decode_content
from proxy.exchange.charset import decode_text
from proxy.exchange.forms import Field, parse_query
from proxy.extraction.bodies.tree import read_json
from proxy.extraction.bodies.xml import local_name, parse_xml
from proxy.extraction.dialects.base import (
    MAX_NAMES,
    Call,
    InnerView,
    whole_of,
)
from proxy.extraction.dialects.swe_records import Layout, Records, read_records
from proxy.extraction.dialects.swe_tree import is_property_set, parse_property_set
from proxy.extraction.dialects.webforms import fields_tree
from proxy.extraction.view import Unreadable, View

COMMANDS = {
    "C": "CanInvokeMethod",
    "Xlg": "ExecuteLogin",
    "Gp": "GotoPage",
    "Gt": "GotoPageTab",
    "Gv": "GotoView",
}
"""Short → long, as far as they are published (Siebel Portal Framework Guide, SWE
API). Other short forms keep their name: a rule may list them."""
ARGUMENTS = {"SWEC": "SWECount", "SWEF": "SWEField"}
"""Short → long names of arguments, of the same source."""
_INVOKE = "InvokeMethod"
_CHAINED = 4
"""Commands chained within each other that are read; the product chains two."""
_LAYOUT = "siebel layout"


@dataclass(frozen=True, slots=True)
class Siebel:
    """``dialect: siebel``."""

    word: str = "siebel"
    remembers: bool = True

    def calls(self, view: View) -> tuple[Call, ...]:
        """See ``Dialect``."""
        fields = [*view.target.query, *view.form, *_command_block(view)]
        chained = fields
        for _ in range(_CHAINED):
            chained = [
                field
                for name, value in chained
                if name == "SWEAC"
                for field in parse_query(value.encode("utf-8", "replace"))
            ]
            if not chained:
                break
            fields += chained
        fields = [(ARGUMENTS.get(name, name), value) for name, value in fields]
        methods = [value for name, value in fields if name == "SWEMethod"]
        names: list[str] = []
        for name, value in fields:
            if name in ("SWECmd", "SWEcmd", "SWEExtCmd"):
                command = COMMANDS.get(value, value)
                names += (methods or [command]) if command == _INVOKE else [command]
        found = tuple(dict.fromkeys(names))[:MAX_NAMES]
        return (Call(found, fields_tree(fields)),) if found else ()

    def shown(self, view: View) -> View:
        """See ``Dialect``: records by component as JSON, or the body as it is."""
        if not is_property_set(view.text):
            return view
        records = whole_of(view).document((self.word, "records"), _read)
        view.flaws += records.flaws
        documents: list[Any] = [records.rows]
        readers = {read_json: lambda _: documents}
        return InnerView(view, view.text, "application/json", readers)

    def remember(self, view: View) -> None:
        """See ``Dialect``: the layout, of whichever response carries one."""
        response = view.exchange.response
        if response is None or not response.body or not is_property_set(view.text):
            return
        try:
            records = view.document((self.word, "records"), _read)
        except Unreadable:
            return
        if records.changed and view.memory is not None:
            view.memory.put(_LAYOUT, records.layout, records.layout.size)


def component_rows(view: View, name: str) -> list[dict[str, str]]:
    """Records of one business component in what ``shown`` gave; maybe none.

    Raises:
        Unreadable: ``not_siebel``: the body is no property set.
    """
    if not is_property_set(view.text):
        raise Unreadable("not_siebel")
    documents: list[Any] = view.document(read_json, read_json)
    rows: list[dict[str, str]] = documents[0].get(name, [])
    return rows


def _read(view: View) -> Records:
    root, whole = parse_property_set(view.text, cut=not view.complete)
    if root is None:
        raise Unreadable("bad_swe")
    known = view.memory.get(_LAYOUT) if view.memory is not None else None
    records = read_records(root, known if isinstance(known, Layout) else None)
    if not whole:
        records.flaws.insert(0, "bad_swe")
    records.flaws = list(dict.fromkeys(records.flaws))
    return records


def _command_block(view: View) -> list[Field]:
    """``<EXEC><CMD NAME="SWECmd" VALUE="GotoView"><ARG NAME="SWEView">…``."""
    request = view.exchange.request
    if b"<EXEC" not in request.body[:1000]:
        return []
    data = decode_content(request).data
    try:
        root = parse_xml(decode_text(data, request.get(b"content-type")))
    except Unreadable:
        return []
    fields: list[Field] = []
    for element in root.iter():
        if local_name(element) in ("CMD", "ARG") and len(fields) < MAX_NAMES:
            name, value = element.get("NAME") or "", element.get("VALUE")
            fields.append((name, (element.text or "") if value is None else value))
    return fields


SIEBEL = Siebel()
