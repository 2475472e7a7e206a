"""``whosaw detect`` and ``review``: what somebody should look at, and who did."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from proxy.app.account import account
from proxy.asking.asked import Asked
from proxy.cli.ask import asking, period
from proxy.cli.inquiring import inquire
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Why, log_to_stderr
from proxy.cli.printing import console, line, table
from proxy.config import Config, load
from proxy.detections import reviews
from proxy.detections.findings import Finding, ask, named, rows_behind
from proxy.detections.runner import Days, between, run
from proxy.detections.thresholds import load as load_thresholds
from proxy.errors import ExitCode
from proxy.store.port import Result

DEFAULT_PERIOD = timedelta(days=7)
MOST_SHOWN = 1_000
MOST_ROWS = 10_000
DEFAULT_TERM = 5 * 86_400.0

From = Annotated[
    str | None, typer.Option("--from", help="First day, e.g. 2026-01-31 (a week ago).")
]
To = Annotated[str | None, typer.Option("--to", help="End, not included (now).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(detect)
    app.command()(review)
    app.command("reviewed")(reviewed)


def detect(
    config: ConfigFile = DEFAULT_CONFIG,
    start: From = None,
    end: To = None,
    thresholds_file: Annotated[
        Path | None,
        typer.Option(
            "--thresholds",
            help="Thresholds to judge by (detections.thresholds).",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    explain: Annotated[
        str, typer.Option(help="Show the rows behind this finding instead.")
    ] = "",
    reason: Why = "",
    *,
    scheduled: Annotated[
        bool,
        typer.Option("--scheduled", help="Keep running, as detections.every has it."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Run the detections over the days of a period; asking again adds nothing."""
    settings = load(config)
    if scheduled:
        from proxy.app import detecting

        log_to_stderr("detections")
        return detecting.run(settings)
    if explain:
        about = f"finding {explain}"
        inquire(settings, Asked(question="detect", reason=reason, about=about))
        return _explain(settings, explain, as_json=as_json)
    given = settings.detections
    configured = given.thresholds if given is not None else None
    thresholds = load_thresholds(thresholds_file or configured)
    now = datetime.now(UTC)
    begin = start or (now - DEFAULT_PERIOD).date().isoformat()
    since, until = period(begin, end)
    days = between(since, min(until, now), thresholds)
    inquire(settings, Asked(question="detect", reason=reason, start=since, end=until))
    ran = asking(settings, lambda store: run(store, thresholds, days, now))
    found = asking(settings, lambda store: _of(store, days))
    if as_json:
        plain = [
            {**msgspec.to_builtins(finding), "state": state} for finding, state in found
        ]
        told = {"new": len(ran.new), "left_out": ran.left_out, "findings": plain}
        typer.echo(json.dumps(told))
        return ExitCode.OK
    _print(found, new={each.id for each in ran.new})
    to = console()
    line(to, f"{len(found)} findings, {len(ran.new)} of them new")
    for name, kind in ran.needs.items():
        line(to, f"{name} was not asked: it needs whosaw load {kind}")
    for name, count in ran.left_out.items():
        line(to, f"{name}: {count} more were not kept; its thresholds are too low")
    return ExitCode.OK


def review(
    finding: Annotated[str, typer.Argument(help="Id, or how it begins.")],
    config: ConfigFile = DEFAULT_CONFIG,
    state: Annotated[
        reviews.State | None, typer.Option(help="What the finding is from now on.")
    ] = None,
    reason: Annotated[
        str, typer.Option(help="Why; with --state kept with the finding for ever.")
    ] = "",
    reviewer: Annotated[
        str, typer.Option(help="Who looked (the user who runs this).")
    ] = "",
    *,
    as_json: Json = False,
) -> int:
    """Say what became of a finding, or show what was said of it."""
    settings = load(config)
    about = f"finding {finding}"
    inquire(settings, Asked(question="review", reason=reason, about=about))
    told, _ = asking(settings, lambda store: named(store, finding))
    if state is not None:
        step = reviews.Step(
            finding=told.id,
            state=state,
            at=datetime.now(UTC),
            reviewer=reviewer or account(),
            reason=reason,
        )
        asking(settings, lambda store: reviews.append(store, step))
    steps = asking(settings, lambda store: reviews.steps_of(store, told.id))
    if as_json:
        typer.echo(msgspec.json.encode(steps).decode())
        return ExitCode.OK
    to = console()
    line(to, f"{told.id} {told.detection}: {told.actor or 'nobody known'}")
    line(to, told.sentence)
    for each in steps:
        line(
            to,
            f"  {each.at.astimezone():%F %T} {each.state.value} by {each.reviewer}: "
            f"{each.reason}",
        )
    return ExitCode.OK


def reviewed(
    config: ConfigFile = DEFAULT_CONFIG,
    start: From = None,
    end: To = None,
    *,
    as_json: Json = False,
) -> int:
    """How many findings were reviewed within the agreed term of the config."""
    settings = load(config)
    given = settings.detections
    term = given.review_within if given is not None else DEFAULT_TERM
    since, until = period(start, end)
    hours = round(term / 3600)
    found = asking(
        settings, lambda store: reviews.kept(store, since, until, hours=hours)
    )
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return ExitCode.OK
    to = console()
    line(to, f"Reviewed within {hours} hours, by month; suppressed findings apart")
    table(
        to,
        "",
        ("month", "detection", "findings", "reviewed", "in time", "overdue", "share"),
        [
            (
                *(each.month, each.detection, str(each.findings), str(each.reviewed)),
                *(str(each.in_time), str(each.overdue), f"{each.share:.0%}"),
            )
            for each in found
        ],
    )
    return ExitCode.OK


def _of(store: Any, days: Days) -> list[tuple[Finding, str]]:
    return ask(
        store,
        "day >= {first:Date} AND day < {end:Date}",
        {"first": days.first.isoformat(), "end": days.end.isoformat()},
        limit=MOST_SHOWN,
    )


def _print(found: list[tuple[Finding, str]], new: set[str]) -> None:
    to = console()
    for finding, state in found:
        who = finding.actor or "nobody known"
        kind = finding.actor_kind.value
        told = "" if kind in {"person", "unknown"} else f" ({kind})"
        about = f", {finding.subject_type} {finding.subject}" if finding.subject else ""
        mark = "new" if finding.id in new else state
        if finding.suppressed:
            mark = f"suppressed: {finding.suppressed}"
        line(
            to,
            f"{finding.id}  {finding.severity.value}  {finding.detection}  "
            f"{who}{told}{about}  [{mark}]",
            "bold",
        )
        line(to, f"  {who} {finding.sentence}" if finding.actor else finding.sentence)


def _explain(config: Config, wanted: str, *, as_json: bool) -> int:
    def behind(store: Any) -> tuple[Finding, Result]:
        finding, _ = named(store, wanted)
        return finding, rows_behind(store, finding, limit=MOST_ROWS)

    finding, rows = asking(config, behind)
    shown = [[_cell(value) for value in row] for row in rows.rows]
    if as_json:
        plain = [dict(zip(rows.columns, row, strict=True)) for row in shown]
        told = {"finding": msgspec.to_builtins(finding), "rows": plain}
        typer.echo(json.dumps(told))
        return ExitCode.OK
    to = console()
    _print([(finding, "")], set())
    table(to, "Rows behind it", rows.columns, shown)
    line(to, f"{len(shown)} rows")
    return ExitCode.OK


def _cell(value: object) -> str:
    match value:
        case datetime():
            return f"{value.astimezone():%F %T}"
        case bytes():
            return value.hex()
        case _:
            return str(value)
