"""``whosaw demo``: the main job from start to end, on one machine, in a minute."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from deploy.demo.run import THRESHOLDS, Outcome, Plan, Stage, perform, stage
from proxy.cli.options import Json
from proxy.errors import ExitCode, UnavailableError

Keep = Annotated[
    bool, typer.Option("--keep", help="Leave everything running until Ctrl-C.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    advisors: Annotated[int, typer.Option(min=1, max=60, help="At once.")] = 40,
    exchanges: Annotated[int, typer.Option(min=1, max=1_000_000)] = 4000,
    wires: Annotated[int, typer.Option(min=1, max=16)] = 2,
    seed: Annotated[int, typer.Option(help="Of clients and advisors.")] = 2005,
    directory: Annotated[
        Path | None, typer.Option(help="Keep the state here, not in a temporary one.")
    ] = None,
    *,
    as_json: Json = False,
    keep: Keep = False,
) -> int:
    """Show who saw whom in an application that logs nothing, and check it."""
    plan = Plan(advisors=advisors, exchanges=exchanges, wires=wires, seed=seed)
    try:
        with _directory(directory) as place:
            return asyncio.run(_demo(plan, place, as_json=as_json, keep=keep))
    except RuntimeError as error:
        raise UnavailableError(str(error)) from error


@contextlib.contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="whosaw-demo-") as made:
        yield Path(made)


async def _demo(plan: Plan, place: Path, *, as_json: bool, keep: bool) -> int:
    console = Console(stderr=as_json)
    console.print("Starting an application that logs nothing, and a sidecar ...")
    async with stage(place, plan) as running:
        with _bar(console, plan) as advance:
            outcome = await perform(running, place, plan, advance)
        if as_json:
            sys.stdout.write(json.dumps(outcome.plain()) + "\n")
        else:
            _print(console, outcome)
            _print_findings(console, outcome)
            await _show_answer(console, running, outcome)
        if keep:
            await _wait(console, running, place / THRESHOLDS)
    return ExitCode.OK if outcome.clean else ExitCode.FAILED


@contextlib.contextmanager
def _bar(console: Console, plan: Plan) -> Iterator[Callable[[int], None]]:
    columns = (
        TextColumn(f"{plan.advisors} advisors at work"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("requests"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("work", total=plan.exchanges)
        yield lambda done: bar.update(task, completed=done)


def _print(console: Console, outcome: Outcome) -> None:
    score = outcome.score
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    rows: list[tuple[str, str]] = [
        (
            "exchanges seen / recorded / stored",
            (
                f"{score.exchanges_seen:,} / {score.exchanges_recorded:,} / "
                f"{score.exchanges_stored:,}"
            ),
        ),
        (
            "records shown / recorded",
            f"{score.records_shown:,} / {score.records_recorded:,}",
        ),
        ("missed", f"{score.missed:,}"),
        ("extra", f"{score.extra:,}"),
        ("wrong employee", f"{score.wrong_employee:,}"),
        ("unattributed", f"{score.unattributed:,}"),
        ("wrong data categories", f"{score.wrong_categories:,}"),
        ("gaps", f"{outcome.gaps:,}"),
        (
            "shown to queryable, p50 / p99",
            f"{outcome.lag_ms_p50:,.0f} / {outcome.lag_ms_p99:,.0f} ms",
        ),
        (
            "added to one request, median",
            (
                f"{outcome.added.added_ms:.2f} ms "
                f"(direct {outcome.added.direct_ms:.2f}, "
                f"through {outcome.added.through_ms:.2f})"
            ),
        ),
    ]
    for name, value in rows:
        table.add_row(name, value)
    console.print(table)
    for example in (*score.examples, *outcome.work.failures):
        console.print(Text(f"  {example}", style="red"))
    verdict = "every record shown is recorded, once, for the right account"
    if not outcome.clean:
        verdict = "what was recorded is not what was shown"
    console.print(Text(verdict, style="bold green" if outcome.clean else "bold red"))


def _print_findings(console: Console, outcome: Outcome) -> None:
    snooping = outcome.snooping
    console.print("\nWhat somebody should look at:")
    for finding in snooping.findings:
        told = (
            f"  {finding.actor} {finding.sentence}"
            if finding.actor
            else (f"  {finding.sentence}")
        )
        console.print(Text(told), soft_wrap=True)
    console.print(
        f"  {snooping.found} of {snooping.planted} planted cases found, among "
        f"{len(snooping.findings)} findings"
    )


async def _show_answer(console: Console, running: Stage, outcome: Outcome) -> None:
    config = running.sidecar.config.file
    console.print(f"\n$ whosaw who-saw {outcome.example} --reason demo")
    await asyncio.to_thread(
        subprocess.run,
        [
            *(sys.executable, "-m", "proxy", "who-saw", outcome.example),
            *("--reason", "demo"),
            *("--config", str(config)),
        ],
        check=False,
    )
    console.print(
        "\nTo look around, run: whosaw demo --keep\n"
        "and then who-saw CLIENT, seen-by ACCOUNT, status, each with --config;"
        " the first two with --reason."
    )


async def _wait(console: Console, running: Stage, thresholds: Path) -> None:
    config = running.sidecar.config
    console.print(
        f"\nEverything keeps running until Ctrl-C.\n"
        f"  application through the sidecar  {running.sidecar.url}\n"
        f"  application directly             {running.application.url}\n"
        f"  store                            {config.store.url} "
        f"(user reader, password in {config.state}/reader-password)\n"
        f"  config                           {config.file}\n"
        f"  whosaw status --config {config.file}\n"
        f"  whosaw detect --config {config.file} --thresholds {thresholds} "
        "--reason TEXT\n"
        f"  whosaw detect --config {config.file} --explain FINDING --reason TEXT\n"
        f"  whosaw review FINDING --config {config.file} --state seen --reason TEXT",
        soft_wrap=True,
    )
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
