"""Detections on a schedule: run what is due, push what is new, say how it went.

Each run judges complete days and, for events, the day that has begun, and goes
``BACK`` days back: rows and names come late, findings are written once. The thresholds
are read again at each run; a mistake in them is told and the last good ones stay.

A process of its own: a slow store costs nobody else anything.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from proxy.app.access import store_client
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.config import Config
from proxy.config.model import Detecting, PushKind
from proxy.detections.catalogue import Window
from proxy.detections.pushing import (
    HttpReceiver,
    Pusher,
    PushFailed,
    Receiver,
    SyslogReceiver,
)
from proxy.detections.runner import due
from proxy.detections.runner import run as run_over
from proxy.detections.thresholds import Thresholds, load
from proxy.errors import UsageError, WhosawError
from proxy.keys import secret
from proxy.store.port import QuestionsAndRows, StoreRejected, StoreUnavailable

logger = logging.getLogger(__name__)

BACK = 2
"""Days judged again at each run."""


class Role:
    """What is repeated, and its figures."""

    def __init__(
        self, config: Config, store: QuestionsAndRows, pusher: Pusher | None = None
    ) -> None:
        if config.detections is None:
            raise UsageError(f"{config.file}: there is no detections in it")
        self._given: Detecting = config.detections
        self._store = store
        self._pusher = pusher
        self._thresholds: Thresholds = load(self._given.thresholds)
        self.runs = self.found = self.pushed = self.left_out = 0
        self.last_run = 0.0
        self.error = ""

    def step(self, now: datetime) -> None:
        """Run what is due, once.

        Raises:
            StoreUnavailable, StoreRejected, PushFailed, OSError: what did not work;
            the next step does it again.
        """
        self._thresholds = load(self._given.thresholds)
        over, events = due(self._thresholds, now, back=BACK)
        for days, window in ((over, Window.DAY), (events, Window.EVENT)):
            ran = run_over(
                self._store, self._thresholds, days, now, windows=frozenset({window})
            )
            self.found += len(ran.new)
            self.left_out += sum(ran.left_out.values())
            for finding in ran.new:
                logger.info("%s: finding %s", finding.detection, finding.id)
            for name, count in ran.left_out.items():
                logger.warning("%s: %d findings more than are kept", name, count)
        self.runs += 1
        self.last_run = now.timestamp()
        if self._pusher is not None:
            self.pushed += self._pusher.push()

    def try_step(self, now: datetime) -> None:
        """The same; what went wrong is told in the figures."""
        try:
            self.step(now)
        except (
            *(StoreUnavailable, StoreRejected, PushFailed),
            *(WhosawError, OSError),
        ) as error:
            self.error = str(error) or type(error).__name__
            logger.warning("detections: %s", self.error)
        else:
            self.error = ""

    def figures(self) -> dict[str, Any]:
        """For the status file."""
        return {
            "runs": self.runs,
            "last_run": self.last_run,
            "findings": self.found,
            "left_out": self.left_out,
            "pushed": self.pushed,
            "last_error": self.error,
        }


def run(config: Config) -> int:
    """Repeat until SIGTERM.

    Raises:
        UsageError: the config has no ``detections``, or its thresholds are wrong.
    """
    return asyncio.run(_run(config))


def pusher(config: Config, store: QuestionsAndRows) -> Pusher | None:
    """What hands findings over, if that is configured.

    Raises:
        UsageError: the token cannot be read.
    """
    push = config.detections.push if config.detections is not None else None
    if push is None:
        return None
    receiver: Receiver
    if push.kind is PushKind.HTTP:
        token = secret(push.token_file) if push.token_file is not None else ""
        receiver = HttpReceiver(push.url, token)
    else:
        assert push.address is not None
        receiver = SyslogReceiver(push.address.host, push.address.port, config.node)
    return Pusher(store, receiver, config.state / "pushed.json")


async def _run(config: Config) -> int:
    stop = stop_on_signal()
    store = store_client(config)
    role = Role(config, store, pusher(config, store))
    assert config.detections is not None
    async with reporting(config.status_directory, "detections", role.figures):
        while not stop.is_set():
            await asyncio.to_thread(role.try_step, datetime.now(UTC))
            with suppress(TimeoutError):
                async with asyncio.timeout(_pause(role, config.detections.every)):
                    await stop.wait()
    store.close()
    return 0


def _pause(role: Role, every: float) -> float:
    """Sooner again while nothing has worked yet: a store that is just starting."""
    return min(every, 5.0) if role.error and not role.runs else every
