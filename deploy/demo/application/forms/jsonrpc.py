"""JSON-RPC 2.0 at ``/rpc``, single calls and batches, with Basic credentials.

Methods: ``client.get [id]`` (view), ``client.find [name]`` (search),
``client.caseload [page]`` (list). An unknown client is an error inside a 200.
"""

from __future__ import annotations

import json
from typing import Any, Final

from deploy.demo.application.forms.desk import Desk, by_basic, details, page_of, summary
from deploy.demo.application.messages import Request, Response
from deploy.demo.application.staff import Advisor

REALM: Final = "Vesta"
CHALLENGE: Final = ("WWW-Authenticate", f'Basic realm="{REALM}"')


class JsonRpc:
    """The form; see the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        who = by_basic(request)
        if who is None:
            return Response(status=401, headers=[CHALLENGE])
        if request.path != "/rpc" or request.method != "POST":
            return Response(status=404)
        try:
            asked: Any = json.loads(request.body)
        except (ValueError, RecursionError):
            return Response(status=400)
        calls = asked if isinstance(asked, list) else [asked]
        answers = [self._answer(call, who) for call in calls if isinstance(call, dict)]
        if not answers:
            return Response(status=400)
        body = json.dumps(answers if isinstance(asked, list) else answers[0])
        return Response(content_type="application/json", body=body.encode(), gzip=True)

    def _answer(self, call: dict[str, Any], who: Advisor) -> dict[str, Any]:
        result = self._result(call.get("method"), call.get("params"), who)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call.get("id")}
        if result is None:
            return answer | {"error": {"code": -32000, "message": "unknown"}}
        return answer | {"result": result}

    def _result(self, method: object, params: object, who: Advisor) -> Any:
        said = str(params[0]) if isinstance(params, list) and params else ""
        if method == "client.get":
            client = self._desk.client(who, said)
            return None if client is None else details(client)
        if method == "client.find":
            return [summary(each) for each in self._desk.named(who, said)]
        if method == "client.caseload":
            mine = self._desk.caseload(who, page_of(said))
            return [summary(each) for each in mine]
        return None
