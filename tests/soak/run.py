"""One run: start, load, look once a second, end; and what was found."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import peers
from tests.bench.procfs import memory_mib
from tests.bench.whosaw import RULES, SELECTORS
from tests.soak.load import Idle, application, requests
from tests.soak.samples import Series
from tests.support.sidecars import Front, Running, run, write_config

MIB = 1 << 20
WIRES = 2
CONNECTIONS = 32
"""That send; the others are idle."""
MORE = """\
journal: {segment: 4MiB}
seals: {every: 5s}
"""
"""Segments that come and go within a minute, so that the journal can be flat."""
SETTLE_SECONDS = 60.0


@dataclass(slots=True)
class Found:
    """What a run showed."""

    seconds: float = 0.0
    exchanges: int = 0
    """Recorded."""
    served: int = 0
    """By the application's own count."""
    views: int = 0
    gaps: dict[str, int] = field(default_factory=dict)
    idle: int = 0
    idle_open: int = 0
    """At the end of the load."""
    lag_ms: float = 0.0
    """Of the store, at the end of the load."""
    series: dict[tuple[str, str], Series] = field(default_factory=dict)
    """By role (or ``journal``) and figure."""

    @property
    def flat(self) -> bool:
        """Nothing grew, and nobody was sent away."""
        return self.idle == self.idle_open and all(
            each.flat for each in self.series.values()
        )

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "seconds": round(self.seconds, 1),
            "exchanges": self.exchanges,
            "served": self.served,
            "a_second": round(self.exchanges / self.seconds) if self.seconds else 0,
            "views": self.views,
            "gaps": self.gaps,
            "idle": self.idle,
            "idle_open": self.idle_open,
            "lag_ms": round(self.lag_ms),
            "flat": self.flat,
            "series": {
                f"{role} {what}": each.plain()
                for (role, what), each in self.series.items()
            },
        }


def soak(
    directory: Path,
    *,
    seconds: float,
    exchanges: int,
    first: int,
    idle: int,
    rate: float,
) -> Found:
    """Run for this long, or until so many exchanges are recorded if that is given."""
    found = Found(idle=idle)
    with ExitStack() as stack:
        app = stack.enter_context(application(directory / "application"))
        place = directory / "sidecar"
        place.mkdir(parents=True, exist_ok=True)
        each, subject = SELECTORS["regex"]
        rules = place / "rules.yaml"
        rules.write_text(RULES.format(each=each, subject=subject, assurance="observe"))
        room = (idle + CONNECTIONS) // WIRES * 3 // 2 + 64
        front = Front(
            name="bench",
            rules=rules,
            upstream=f"http://127.0.0.1:{app.port}",
            more=f"max_connections: {room}",
        )
        config = write_config(place, [front], wires=WIRES, more=MORE)
        running = stack.enter_context(run(config))
        before, served = _recorded(running), peers.served(app)
        silent = Idle(running.port(), idle)
        stack.callback(silent.close)
        began = time.monotonic()
        load = requests(
            running.port(),
            directory,
            first=first,
            connections=CONNECTIONS,
            rate=rate,
        )
        with load as pid:
            while not _over(running, began, seconds, exchanges, before):
                time.sleep(1)
                os.kill(pid, 0)  # a load that has ended is no load
                _look(running, time.monotonic() - began, found)
            found.lag_ms = running.figure("shipper", "lag_ms") or 0.0
        found.seconds = time.monotonic() - began
        found.idle_open = silent.open()
        found.served = peers.served(app) - served
        _settle(running)
        found.exchanges = _recorded(running) - before
        found.views = running.figure("recorder", "views") or 0
        found.gaps = _gaps(running)
    return found


def _over(
    running: Running, began: float, seconds: float, exchanges: int, before: int
) -> bool:
    if exchanges:
        return _recorded(running) - before >= exchanges
    return time.monotonic() - began >= seconds


def _recorded(running: Running) -> int:
    return running.figure("recorder", "exchanges") or 0


def _gaps(running: Running) -> dict[str, int]:
    """Those that nobody meant, by kind."""
    found: dict[str, int] = {}
    for _, kind, intended, number in running.figure("recorder", "gaps_by") or ():
        if not intended:
            found[kind] = found.get(kind, 0) + number
    return found


def _settle(running: Running) -> None:
    """Until nothing more is recorded; bounded."""
    deadline = time.monotonic() + SETTLE_SECONDS
    before = -1
    while (now := _recorded(running)) != before and time.monotonic() < deadline:
        before = now
        time.sleep(3)


def _look(running: Running, at: float, found: Found) -> None:
    for role, report in running.reports().items():
        _add(found, role, "rss_mib", at, memory_mib(report.pid, "VmRSS"))
        try:
            descriptors = len(os.listdir(f"/proc/{report.pid}/fd"))  # noqa: PTH208
        except OSError:
            continue
        _add(found, role, "descriptors", at, descriptors)
    journal = running.figure("recorder", "journal_bytes")
    if journal is not None:
        _add(found, "journal", "journal_mib", at, journal / MIB)


def _add(found: Found, role: str, what: str, at: float, value: float) -> None:
    found.series.setdefault((role, what), Series(what)).add(at, value)
