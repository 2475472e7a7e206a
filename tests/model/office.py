"""Who sits where and does what: desks, employees, connections, in one seeded day.

A desk belongs to one application. People come, log in (some with a wrong
password first), open pages, log out or just leave; the next one takes the same
browser, the same kept connections, or both. Some sessions are older than the
sidecar, some expire, some keys are planted (fixation), and behind a pooling
balancer two people share one NTLM connection.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.model.styles import STYLES, Jar, Ntlm, Said, SteadyCookie, Style

MS = 10**6
EMPLOYEES = 200
DESKS_PER_STYLE = 12
WIRES = 2


@dataclass(slots=True, eq=False)
class Line:
    """One TCP connection."""

    application: str
    wire: int
    number: int
    address: str
    shared: bool = False
    """A second person's name was accepted on it (NTLM): nobody can tell any more."""
    free_at: int = 0


@dataclass(slots=True)
class Step:
    """One exchange with its place in time."""

    line: Line
    at: int
    """First request byte."""
    answered_at: int
    ends: int
    """Last response byte."""
    said: Said


@dataclass
class Office:
    """Makes the steps of a day; iterate ``steps``."""

    seed: int
    wires: int = WIRES
    pauses: tuple[int, ...] = (1_000, 20_000, MS, 15 * MS, 200 * MS)
    """Between an answer and the next request: as little as microseconds."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.styles: list[Style] = [kind(kind.__name__, self.rng) for kind in STYLES]

    def steps(self, exchanges: int) -> list[Step]:
        """So many exchanges, in order of their first byte."""
        rng = self.rng
        desks = [
            Desk(self, style, number)
            for style in self.styles
            for number in range(DESKS_PER_STYLE)
        ]
        queue = [
            (10**9 + rng.randrange(2000) * MS, place) for place in range(len(desks))
        ]
        heapq.heapify(queue)
        made: list[Step] = []
        while len(made) < exchanges:
            now, place = heapq.heappop(queue)
            desk = desks[place]
            line, said = next(desk.work)
            at = max(now, line.free_at)
            answered = at + rng.randrange(1, 30) * MS
            ends = answered + rng.randrange(0, 3) * MS
            line.free_at = ends + 1000
            made.append(Step(line, at, answered, ends, said))
            heapq.heappush(queue, (ends + rng.choice(self.pauses), place))
        made.sort(key=lambda step: step.at)
        return made

    def line(self, style: Style, address: str) -> Line:
        """A new connection, on any wire."""
        wire = self.rng.randrange(self.wires)
        return Line(style.name, wire, next(self._numbers), address)

    def somebody(self) -> str:
        """An employee."""
        return f"user{self.rng.randrange(EMPLOYEES)}"


class Desk:
    """A browser, whoever sits there, and their work without end."""

    def __init__(self, office: Office, style: Style, number: int) -> None:
        self.office = office
        self.style = style
        self.rng = office.rng
        self.jar = Jar()
        # Half of the desks share an address with another one.
        self.address = f"10.0.{number // 2 % 200}.7"
        self.lines = [office.line(style, self.address) for _ in range(2)]
        self.work = self._ntlm() if isinstance(style, Ntlm) else self._sessions()

    def _send(self, said: Said) -> tuple[Line, Said]:
        return self.rng.choice(self.lines), said

    def _renew_lines(self) -> None:
        if self.rng.random() < 0.4:
            fresh = self.office.line(self.style, self.address)
            self.lines[self.rng.randrange(2)] = fresh

    def _sessions(self) -> Iterator[tuple[Line, Said]]:
        rng, style, jar = self.rng, self.style, self.jar
        jar.user = self.office.somebody()
        if rng.random() < 0.15:
            style.old_session(jar)
            for _ in range(rng.randrange(1, 8)):
                yield self._send(style.page(jar))
        while True:
            jar.user = self.office.somebody()
            if isinstance(style, SteadyCookie) and rng.random() < 0.1:
                # Fixation: a key that somebody else made is planted here.
                planted = Jar()
                said = style.before(planted)
                assert said is not None
                yield self._send(said)
                jar.key = planted.key
            elif (first := style.before(jar)) is not None and rng.random() < 0.8:
                yield self._send(first)
            if rng.random() < 0.2:
                yield self._send(style.login(jar, right=False))
            yield self._send(style.login(jar))
            for _ in range(rng.randrange(1, 14)):
                yield self._send(style.page(jar))
            self._renew_lines()
            leave = rng.random()
            if leave < 0.6:
                yield self._send(style.logout(jar))
                if rng.random() < 0.5:
                    yield self._send(style.page(jar))  # the back button
            elif leave < 0.8:
                style.expire(jar)
                yield self._send(style.page(jar))
            # Else the next one logs in over what is still open.

    def _ntlm(self) -> Iterator[tuple[Line, Said]]:
        rng, style, jar = self.rng, self.style, self.jar
        assert isinstance(style, Ntlm)
        line = self.lines[0]
        named = ""
        while True:
            jar.user = self.office.somebody()
            pooled = rng.random() < 0.15
            if not pooled:
                line, named = self.office.line(style, self.address), ""
            jar.key = str(line.number)
            yield line, self._unless_shared(line, style.page(jar))
            yield line, style.offer(jar)
            if rng.random() < 0.2:
                yield line, style.login(jar, right=False)
                yield line, style.offer(jar)
            said = style.login(jar)
            line.shared = line.shared or named not in ("", jar.user)
            named = named or jar.user
            yield line, said
            for _ in range(rng.randrange(1, 14)):
                yield line, self._unless_shared(line, style.page(jar))

    def _unless_shared(self, line: Line, said: Said) -> Said:
        """Two people's names on one connection: nobody can tell whose it is."""
        said.knowable = said.knowable and not line.shared
        return said
