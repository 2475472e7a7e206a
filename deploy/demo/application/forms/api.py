"""A JSON API behind a page of scripts: ``/api/…``, logged in by JSON and a cookie.

====================================  =============================================
``POST /api/login``                   ``{"user", "password"}``; 200 with the name and
                                      a new ``VESTA`` cookie, else 401
``POST /api/logout``                  204
``GET /api/clients?name=``            search
``GET /api/clients/ID``               view
``GET /api/caseload?page=``           list
``GET /api/export``                   export, a client a line
====================================  =============================================
"""

from __future__ import annotations

import json
import time
from typing import Any, Final

from deploy.demo.application.forms.desk import Desk, details, page_of, summary
from deploy.demo.application.messages import Framing, Request, Response
from deploy.demo.application.sessions import Session, Sessions
from deploy.demo.application.staff import Advisor, authenticate

COOKIE: Final = "VESTA"
_JSON: Final = "application/json; charset=utf-8"


class Api:
    """The form; see the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sessions = Sessions(1800.0)

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == "/api/login" and request.method == "POST":
            return self._login(request)
        session = self._sessions.find(request.cookies.get(COOKIE, ""), time.monotonic())
        if session is None or session.advisor is None:
            return _json({"error": "log in"}, 401)
        if request.path == "/api/logout" and request.method == "POST":
            self._sessions.end(session)
            gone = ("Set-Cookie", f"{COOKIE}=; Max-Age=0; Path=/")
            return Response(status=204, headers=[gone])
        return self._asked(request, session, session.advisor)

    def _login(self, request: Request) -> Response:
        try:
            said: Any = json.loads(request.body)
        except (ValueError, RecursionError):
            said = None
        said = said if isinstance(said, dict) else {}
        who = authenticate(str(said.get("user", "")), str(said.get("password", "")))
        if who is None:
            return _json({"error": "wrong name or password"}, 401)
        session = self._sessions.create(time.monotonic(), who)
        response = _json({"user": who.account})
        response.headers.append(("Set-Cookie", f"{COOKIE}={session.id}; Path=/"))
        return response

    def _asked(self, request: Request, session: Session, who: Advisor) -> Response:
        place, _, name = request.path.removeprefix("/api/").partition("/")
        if request.method != "GET":
            return _json({"error": "only read"}, 405)
        if place == "clients" and name:
            found = self._desk.client(who, name)
            if found is None:
                return _json({"error": "no such client"}, 404)
            session.remember(found.id)
            return _json({"client": details(found), "recent": session.recent})
        if place == "clients":
            shown = self._desk.named(who, request.query.get("name", ""))
            return _json({"clients": [summary(each) for each in shown]})
        if place == "caseload":
            page = request.query.get("page", "1")
            shown = self._desk.caseload(who, page_of(page))
            return _json({"clients": [summary(each) for each in shown]})
        if place == "export":
            lines = [json.dumps(summary(each)) for each in self._desk.export(who)]
            return Response(
                content_type="application/x-ndjson",
                body="\n".join([*lines, ""]).encode(),
                framing=Framing.CHUNKED,
                gzip=True,
            )
        return _json({"error": "unknown"}, 404)


def _json(value: object, status: int = 200) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status=status, content_type=_JSON, body=body, gzip=True)
