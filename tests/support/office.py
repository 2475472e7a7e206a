"""A model of an office: employees, shared desks, an application, two wires.

The application's own state says who each request was answered for; the model
writes exchanges with what they look like on the wire, and the truth beside
them. Seeded: one seed, one office day.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from proxy.exchange.model import Exchange
from tests.support.browsing import MS, exchange


@dataclass
class Told:
    """One exchange with the truth about it."""

    exchange: Exchange
    wire: int
    truth: str
    """Whom the application answered; empty: nobody was logged in."""
    knowable: bool
    """Whether what is on the wire tells the name."""
    plain: bool = False
    """A page within the session, without any change of it."""

    @property
    def end(self) -> int:
        """Last byte."""
        response = self.exchange.response
        return response.end_ns if response else self.exchange.request.end_ns


_Step = Callable[[int], Told]


@dataclass
class _Browser:
    """One desk's cookie jar; whoever sits there uses it."""

    cookie: str = ""
    user: str = ""


@dataclass
class Office:
    """Writes a day; ``rotates``: the application changes the cookie at login."""

    seed: int
    rotates: bool
    employees: int = 40
    desks: int = 12
    busy: dict[str, str] = field(default_factory=dict)
    """Session value → user, in the application."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._values = itertools.count(1)
        self._known: set[str] = set()

    def day(self, steps: int) -> list[Told]:
        """So many requests, desks interleaved, in order of their first byte."""
        rng = self._random
        told: list[Told] = []
        clocks = [(rng.randrange(1000) * MS + 10**9, n) for n in range(self.desks)]
        heapq.heapify(clocks)
        desks = [self._desk() for _ in range(self.desks)]
        for _ in range(steps):
            now, number = heapq.heappop(clocks)
            step = next(desks[number])
            told.append(step(now))
            ended = told[-1].end
            if told[-1].plain and rng.random() < 0.3:
                # Frames and images are asked for while the page still comes.
                ended = (ended + now) // 2
            # The next request of a desk follows within microseconds, at times.
            pause = rng.choice((1_000, 5_000, MS, 20 * MS, 300 * MS))
            heapq.heappush(clocks, (ended + pause, number))
        return told

    def _value(self) -> str:
        return f"s{self._random.randrange(10**9)}x{next(self._values)}"

    def _desk(self) -> Iterator[_Step]:
        rng = self._random
        browser = _Browser()
        if rng.random() < 0.2:
            # Open since before the sidecar started: nobody can know whose.
            browser.cookie, browser.user = self._value(), self._somebody()
            self.busy[browser.cookie] = browser.user
        while True:
            if not browser.user:
                browser.user = self._somebody()
                if not browser.cookie or rng.random() < 0.3:
                    yield lambda at: self._front(browser, at)
                if rng.random() < 0.2:
                    yield lambda at: self._wrong_password(browser, at)
                yield lambda at: self._login(browser, at)
            for _ in range(rng.randrange(1, 12)):
                if self.rotates and rng.random() < 0.05:
                    yield lambda at: self._page(browser, at, rotate=True)
                else:
                    yield lambda at: self._page(browser, at)
            if rng.random() < 0.7:
                yield lambda at: self._logout(browser, at)
            elif rng.random() < 0.5:
                # The session ended in the application; the next click shows it.
                self.busy.pop(browser.cookie, None)
                yield lambda at: self._expired(browser, at)
            # Else the next one logs in over the open session.
            browser.user = ""

    def _somebody(self) -> str:
        return f"user{self._random.randrange(self.employees)}"

    def _told(self, made: Exchange, truth: str, *, knowable: bool) -> Told:
        # Keep-alive connections of a desk are spread over the wires.
        return Told(made, self._random.randrange(2), truth, knowable)

    def _front(self, browser: _Browser, at: int) -> Told:
        was = browser.cookie
        browser.cookie = self._value()
        self.busy.pop(was, None)
        made = exchange(
            "/", at=at, took=self._took(), set_cookie=f"SID={browser.cookie}; Path=/"
        )
        return self._told(made, "", knowable=False)

    def _wrong_password(self, browser: _Browser, at: int) -> Told:
        made = exchange(
            "/login",
            at=at,
            took=self._took(),
            cookie=f"SID={browser.cookie}",
            form=f"username={self._somebody()}&password=wrong-password-canary",
        )
        return self._told(made, "", knowable=False)

    def _login(self, browser: _Browser, at: int) -> Told:
        old = browser.cookie
        if self.rotates:
            self.busy.pop(old, None)
            browser.cookie = self._value()
        self.busy[browser.cookie] = browser.user
        self._known.add(browser.cookie)
        made = exchange(
            "/login",
            at=at,
            took=self._took(),
            cookie=f"SID={old}; theme=dark",
            form=f"username={browser.user}&password=password-canary",
            status=302,
            location="/home",
            set_cookie=f"SID={browser.cookie}; Path=/" if self.rotates else (),
        )
        return self._told(made, browser.user, knowable=True)

    def _page(self, browser: _Browser, at: int, *, rotate: bool = False) -> Told:
        old = browser.cookie
        user = self.busy.get(old, "")
        known = old in self._known
        if rotate:
            self.busy.pop(old, None)
            browser.cookie = self._value()
            self.busy[browser.cookie] = user
            if known:
                self._known.add(browser.cookie)
        made = exchange(
            f"/client/{self._random.randrange(1000)}",
            at=at,
            took=self._took(),
            cookie=f"SID={old}; theme=dark",
            set_cookie=f"SID={browser.cookie}; Path=/" if rotate else (),
        )
        told = self._told(made, user, knowable=known)
        told.plain = not rotate
        return told

    def _logout(self, browser: _Browser, at: int) -> Told:
        user = self.busy.pop(browser.cookie, "")
        known = browser.cookie in self._known
        self._known.discard(browser.cookie)
        made = exchange(
            "/logout",
            at=at,
            took=self._took(),
            cookie=f"SID={browser.cookie}",
            status=302,
            location="/login",
        )
        return self._told(made, user, knowable=known)

    def _expired(self, browser: _Browser, at: int) -> Told:
        old = browser.cookie
        self._known.discard(old)
        browser.cookie = self._value()
        made = exchange(
            "/client/1",
            at=at,
            took=self._took(),
            cookie=f"SID={old}",
            status=302,
            location="/login",
            set_cookie=f"SID={browser.cookie}; Path=/",
        )
        return self._told(made, "", knowable=False)

    def _took(self) -> int:
        return self._random.choice((200_000, MS, 5 * MS, 40 * MS))
