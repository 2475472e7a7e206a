"""The demonstration: advisors work, the sidecar watches, the truth is compared.

An application that logs nothing is started with a sidecar and an embedded store;
advisors use it at the same time; then what the application says it showed is
compared, record by record, with what can be asked of the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.demo.added import Added, added_latency
from deploy.demo.advisors import WorkReport, work
from deploy.demo.application.truth import TruthRecord, read_truth
from deploy.demo.process import ApplicationProcess, application
from deploy.demo.scoring import Score, ViewRow, score
from deploy.demo.sidecar import Sidecar, sidecar, write_config
from deploy.demo.snooping import Snooping, detect, load_context, snoop, write_thresholds
from deploy.demo.watching import Lags, watching
from proxy.config import Config
from proxy.journal import JournalReader, cursor
from proxy.keys import load as load_keys
from proxy.pseudonym import pseudonym
from proxy.store.client import ClickHouseStore

THRESHOLDS = "thresholds.yaml"
"""In the directory of the demonstration."""
STORED_SECONDS = 60.0
"""How long the store may take to have everything after the last request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a demonstration."""

    advisors: int = 40
    exchanges: int = 4000
    wires: int = 2
    seed: int = 2005


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything the demonstration found out."""

    score: Score
    gaps: int
    lag_ms_p50: float
    lag_ms_p99: float
    added: Added
    work: WorkReport
    example: str
    """A client several advisors opened: worth asking about."""
    snooping: Snooping = field(default_factory=Snooping)
    """What should not have been done, and what the detections found."""

    @property
    def clean(self) -> bool:
        """Nothing missed, nothing extra, nobody named wrongly, no gap, and what was
        planted is found."""
        right = self.score.clean and not self.gaps and not self.work.failed
        return right and self.snooping.all_found

    def plain(self) -> dict[str, Any]:
        """The figures under the names the machine-readable answer has."""
        figures = asdict(self.score)
        figures.pop("examples")
        return {
            **figures,
            "gaps": self.gaps,
            "lag_ms_p50": round(self.lag_ms_p50, 1),
            "lag_ms_p99": round(self.lag_ms_p99, 1),
            "added_ms_p50": round(self.added.added_ms, 3),
            "requests_failed": self.work.failed,
            "planted": self.snooping.planted,
            "planted_found": self.snooping.found,
            "findings": len(self.snooping.findings),
        }


@dataclass(frozen=True, slots=True)
class Stage:
    """What is running while the demonstration lasts."""

    application: ApplicationProcess
    sidecar: Sidecar


@contextlib.asynccontextmanager
async def stage(directory: Path, plan: Plan) -> AsyncIterator[Stage]:
    """Start the application and the sidecar; end both after the block."""
    async with application(directory / "truth.jsonl", seed=plan.seed) as app:
        config = write_config(directory, app.url, wires=plan.wires)
        async with sidecar(config, directory / "sidecar.log") as running:
            yield Stage(app, running)


async def perform(
    stage: Stage, directory: Path, plan: Plan, progress: Callable[[int], None]
) -> Outcome:
    """Let the advisors work, wait for the store, and compare."""
    store = stage.sidecar.store()
    config = stage.sidecar.config
    thresholds = directory / THRESHOLDS
    write_thresholds(thresholds, datetime.now(UTC))
    await asyncio.to_thread(load_context, store, load_keys(config.keys), plan.seed)
    async with application(directory / "direct.jsonl", seed=plan.seed) as direct:
        added = await added_latency(direct.url, stage.sidecar.url)
    async with watching(store) as lags:
        report, _ = await asyncio.gather(
            work(
                stage.sidecar.url,
                advisors=plan.advisors,
                exchanges=plan.exchanges,
                seed=plan.seed,
                progress=progress,
            ),
            snoop(stage.sidecar.url),
        )
        served = await stage.application.served()
        await _until_stored(lags, served.exchanges, stage.sidecar.config)
    outcome = await asyncio.to_thread(
        _compare, stage, store, served.exchanges, lags, added, report
    )
    found = await asyncio.to_thread(detect, store, thresholds)
    store.close()
    return replace(outcome, snooping=found)


async def _until_stored(lags: Lags, exchanges: int, config: Config) -> None:
    """Wait until as many exchanges are queryable and the journal is empty, or
    nothing more comes: views and gaps follow the exchanges of their batch."""
    deadline = time.monotonic() + STORED_SECONDS
    while time.monotonic() < deadline:
        if len(lags.milliseconds) >= exchanges and shipped(config):
            return
        await asyncio.sleep(0.05)


def shipped(config: Config) -> bool:
    """Whether the store has acknowledged all that is in the journal."""
    found = cursor.load(config.journal_directory / cursor.CURSOR)
    tail = JournalReader(config.journal_directory).tail()
    return found is not None and (found.epoch, found.shipped) == tail


def _compare(
    stage: Stage,
    store: ClickHouseStore,
    served: int,
    lags: Lags,
    added: Added,
    report: WorkReport,
) -> Outcome:
    config = stage.sidecar.config
    keys = load_keys(config.keys)
    truth = list(read_truth(stage.application.truth))
    rows = store.query("SELECT actor, subject, action, categories FROM views").rows
    views = [ViewRow(row[0], row[1], row[2], tuple(row[3])) for row in rows]
    recorded = settled(lambda: stage.sidecar.figure("recorder", "exchanges"), served)
    stored = int(store.query("SELECT count() FROM exchanges").rows[0][0])
    gaps = int(store.query("SELECT count() FROM gaps").rows[0][0])
    return Outcome(
        score=score(
            truth,
            views,
            pseudonym=lambda client: pseudonym(keys.subject_key, "client", client),
            exchanges_seen=served,
            exchanges_recorded=recorded,
            exchanges_stored=stored,
        ),
        gaps=gaps,
        lag_ms_p50=lags.percentile(0.5),
        lag_ms_p99=lags.percentile(0.99),
        added=added,
        work=report,
        example=example(truth),
    )


def settled(read: Callable[[], int], wanted: int) -> int:
    """A figure that is written once a second, once it has caught up."""
    deadline = time.monotonic() + 5.0
    while (found := read()) < wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def example(truth: list[TruthRecord]) -> str:
    """The client most advisors opened, and few enough for a screen."""
    openers: dict[str, set[str]] = defaultdict(set)
    shown: dict[str, int] = defaultdict(int)
    for record in truth:
        for client in record.clients:
            shown[client] += 1
            if record.action in {"view", "print"}:
                openers[client].add(record.advisor)
    few = [client for client in openers if shown[client] <= 12] or list(openers)
    return max(few, key=lambda client: (len(openers[client]), client), default="")
