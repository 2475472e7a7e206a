"""Bodies of dialects, written down shortly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from proxy.exchange.model import BodyState, Exchange, Request, Response
from proxy.extraction import View
from proxy.ruleset import RuleSet

DELTA_TYPE = "text/plain; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
Node = list[str]
"""Tokens of a node of a property set."""


def rpc(
    asked: str | bytes,
    answered: str | bytes,
    kind: str = "text/xml",
    *,
    status: int = 200,
    target: str = "/rpc",
    state: BodyState = BodyState.COMPLETE,
    action: str = "",
    cookie: str = "",
) -> Exchange:
    """A POST of a body that is answered by one; of the same type unless a form."""
    sent = asked.encode() if isinstance(asked, str) else asked
    body = answered.encode() if isinstance(answered, str) else answered
    request = Request(
        method=b"POST",
        target=target.encode(),
        headers=[(b"content-type", kind.partition("->")[0].encode())],
        body=sent,
    )
    if action:
        request.headers.append((b"soapaction", action.encode()))
    if cookie:
        request.headers.append((b"cookie", cookie.encode()))
    response = Response(
        status=status,
        headers=[(b"content-type", kind.rpartition("->")[2].encode())],
        body=body,
        body_state=state,
        content_length=len(body),
    )
    return Exchange(request, response)


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def delta(*items: tuple[str, str, str]) -> str:
    """A delta of (type, id, content)."""
    return "".join(f"{units(item[2])}|{'|'.join(item)}|" for item in items)


def star(*texts: str) -> str:
    """A star array."""
    return "".join(f"{units(text)}*{text}" for text in texts)


def node(
    name: str,
    attributes: Mapping[str, str] | None = None,
    children: Sequence[Node] = (),
    typed: str = "",
) -> Node:
    """A node of a property set; ``typed`` is its id."""
    pairs = (attributes or {}).items()
    tokens = [str(len(pairs)), str(len(children)), name]
    tokens += ["3", typed] if typed else ["0"]
    tokens += [token for pair in pairs for token in pair]
    return tokens + [token for child in children for token in child]


def property_set(root: Node, delimiter: str = "`") -> str:
    """The text of a property set."""
    return delimiter.join(["@0", "0", *root])


def record(row_id: str, *values: str) -> Node:
    """A record; the row id is its last value too."""
    return node("r", {"v": star(*values, row_id), "i": row_id})


def layout(
    name: str, fields: Sequence[str], *records: Node, typed: str = "S_BC1"
) -> str:
    """A full answer with one business component."""
    numbered = [node("f", {"n": str(number)}) for number in range(len(fields))]
    component = node(
        "bci",
        {"n": name},
        [node("fl", {}, numbered), node("rl", {}, list(records))],
        typed,
    )
    table = node("sc", {"rqc": "5", "v": star(*fields)})
    api = node("api", {}, [table, node("nbc", {}, [component])])
    return property_set(node("", {"Status": "NewLayout"}, [api]))


def later(*records: Node, typed: str = "S_BC1") -> str:
    """An answer that refers to a layout; its shape is simulated."""
    rows = node("rl", {}, list(records))
    api = node("api", {}, [node("nbc", {"bc": typed}, [rows])])
    return property_set(node("", {"Status": "Completed"}, [api]))


def told(ruleset: RuleSet, exchange: Exchange | View) -> tuple[str, str, list[str]]:
    """Status, reason, and what was found as ``rule:id``."""
    reading = ruleset.read(exchange)
    answer = reading.extracted
    found = [f"{each.rule or reading.rule}:{each.id}" for each in answer.subjects]
    return answer.status.value, answer.reason, found
