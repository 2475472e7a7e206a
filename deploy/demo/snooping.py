"""What should not be done, among normal work: a few cases that have to be found.

One advisor opens the record of somebody well known, which is on the watchlist; one
looks an acquaintance up by name and goes through the record again and again; one
exports four towns at night. They log in, and are served, as everybody else is.

A demonstration lasts a minute, so its thresholds differ from the catalogue's: it
happens in the time zone in which it is half past two at night now, the office works
around the clock, and what needs days before is off. Nobody's clock is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote_plus

from deploy.demo.application.clients import CITIES, FIRST_ID, SURNAMES, Register
from deploy.demo.application.messages import CHARSET
from deploy.demo.application.pages import TABS
from deploy.demo.application.staff import ADVISORS, Advisor
from deploy.demo.browser import Browser, Page
from proxy.context_files import ContextKind, check
from proxy.detections.findings import Finding
from proxy.detections.runner import Days, run
from proxy.detections.thresholds import load as load_thresholds
from proxy.detections.working_time import DAY, local_day
from proxy.keys import KeyFile
from proxy.store.client import ClickHouseStore
from proxy.store.context import ContextFile, load

CURIOUS, JEALOUS, LEAVING = ADVISORS[57], ADVISORS[58], ADVISORS[59]
"""Who opens the well known one, the acquaintance, and the towns."""
PLANTED: Final = {
    (CURIOUS.account, "watched-subject"),
    (JEALOUS.account, "searched-by-name"),
    (LEAVING.account, "bulk-export"),
}
"""Account and the detection that has to find it."""
WELL_KNOWN: Final = 31_337
"""Number of the client on the watchlist; nobody of the three guides that one."""
TOWNS: Final = 4
ROUNDS: Final = 3
_NIGHT: Final = 2
"""Hour of the day it is in the demonstration's zone."""

THRESHOLDS: Final = """\
# Thresholds of the demonstration (docs/demo.md): one minute, no days before.
zone: {zone}
hours:
  usual:
    {{monday: {all}, tuesday: {all}, wednesday: {all}, thursday: {all}, friday: {all},
     saturday: {all}, sunday: {all}}}
detections:
  # Everybody opens whoever is on the screen, once or twice; one export is one town.
  searched-by-name: {{pages: 12}}
  bulk-export: {{least: 5000}}
  outside-caseload: {{enabled: no}}
  outside-hours: {{enabled: no}}
  volume: {{enabled: no}}
"""


@dataclass(frozen=True, slots=True)
class Snooping:
    """What was planted and what was found."""

    findings: tuple[Finding, ...] = ()
    planted: int = 0
    found: int = 0

    @property
    def all_found(self) -> bool:
        """Each planted case, by the detection that has to find it."""
        return self.planted == self.found


def write_thresholds(path: Path, now: datetime) -> None:
    """The file, with the zone in which it is night now."""
    ahead = (_NIGHT - now.astimezone(UTC).hour) % 24
    # POSIX: the zone that is ahead of UTC is called GMT minus so many hours.
    name = f"Etc/GMT-{ahead}" if ahead <= 12 else f"Etc/GMT+{24 - ahead}"
    path.write_text(THRESHOLDS.format(zone=name, all="00:00-00:00"))


def load_context(store: ClickHouseStore, keys: KeyFile, seed: int) -> None:
    """The caseload of everybody, and the watchlist.

    Raises:
        StoreUnavailable, StoreRejected: the store does not answer.
    """
    register = Register(seed, len(ADVISORS))
    cases = "".join(
        f"{advisor.account},{FIRST_ID + number},2005-01-01\n"
        for advisor in ADVISORS
        for number in register.caseload(advisor.number)
    )
    watched = f"{FIRST_ID + WELL_KNOWN},well_known,2005-01-01\n"
    for kind, heading, rows in (
        (ContextKind.CASELOAD, "employee,subject,valid_from\n", cases),
        (ContextKind.WATCHLIST, "subject,reason,valid_from\n", watched),
    ):
        data = (heading + rows).encode()
        file = ContextFile(
            kind=kind,
            data=data,
            name="demo.csv",
            rows=check(kind, data),
            loaded_by="demo",
        )
        load(store, file, keys.subject, datetime.now(UTC))


async def snoop(base_url: str) -> list[str]:
    """Do what should not be done; what did not work, in words."""
    wrong: list[str] = []
    for who, paths in (
        (CURIOUS, _well_known()),
        (JEALOUS, _acquaintance()),
        (LEAVING, _towns()),
    ):
        async with Browser(base_url, connections=1, measure=_unmeasured) as browser:
            wrong += await _as(browser, who, paths)
    return wrong


def detect(store: ClickHouseStore, thresholds: Path) -> Snooping:
    """Run the detections over today, and see whether the planted ones are found.

    Raises:
        StoreUnavailable, StoreRejected: the store does not answer.
    """
    now = datetime.now(UTC)
    figures = load_thresholds(thresholds)
    today = local_day(now, figures.zone)
    found = run(store, figures, Days(today - DAY, today + DAY), now).new
    told = {(each.actor, each.detection) for each in found}
    return Snooping(tuple(found), len(PLANTED), len(PLANTED & told))


def _well_known() -> list[str]:
    client = FIRST_ID + WELL_KNOWN
    return [f"/client/view.do?id={client}&tab={tab}" for tab in ("contact", "alles")]


def _acquaintance() -> list[str]:
    name = quote_plus(SURNAMES[0], encoding=CHARSET)
    views = [f"/client/view.do?id={{found}}&tab={tab}" for tab in TABS]
    return [f"/zoeken.do?naam={name}", *(views * ROUNDS)]


def _towns() -> list[str]:
    return [
        f"/export.do?woonplaats={quote_plus(city, encoding=CHARSET)}"
        for city in CITIES[:TOWNS]
    ]


def _unmeasured(_nanoseconds: int) -> None:
    """Their requests are no part of how long an advisor waits."""


async def _as(browser: Browser, who: Advisor, paths: Sequence[str]) -> list[str]:
    form = await browser.get("/start.do")
    if form.login_action is None:
        return [f"{who.account}: no login form"]
    fields = {"j_username": who.account, "j_password": who.password}
    await browser.post(form.login_action, fields)
    wrong, found = [], ""
    for path in paths:
        page = await browser.get(path.format(found=found))
        if page.status != 200 or not page.clients():
            wrong.append(f"{who.account}: {page.status}, shown nobody")
        found = found or _stranger(page, who)
    await browser.get("/logout.do")
    return wrong


def _stranger(page: Page, who: Advisor) -> str:
    """A client of this page whom this advisor does not guide."""
    every = len(ADVISORS) * 4
    for client in page.clients():
        if (int(client) - FIRST_ID) % every != who.number:
            return client
    return ""
