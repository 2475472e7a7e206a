"""The advisors: many people at work at once, with the habits of real browsers.

Each works at a workstation: a browser with a pool of 1 to 6 connections, some
closing each. They mistype passwords, leave without logging out, log in as
another in the same browser, look at frames in parallel, and two share an
address. Seeded: what each one does is decided by (seed, workstation); only how
the workstations interleave is not.

They check what they get: the status, and that the page names them and nobody
else. What was wrong is in the report, never an exception.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, urlsplit

import aiohttp

from deploy.demo.application.clients import CITIES, COUNT, FIRST_ID, SURNAMES
from deploy.demo.application.clients import restricted as is_restricted
from deploy.demo.application.messages import CHARSET
from deploy.demo.application.pages import TABS
from deploy.demo.application.staff import ADVISORS
from deploy.demo.application.static import FILES, LAST_MODIFIED
from deploy.demo.browser import Browser, Page

MAX_FAILURES_KEPT: Final = 20
MAX_FAILURES: Final = 400
"""After so many the advisors go home: the application is not there."""
_STATIC: Final = ("/static/vesta.css", "/static/vesta.js", "/static/logo.gif")
_RESTRICTED: Final = [n for n in range(COUNT) if is_restricted(n)]

Progress = Callable[[int], None]
"""Told how many exchanges are done, after each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkReport:
    """What the advisors did and how long it took them."""

    exchanges: int
    seconds: float
    records: int
    """Clients shown to them, counted from the pages they got; updates too."""
    logins: int
    wrong_passwords: int
    logouts: int
    handovers: int
    """Another account in the same browser, with or without a logout before."""
    failed: int
    """Answers that were not what they should be."""
    failures: tuple[str, ...]
    """The first of them, in words."""
    request_ns: array[int]
    """Each request, send to last byte, sorted."""

    def request_ms(self, share: float) -> float:
        """A percentile (``share`` 0 to 1) of the time of a request; 0 of none."""
        if not self.request_ns:
            return 0.0
        place = min(len(self.request_ns) - 1, int(share * len(self.request_ns)))
        return self.request_ns[place] / 1e6


class _Tally:
    """What all workstations add to."""

    def __init__(self, wanted: int, progress: Progress | None) -> None:
        self._wanted = wanted
        self._progress = progress
        self.request_ns: array[int] = array("q")
        self.records = 0
        self.logins = 0
        self.wrong_passwords = 0
        self.logouts = 0
        self.handovers = 0
        self.failed = 0
        self.failures: list[str] = []

    def measured(self, nanoseconds: int) -> None:
        self.request_ns.append(nanoseconds)
        if self._progress is not None:
            self._progress(len(self.request_ns))

    def full(self) -> bool:
        gone = self.failed >= MAX_FAILURES
        return gone or len(self.request_ns) >= self._wanted

    def fail(self, what: str) -> None:
        self.failed += 1
        if len(self.failures) < MAX_FAILURES_KEPT:
            self.failures.append(what)


class _Workstation:
    """One desk: its browser and whoever sits there."""

    def __init__(
        self,
        number: int,
        seed: int,
        tally: _Tally,
        open_browser: Callable[[int], Browser],
    ) -> None:
        self._rng = random.Random(f"{seed}/{number}")
        self._tally = tally
        self._open_browser = open_browser
        self._closes = number % 8 == 5
        """A proxy-minded browser that closes after each request."""
        self._who = ADVISORS[number % len(ADVISORS)]
        self._known: list[str] = []
        self._warm = False

    async def work(self) -> None:
        """Work until the tally is full; a broken connection is noted, once each."""
        while not self._tally.full():
            try:
                async with self._open_browser(self._rng.choice((1, 2, 2, 4, 6))) as b:
                    await self._day(b)
            except (aiohttp.ClientError, TimeoutError) as error:
                self._tally.fail(f"{self._who.account}: {type(error).__name__}")
                await asyncio.sleep(0.05)  # an unreachable application: no spinning

    async def _day(self, browser: Browser) -> None:
        """One browser window: one or more people, one after the other."""
        self._warm = False
        first = True
        while not self._tally.full():
            if not first:
                self._tally.handovers += 1
            await self._log_in(browser, fresh=first)
            first = False
            for _ in range(self._rng.randint(12, 50)):
                if self._tally.full():
                    return
                await self._act(browser)
            ending = self._rng.random()
            if ending < 0.2:  # closed without a logout; the cookie is gone with it
                self._who = self._rng.choice(ADVISORS)
                return
            if ending < 0.8:
                await self._log_out(browser)
            self._who = self._rng.choice(ADVISORS)

    async def _log_in(self, browser: Browser, *, fresh: bool) -> None:
        if fresh:
            self._expect(await self._get(browser, "/"), 302)
            form = await self._get(browser, "/start.do")
        else:
            form = await self._get(browser, "/login.do")
        self._expect(form, 200)
        action = form.login_action
        if action is None:
            self._tally.fail(f"{self._who.account}: no login form")
            return
        await self._static(browser)
        fields = {"j_username": self._who.account, "j_password": self._who.password}
        if self._rng.random() < 0.15:
            self._tally.wrong_passwords += 1
            again = await browser.post(action, {**fields, "j_password": "welkom01"})
            self._expect(again, 200)
            if again.login_action is None or again.user is not None:
                self._tally.fail(f"{self._who.account}: wrong password accepted")
        answer = await browser.post(action, fields)
        self._tally.logins += 1
        self._expect(answer, 302)
        if answer.location != "/start.do":
            self._tally.fail(f"{self._who.account}: login led to {answer.location}")
        self._expect(await self._get(browser, "/start.do"), 200)
        top, menu, main = await asyncio.gather(
            *(self._get(browser, p) for p in ("/top.do", "/menu.do", "/welkom.do"))
        )
        for frame in (top, menu, main):
            self._mine(frame)
        self._known = main.clients()

    async def _log_out(self, browser: Browser) -> None:
        if self._rng.random() < 0.3:
            # Impatient: a frame is still loading. It gets its page or the login
            # form, whichever came first; never another's name.
            menu, answer = await asyncio.gather(
                self._get(browser, "/menu.do"), self._get(browser, "/logout.do")
            )
            if menu.user not in (None, self._who.account):
                self._tally.fail(f"{self._who.account}: shown {menu.user}'s menu")
            self._tally.records += len(menu.clients())
        else:
            answer = await self._get(browser, "/logout.do")
        self._tally.logouts += 1
        self._expect(answer, 302)
        if self._rng.random() < 0.3:  # the back button shows nothing
            back = await self._get(browser, f"/client/view.do?id={self._anyone()}")
            if back.user is not None or back.clients():
                self._tally.fail(f"{self._who.account}: shown data after a logout")

    async def _act(self, browser: Browser) -> None:
        dice = self._rng.random()
        if dice < 0.14:
            await self._search(browser)
        elif dice < 0.22:
            page = await self._get(
                browser, f"/caseload.do?pagina={self._rng.randint(1, 11)}"
            )
            self._known = self._mine(page) or self._known
        elif dice < 0.32:
            await self._type_a_name(browser)
        elif dice < 0.40:
            await self._write_a_note(browser)
        elif dice < 0.46:
            client = self._anyone()
            page = await self._get(browser, f"/client/print.do?id={client}")
            self._mine(page, [client])
        elif dice < 0.475:
            await self._export(browser)
        elif dice < 0.50:
            await self._refused(browser)
        elif dice < 0.53:
            await self._static(browser)
        elif dice < 0.54:  # a second look at the login form does not log out
            self._expect(await self._get(browser, "/login.do"), 200)
        else:
            await self._open_client(browser)

    async def _search(self, browser: Browser) -> None:
        name = self._rng.choice(SURNAMES)[: self._rng.randint(2, 7)]
        quoted = quote_plus(name, encoding=CHARSET)
        page = await self._get(browser, f"/zoeken.do?naam={quoted}")
        self._known = self._mine(page) or self._known
        if self._rng.random() < 0.2:
            self._mine(await self._get(browser, f"/zoeken.do?naam={quoted}&pagina=2"))
        if self._rng.random() < 0.1:
            self._mine(await self._get(browser, "/zoeken.do"), [])

    async def _type_a_name(self, browser: Browser) -> None:
        name = self._rng.choice(SURNAMES)
        for typed in range(2, min(5, len(name) + 1)):
            quoted = quote_plus(name[:typed], encoding=CHARSET)
            page = await self._get(browser, f"/suggest.do?q={quoted}")
            self._expect(page, 200)
            self._known = self._count(page) or self._known

    async def _write_a_note(self, browser: Browser) -> None:
        client = self._anyone()
        # What somebody writes must never be taken for who is logged in.
        text = self._rng.choice(
            ("Gebeld, geen gehoor.", "Één afspraak.", "Ingelogd als <b>e.mulder</b>")
        )
        answer = await browser.post("/client/notitie.do", {"id": client, "tekst": text})
        if self._expect(answer, 302):
            self._tally.records += 1
            self._mine(await self._get(browser, answer.location), [client])

    async def _export(self, browser: Browser) -> None:
        path = "/export.do?caseload=1"
        if self._rng.random() < 0.08:
            path = f"/export.do?woonplaats={self._rng.choice(CITIES)}"
        page = await self._get(browser, path)
        if self._expect(page, 200) and not self._count(page):
            self._tally.fail(f"{self._who.account}: empty export")

    async def _refused(self, browser: Browser) -> None:
        if self._rng.random() < 0.5:
            client = FIRST_ID + self._rng.choice(_RESTRICTED)
            page = await self._get(browser, f"/client/view.do?id={client}")
            self._expect(page, 403)
        else:
            page = await self._get(browser, f"/client/{FIRST_ID + COUNT + 17}")
            self._expect(page, 404)
        if page.user != self._who.account:
            self._tally.fail(f"{self._who.account}: refusal named {page.user}")

    async def _open_client(self, browser: Browser) -> None:
        client = self._anyone()
        tab = self._rng.choice((None, None, *TABS))
        path = f"/client/view.do?id={client}" + (f"&tab={tab}" if tab else "")
        if self._rng.random() < 0.2:
            path = f"/client/{client}"
        if self._rng.random() < 0.3:  # the menu frame reloads beside it
            page, menu = await asyncio.gather(
                self._get(browser, path), self._get(browser, "/menu.do")
            )
            self._mine(menu)
        else:
            page = await self._get(browser, path)
        self._mine(page, [client])

    async def _static(self, browser: Browser) -> None:
        if not self._warm:
            self._warm = True
            files = await asyncio.gather(*(browser.get(path) for path in _STATIC))
            for file in files:
                self._expect(file, 200)
            return
        path = self._rng.choice(tuple(FILES))
        if self._rng.random() < 0.5:
            file = await browser.get(path, unless_modified=LAST_MODIFIED)
            self._expect(file, 304)
        else:
            self._expect(await browser.get(path), 200)

    async def _get(self, browser: Browser, path: str) -> Page:
        closes = self._closes or self._rng.random() < 0.03
        return await browser.get(path, gzip=self._rng.random() < 0.9, close=closes)

    def _anyone(self) -> str:
        """A client to open: mostly one that was just on the screen."""
        if self._known and self._rng.random() < 0.8:
            return self._rng.choice(self._known)
        while True:
            number = self._rng.randrange(COUNT)
            if not is_restricted(number):
                return str(FIRST_ID + number)

    def _expect(self, page: Page, status: int) -> bool:
        if page.status != status:
            self._tally.fail(f"{self._who.account}: {page.status}, not {status}")
        return page.status == status

    def _count(self, page: Page) -> list[str]:
        shown = page.clients()
        self._tally.records += len(shown)
        return shown

    def _mine(self, page: Page, clients: list[str] | None = None) -> list[str]:
        """Check that the page is for this advisor and shows these clients."""
        shown = self._count(page)
        if self._expect(page, 200) and page.user != self._who.account:
            self._tally.fail(f"{self._who.account}: page named {page.user}")
        elif clients is not None and shown != clients:
            self._tally.fail(f"{self._who.account}: shown {shown}, not {clients}")
        return shown


def _address(base_url: str, number: int) -> str | None:
    """A loopback address per two workstations, where all of 127/8 is local."""
    host = urlsplit(base_url).hostname or ""
    if not host.startswith("127."):
        return None
    return f"127.0.{1 + number // 2 // 200}.{10 + number // 2 % 200}"


async def work(
    base_url: str,
    *,
    advisors: int = 40,
    exchanges: int = 4000,
    seed: int = 2005,
    progress: Progress | None = None,
    tls: ssl.SSLContext | None = None,
) -> WorkReport:
    """Let ``advisors`` workstations work until ``exchanges`` requests were answered.

    A few more are answered than asked for: what somebody began is finished. An
    application that is not there gives a report of MAX_FAILURES failures.
    """
    tally = _Tally(exchanges, progress)

    def browser_of(number: int) -> Callable[[int], Browser]:
        address = _address(base_url, number)
        return lambda connections: Browser(
            base_url,
            connections=connections,
            measure=tally.measured,
            address=address,
            tls=tls,
        )

    before = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(advisors):
            desk = _Workstation(number, seed, tally, browser_of(number))
            group.create_task(desk.work())
    return WorkReport(
        exchanges=len(tally.request_ns),
        seconds=time.perf_counter() - before,
        records=tally.records,
        logins=tally.logins,
        wrong_passwords=tally.wrong_passwords,
        logouts=tally.logouts,
        handovers=tally.handovers,
        failed=tally.failed,
        failures=tuple(tally.failures),
        request_ns=array("q", sorted(tally.request_ns)),
    )
