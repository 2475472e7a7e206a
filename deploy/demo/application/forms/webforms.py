"""ASP.NET WebForms: postbacks to one page, answered whole or by the panel alone.

``/Login.aspx`` has the form; who logs in gets a new ``ASP.NET_SessionId`` and a
redirect to ``/Clients.aspx``. There ``__EVENTTARGET`` says what was done: ``search``
(with the field ``name``), ``mine``, or ``grid`` with ``Select$N``, a row of what this
session saw last. With ``__ASYNCPOST`` the answer is a delta; without a login a delta
that leads to the login page.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from html import escape
from typing import Final

from deploy.demo.application.clients import Client
from deploy.demo.application.forms.desk import Desk
from deploy.demo.application.messages import Framing, Request, Response
from deploy.demo.application.sessions import Session, Sessions
from deploy.demo.application.staff import Advisor, authenticate

COOKIE: Final = "ASP.NET_SessionId"
MAX_GRIDS: Final = 5_000
"""Sessions of which the last list is remembered."""
_STATE: Final = "/wEPDwUKMTY1NDU2MTA1Mg9kFgICAw9kFgI="


class WebForms:
    """The form; see the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sessions = Sessions(1800.0)
        self._grids: OrderedDict[str, list[str]] = OrderedDict()

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path.lower()
        if path == "/login.aspx":
            return self._login(request)
        if path != "/clients.aspx":
            return _page("<p>Onbekend</p>", 404)
        session = self._sessions.find(request.cookies.get(COOKIE, ""), time.monotonic())
        form = request.form
        partial = form.get("__ASYNCPOST") == "true"
        if session is None or session.advisor is None:
            return _delta(("pageRedirect", "", "%2fLogin.aspx")) if partial else _sent()
        panel = self._panel(form, session, session.advisor)
        if partial:
            state = ("hiddenField", "__VIEWSTATE", _STATE)
            return _delta(("updatePanel", "up", panel), state)
        return _page(f'<div id="up">{panel}</div>')

    def _login(self, request: Request) -> Response:
        form = request.form
        who = authenticate(form.get("ctl00$user", ""), form.get("ctl00$password", ""))
        if request.method != "POST" or who is None:
            return _page(
                '<input name="ctl00$user"><input name="ctl00$password" type="password">'
                '<input type="submit" name="ctl00$login" value="Aanmelden">'
            )
        session = self._sessions.create(time.monotonic(), who)
        response = _sent("/Clients.aspx")
        response.headers.append(("Set-Cookie", f"{COOKIE}={session.id}; path=/"))
        return response

    def _panel(self, form: dict[str, str], session: Session, who: Advisor) -> str:
        target, argument = form.get("__EVENTTARGET"), form.get("__EVENTARGUMENT", "")
        if target == "search":
            return self._grid(session, self._desk.named(who, form.get("name", "")))
        if target == "mine":
            return self._grid(session, self._desk.caseload(who, 1))
        if target == "grid":
            row = argument.removeprefix("Select$")
            rows = self._grids.get(session.id, [])
            if row.isdecimal() and int(row) < len(rows):
                client = self._desk.client(who, rows[int(row)])
                return "" if client is None else _detail(client)
        return '<input name="name">'

    def _grid(self, session: Session, shown: list[Client]) -> str:
        self._grids[session.id] = [client.id for client in shown]
        while len(self._grids) > MAX_GRIDS:
            self._grids.popitem(last=False)
        rows = "".join(
            f"<tr><td>{client.id}</td><td>{escape(client.name)}</td>"
            f"<td><a href=\"javascript:__doPostBack('grid','Select${number}')\">"
            "Toon</a></td></tr>"
            for number, client in enumerate(shown)
        )
        return f'<table id="grid"><tr><th>Nummer</th><th>Naam</th></tr>{rows}</table>'


def _detail(client: Client) -> str:
    def section(name: str, lines: Iterable[str]) -> str:
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        return f'<ul id="{name}">{items}</ul>'

    return (
        f'<span id="nr">{client.id}</span><b>{escape(client.name)} 😀</b>'
        + section("contact", [client.street, client.phone])
        + section("income", [f"{month} {amount}" for month, amount in client.income])
        + section("health", client.health)
        + section("cv", [f"{years} {job}" for years, job in client.cv])
    )


def _page(inside: str, status: int = 200) -> Response:
    body = (
        '<html><body><form method="post" id="form1">'
        f'<input type="hidden" name="__VIEWSTATE" value="{_STATE}">{inside}'
        "</form></body></html>"
    )
    return Response(
        status=status,
        content_type="text/html; charset=utf-8",
        body=body.encode(),
        framing=Framing.CHUNKED,
        gzip=True,
    )


def _delta(*items: tuple[str, str, str]) -> Response:
    written = []
    for kind, name, content in items:
        units = len(content.encode("utf-16-le")) // 2  # as the script counts
        written.append(f"{units}|{kind}|{name}|{content}|")
    return Response(
        content_type="text/plain; charset=utf-8",
        body="".join(written).encode(),
        gzip=True,
    )


def _sent(where: str = "/Login.aspx") -> Response:
    return Response(status=302, headers=[("Location", where)])
