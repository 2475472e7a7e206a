"""The canary: does a view that must be there come up under the right name in time?

Everything else the sidecar says of itself, it counts itself. The canary asks from
outside: it logs in through the sidecar as a test account, opens a test client, and
then asks the store, as an auditor would, until the view is there. What the
application did not show (``login``, ``page``) is told apart from what was shown and
is not known (``view absent``, ``wrong name``, ``store``).

Failure modes: every one is an ``Outcome``; the password is in none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from typing_extensions import override

from proxy.app.access import keys_of, store_client
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.app.visiting import NotOpened, Visit, visit
from proxy.config import Canary, Config
from proxy.errors import UsageError
from proxy.keys import secret
from proxy.pseudonym import pseudonym
from proxy.store.investigations import who_saw
from proxy.store.port import StoreRejected, StoreUnavailable
from proxy.store.seen import Seen

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
"""Between two questions to the store."""
SLACK = timedelta(milliseconds=500)
"""How far the clock that stamps the view may be behind this one."""
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 a name, not a binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one run."""

    failed: str = ""
    """Login, page, store, view absent or wrong name; empty: all is well."""
    detail: str = ""
    seconds: float = 0.0
    """From the request of the page until its view was found."""

    @override
    def __str__(self) -> str:
        if self.failed:
            return f"{self.failed}: {self.detail}" if self.detail else self.failed
        return f"the view was there after {self.seconds:.1f} s"


def configured(config: Config) -> Canary:
    """What the config says of it.

    Raises:
        UsageError: nothing.
    """
    if config.canary is None:
        raise UsageError(f"{config.file}: canary is not configured")
    return config.canary


async def once(config: Config) -> Outcome:
    """One run.

    Raises:
        UsageError: it is not configured, or a file with a secret is not usable.
    """
    canary = configured(config)
    asked_at = datetime.now(UTC)
    word = secret(canary.password_file)
    try:
        await visit(
            Visit(
                url=_url(config, canary),
                ca=canary.ca,
                login=canary.login,
                form=(*canary.fields, (canary.password_field, word)),
                page=canary.page,
            )
        )
    except NotOpened as error:
        return Outcome(failed=error.step.value, detail=error.detail)
    return await _found(config, canary, asked_at)


def judge(rows: Iterable[Seen], canary: Canary) -> Outcome:
    """What these views of the test client, since it was opened, say."""
    names = [
        row.actor or row.learned_actor
        for row in rows
        if row.application == canary.application
    ]
    if canary.account in names:
        return Outcome()
    if not names:
        return Outcome(failed="view absent", detail=f"not within {canary.within:g} s")
    others = " or ".join(sorted({name or "nobody" for name in names}))
    return Outcome(failed="wrong name", detail=f"it is said to be {others}")


async def _found(config: Config, canary: Canary, asked_at: datetime) -> Outcome:
    """Ask the store until the view is there or the time is over."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while True:
        outcome = await asyncio.to_thread(_look, config, canary, asked_at)
        seconds = loop.time() - begun
        if not outcome.failed:
            return Outcome(seconds=seconds)
        if seconds > canary.within:
            return outcome
        await asyncio.sleep(LOOK_SECONDS)


def _look(config: Config, canary: Canary, asked_at: datetime) -> Outcome:
    keys = keys_of(config).subject.values()
    kind = canary.subject_type
    subjects = [pseudonym(key, kind, canary.client).hex() for key in keys]
    since, until = asked_at - SLACK, asked_at + timedelta(days=1)
    try:
        with closing(store_client(config)) as store:
            answer = who_saw(store, subjects, kind, since, until, limit=1_000)
    except (StoreUnavailable, StoreRejected) as error:
        return Outcome(failed="store", detail=str(error))
    return judge(answer.rows, canary)


def _url(config: Config, canary: Canary) -> str:
    if canary.url is not None:
        return canary.url.rstrip("/")
    for each in config.applications:
        if each.name == canary.application:
            host = _ANYWHERE.get(each.listen.host, each.listen.host)
            return f"{'https' if each.tls else 'http'}://{host}:{each.listen.port}"
    raise UsageError(f"{config.file}: canary: no application {canary.application}")


class Repeating:
    """Runs it every ``canary.every``; its figures are the role's report."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._figures: dict[str, Any] = {"canary_runs": 0, "canary_failures": 0}

    def figures(self) -> dict[str, Any]:
        """The last run, and how many there were."""
        return dict(self._figures)

    async def run(self) -> None:
        """Until cancelled; the first run is one period after the start."""
        every = configured(self._config).every
        while True:
            await asyncio.sleep(every)
            self.note(await once(self._config), datetime.now(UTC))

    def note(self, outcome: Outcome, now: datetime) -> None:
        """Take the outcome of a run into the figures."""
        self._figures["canary_runs"] += 1
        self._figures["canary_failures"] += bool(outcome.failed)
        self._figures["canary_at"] = now.timestamp()
        self._figures["canary_error"] = str(outcome) if outcome.failed else ""
        if outcome.failed:
            logger.error("the canary failed: %s", outcome)
        else:
            self._figures["canary_seconds"] = outcome.seconds


def run(config: Config) -> int:
    """Run it again and again until SIGTERM.

    Raises:
        UsageError: it is not configured, or a file with a secret is not usable.
    """
    secret(configured(config).password_file)
    return asyncio.run(_run(config))


async def _run(config: Config) -> int:
    stop = stop_on_signal()
    repeating = Repeating(config)
    async with reporting(config.status_directory, "canary", repeating.figures):
        running = asyncio.create_task(repeating.run(), name="canary")
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (running, stopping):
            if not task.done():
                task.cancel()
        if running.done() and not running.cancelled():
            running.result()  # what ended it is told
    return 0
