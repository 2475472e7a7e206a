"""What the application decides: a request in, a response out, the truth noted.

Each page has the wire shape of its kind, so that every shape occurs: charset
in the header or in a meta tag only, a length, chunks or an end by close, gzip
or not. A page asked for without a login answers 200 with the login form, as
such systems did.

Bounds: three notes per client, MAX_NOTED clients with notes; sessions as in
``sessions``.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from deploy.demo.application import pages
from deploy.demo.application.clients import Client, Register
from deploy.demo.application.messages import CHARSET, Framing, Request, Response
from deploy.demo.application.sessions import Session, Sessions
from deploy.demo.application.staff import ADVISORS, Advisor, authenticate
from deploy.demo.application.static import FILES, LAST_MODIFIED
from deploy.demo.application.truth import TruthLog, TruthRecord

IDLE_SECONDS: Final = 30 * 60.0
COOKIE: Final = "JSESSIONID"
HTML: Final = "text/html; charset=ISO-8859-1"
HTML_CHARSET_IN_META: Final = "text/html"
MAX_NOTED: Final = 5_000
_NOT_CACHED: Final = (
    ("Pragma", "No-cache"),
    ("Cache-Control", "no-cache"),
    ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
)
_CLIENT_PATH: Final = re.compile(r"/client/([0-9]{1,12})\Z")

Page = Callable[[Request, Session, Advisor], Response]


class Vesta:
    """The application. One thread; ``handle`` never blocks and never raises."""

    def __init__(
        self, truth: TruthLog, *, seed: int = 2005, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self.register = Register(seed, len(ADVISORS))
        self.sessions = Sessions(idle_seconds)
        self.truth = truth
        self.exchanges = 0
        """Requests answered."""
        self._notes: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._caseloads = [self.register.caseload(a.number) for a in ADVISORS]
        self._pages: dict[tuple[str, str], Page] = {
            ("GET", "/start.do"): self._start,
            ("GET", "/top.do"): self._top,
            ("GET", "/menu.do"): self._menu,
            ("GET", "/welkom.do"): self._agenda,
            ("GET", "/zoeken.do"): self._search,
            ("GET", "/caseload.do"): self._caseload,
            ("GET", "/client/view.do"): self._view,
            ("GET", "/client/print.do"): self._print,
            ("GET", "/export.do"): self._export,
            ("GET", "/suggest.do"): self._suggest,
            ("POST", "/client/notitie.do"): self._note,
        }

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        self.exchanges += 1
        static = FILES.get(request.path)
        if static is not None:
            return _static(request, *static)
        session = self._session(request)
        method = "GET" if request.method == "HEAD" else request.method
        if request.path == "/login.do":
            return self._login(request, session)
        if request.path == "/logout.do":
            return self._logout(request, session)
        if request.path == "/":
            return _redirect(request, "/start.do")
        page = self._pages.get((method, request.path))
        if page is None and method == "GET" and _CLIENT_PATH.match(request.path):
            page = self._view
        if page is None:
            return _html(
                pages.message("Onbekend", "Deze pagina bestaat niet.", None), 404
            )
        if session is None or session.advisor is None:
            return self._login_form(session, wrong=False)
        return page(request, session, session.advisor)

    # Login and logout.

    def _session(self, request: Request) -> Session | None:
        name, _, in_path = request.parameters.partition("=")
        session_id = request.cookies.get(COOKIE) or (
            in_path if name == "jsessionid" else ""
        )
        return self.sessions.find(session_id, time.monotonic()) if session_id else None

    def _login_form(self, session: Session | None, *, wrong: bool) -> Response:
        action, headers = "/login.do", [*_NOT_CACHED]
        if session is None:
            session = self.sessions.create(time.monotonic())
            # The server does not know yet whether the browser takes cookies.
            action = f"/login.do;jsessionid={session.id}"
            headers.append(_cookie(session))
        response = _html(pages.login_form(action, wrong=wrong))
        response.headers = headers
        return response

    def _login(self, request: Request, session: Session | None) -> Response:
        if request.method != "POST":
            return self._login_form(session, wrong=False)
        form = request.form
        advisor = authenticate(form.get("j_username", ""), form.get("j_password", ""))
        if advisor is None:
            return self._login_form(session, wrong=True)
        if session is not None:
            self.sessions.end(session)
        fresh = self.sessions.create(time.monotonic(), advisor)
        response = _redirect(request, "/start.do")
        response.headers.append(_cookie(fresh))
        return response

    def _logout(self, request: Request, session: Session | None) -> Response:
        if session is not None:
            self.sessions.end(session)
        response = _redirect(request, "/login.do")
        response.headers.append(
            (
                "Set-Cookie",
                f"{COOKIE}=; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/",
            )
        )
        return response

    # Pages.

    def _start(self, _request: Request, _session: Session, _who: Advisor) -> Response:
        return _html(pages.frameset())

    def _top(self, _request: Request, _session: Session, who: Advisor) -> Response:
        return _html(pages.top(who.account))

    def _menu(self, request: Request, session: Session, who: Advisor) -> Response:
        recent = [
            client
            for client_id in session.recent
            if (client := self.register.get(client_id)) is not None
        ]
        self._note_truth(request, who, "menu", "mention", recent)
        response = _html(pages.menu(who.account, recent), meta_only=True)
        response.headers = [*_NOT_CACHED]
        return response

    def _agenda(self, request: Request, _session: Session, who: Advisor) -> Response:
        today = self.register.numbered(self._caseloads[who.number][:4])
        self._note_truth(request, who, "agenda", "list", today)
        return _html(pages.agenda(who.account, today), framing=Framing.CHUNKED)

    def _search(self, request: Request, _session: Session, who: Advisor) -> Response:
        name = request.query.get("naam", "")
        number = _page_number(request)
        if not name.strip():
            return _html(pages.search(who.account, "", 0, 1, None))
        found = self.register.named(name)
        first = (number - 1) * pages.PAGE_SIZE
        shown = self.register.numbered(found[first : first + pages.PAGE_SIZE])
        self._note_truth(
            request, who, "zoeken", "search", [c for c in shown if not c.restricted]
        )
        return _html(
            pages.search(who.account, name, len(found), number, shown),
            framing=Framing.CHUNKED,
            meta_only=True,
        )

    def _caseload(self, request: Request, _session: Session, who: Advisor) -> Response:
        mine = self._caseloads[who.number]
        number = _page_number(request)
        first = (number - 1) * pages.PAGE_SIZE
        shown = self.register.numbered(mine[first : first + pages.PAGE_SIZE])
        self._note_truth(request, who, "caseload", "list", shown)
        return _html(pages.caseload(who.account, len(mine), number, shown), gzip=True)

    def _view(self, request: Request, session: Session, who: Advisor) -> Response:
        in_path = _CLIENT_PATH.match(request.path)
        wanted = in_path[1] if in_path else request.query.get("id", "")
        client = self.register.get(wanted)
        refusal = _refusal(client, who)
        if refusal is not None or client is None:
            return refusal or _html("", 404)
        tab = request.query.get("tab", "contact")
        session.remember(client.id)
        sections = pages.sections_of(client, tab)
        self._note_truth(request, who, "client", "view", [client], sections)
        response = _html(
            pages.client_page(
                who.account,
                client,
                tab if tab in pages.TABS else "contact",
                self._notes.get(client.id, ()),
                "opgeslagen" in request.query,
            ),
            framing=Framing.CHUNKED,
            gzip=True,
        )
        response.headers = [*_NOT_CACHED]
        return response

    def _print(self, request: Request, session: Session, who: Advisor) -> Response:
        client = self.register.get(request.query.get("id", ""))
        refusal = _refusal(client, who)
        if refusal is not None or client is None:
            return refusal or _html("", 404)
        session.remember(client.id)
        sections = pages.sections_of(client, "alles")
        self._note_truth(request, who, "afdruk", "print", [client], sections)
        today = datetime.now(UTC).date()
        return _html(
            pages.print_page(who.account, client, today), framing=Framing.CLOSE
        )

    def _export(self, request: Request, _session: Session, who: Advisor) -> Response:
        large = "woonplaats" in request.query
        numbers = (
            self.register.living_in(request.query["woonplaats"])
            if large
            else self._caseloads[who.number]
        )
        clients = self.register.numbered(numbers)
        self._note_truth(request, who, "export", "export", clients)
        return Response(
            content_type="text/csv; charset=ISO-8859-1",
            body=pages.csv(clients).encode(CHARSET),
            headers=[("Content-Disposition", "attachment; filename=clienten.csv")],
            framing=Framing.CHUNKED,
            gzip=large,
        )

    def _suggest(self, request: Request, _session: Session, who: Advisor) -> Response:
        found = self.register.named(request.query.get("q", ""))[:30]
        shown = [c for c in self.register.numbered(found) if not c.restricted][:8]
        self._note_truth(request, who, "suggestie", "search", shown)
        return Response(
            content_type="application/json; charset=UTF-8",
            body=pages.suggestions(shown).encode(),
            headers=[*_NOT_CACHED],
        )

    def _note(self, request: Request, _session: Session, who: Advisor) -> Response:
        form = request.form
        client = self.register.get(form.get("id", ""))
        refusal = _refusal(client, who)
        if refusal is not None or client is None:
            return refusal or _html("", 404)
        notes = (form.get("tekst", "")[:500], *self._notes.pop(client.id, ()))
        self._notes[client.id] = notes[:3]
        while len(self._notes) > MAX_NOTED:
            self._notes.popitem(last=False)
        self._note_truth(request, who, "notitie", "update", [client])
        return _redirect(request, f"/client/view.do?id={client.id}&opgeslagen=1")

    def _note_truth(
        self,
        request: Request,
        who: Advisor,
        page: str,
        action: str,
        clients: list[Client],
        sections: tuple[str, ...] = (),
    ) -> None:
        if request.method == "HEAD" or not clients:
            return
        self.truth.append(
            TruthRecord(
                advisor=who.account,
                at_ns=time.time_ns(),
                page=page,
                action=action,
                clients=[client.id for client in clients],
                categories=[pages.CATEGORIES[section] for section in sections],
            )
        )


def _cookie(session: Session) -> tuple[str, str]:
    return ("Set-Cookie", f"{COOKIE}={session.id}; Path=/")


def _page_number(request: Request) -> int:
    text = request.query.get("pagina", "1")
    return (
        max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    )


def _html(
    text: str,
    status: int = 200,
    *,
    framing: Framing = Framing.LENGTH,
    gzip: bool = False,
    meta_only: bool = False,
) -> Response:
    return Response(
        status=status,
        content_type=HTML_CHARSET_IN_META if meta_only else HTML,
        body=text.encode(CHARSET, "replace"),
        framing=framing,
        gzip=gzip,
    )


def _redirect(request: Request, where: str) -> Response:
    # Absolute, from the Host header: servers of the day knew no other form.
    host = request.headers.get("host", "localhost")
    return Response(status=302, headers=[("Location", f"http://{host}{where}")])


def _refusal(client: Client | None, who: Advisor) -> Response | None:
    if client is None:
        return _html(
            pages.message("Onbekend", "Cliënt niet gevonden.", who.account), 404
        )
    if client.restricted:
        return _html(
            pages.message("Geen toegang", "Deze cliënt is afgeschermd.", who.account),
            403,
        )
    return None


def _static(request: Request, content_type: str, body: bytes) -> Response:
    headers = [
        ("ETag", f'W/"{len(body)}-1118740364000"'),
        ("Last-Modified", LAST_MODIFIED),
    ]
    if request.headers.get("if-modified-since") == LAST_MODIFIED:
        return Response(status=304, headers=headers)
    return Response(content_type=content_type, body=body, headers=headers)
