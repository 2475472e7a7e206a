"""Constant 300 requests a second for a minute: what the sidecar adds.

Direct and through the sidecar run at the same time, each at the full rate, so
that what is subtracted lived through the same minute. Three situations: normal
work, the store gone, and the recorder killed (again and again: every ten
seconds, which is each time a new recorder and a replay).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import peers, whosaw
from tests.bench.load import OpenLoop, open_loop
from tests.bench.page import CLIENT_PATH

RATE = 300.0
SECONDS = float(os.environ.get("WHOSAW_OPEN_LOOP_SECONDS", "60"))
SHARES = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999, "max": 1.0}
KILL_EVERY = 10.0


def main(console: Console) -> None:
    """Measure the three situations; build/bench-open-loop.json."""
    found = []
    for situation in ("normal", "store down", "recorder killed"):
        with tempfile.TemporaryDirectory(prefix="whosaw-bench-") as directory:
            found.append(_situation(situation, Path(directory)))
    (Path(__file__).parents[2] / "build" / "bench-open-loop.json").write_text(
        json.dumps(found, indent=2) + "\n"
    )
    table = Table(box=None, header_style="bold")
    columns = list(found[0])
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in found:
        table.add_row(*(_shown(row[column]) for column in columns))
    console.print(table)


def _situation(name: str, place: Path) -> dict[str, object]:
    roles: tuple[str, ...] = ()
    if name == "store down":
        roles = ("wire", "recorder", "shipper")
    with (
        peers.application(place / "application") as app,
        whosaw.sidecar(place / "sidecar", app, wires=1, roles=roles) as running,
    ):
        before = peers.served(app)

        def kill() -> None:
            os.kill(running.pid_of("recorder"), signal.SIGKILL)

        direct, through = asyncio.run(
            _both(app.port, running.port, kill if name == "recorder killed" else None)
        )
        answered = len(through.latencies)
        recorded = _settled(running, answered)
        served = peers.served(app) - before
    row: dict[str, object] = {"situation": name}
    for label, share in SHARES.items():
        row[f"direct_ms_{label}"] = round(direct.percentile(share), 3)
        row[f"added_ms_{label}"] = round(
            through.percentile(share) - direct.percentile(share), 3
        )
    return row | {
        "answered": answered,
        "failed": through.failed,
        "served_both": served,
        "recorded": recorded.exchanges,
        "gaps": recorded.gaps,
    }


async def _both(
    direct: int, through: int, kill: Callable[[], None] | None
) -> tuple[OpenLoop, OpenLoop]:
    async with asyncio.TaskGroup() as group:
        loops = [
            group.create_task(
                open_loop("127.0.0.1", port, CLIENT_PATH, rate=RATE, seconds=SECONDS)
            )
            for port in (direct, through)
        ]
        killing = asyncio.create_task(_kill(kill)) if kill is not None else None
        await asyncio.wait(loops)
        if killing is not None:
            killing.cancel()
    return loops[0].result(), loops[1].result()


async def _kill(kill: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(KILL_EVERY)
        with contextlib.suppress(KeyError, ProcessLookupError):
            kill()


def _settled(running: whosaw.Sidecar, answered: int) -> whosaw.Recorded:
    deadline = time.monotonic() + 30
    while True:
        recorded = running.recorded()
        if recorded.exchanges >= answered or time.monotonic() > deadline:
            return recorded
        time.sleep(0.5)


def _shown(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
