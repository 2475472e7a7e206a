"""``whosaw status``: is everything being recorded, and if not, why."""

from __future__ import annotations

import json
import time
from typing import Any

import typer

from proxy import status as statuses
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json
from proxy.cli.printing import console, line, table
from proxy.config import load
from proxy.errors import ExitCode

UNREAD = "unread_pages"
"""The figure that has a table of its own."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> int:
    """Say in one line whether everything is recorded; exit code 1 if it is not."""
    settings = load(config)
    verdict = statuses.judge(settings.status_directory, settings.wires, time.time())
    if as_json:
        typer.echo(json.dumps(_plain(verdict), indent=2))
    else:
        _print(verdict)
    return ExitCode.OK if verdict.recording else ExitCode.FAILED


def _plain(verdict: statuses.Verdict) -> dict[str, Any]:
    return verdict.plain()


def _print(verdict: statuses.Verdict) -> None:
    to = console()
    line(to, verdict.line)
    _print_unread(verdict.reports)
    rows = []
    for report in verdict.reports:
        name = f"{report.role} (pid {report.pid})"
        for key, value in report.figures.items():
            if value is None or (isinstance(value, dict | list | str) and not value):
                continue
            if key == UNREAD or key.endswith("_by"):  # tables; --json has them
                continue
            rows.append((name, key.replace("_", " "), _shown(key, value)))
            name = ""
    if rows:
        table(to, "", ("process", "figure", "value"), rows)


def _print_unread(reports: tuple[statuses.Report, ...]) -> None:
    """Before all figures: a page that no rule reads looks like a quiet day."""
    pages = [page for report in reports for page in report.figures.get(UNREAD, ())]
    if pages:
        columns = ("application", "path", "extraction", "reason", "exchanges")
        rows = [tuple(str(page[column]) for column in columns) for page in pages]
        table(console(), "Not read", columns, rows)


def _shown(key: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float() if key.endswith("_share"):
            return f"{value:.1%}"
        case float():
            return f"{value:,.1f}"
        case int():
            # An epoch is a name, not a quantity.
            return str(value) if key.endswith("epoch") else f"{value:,}"
        case dict():
            return ", ".join(f"{name} {each}" for name, each in value.items())
        case _:
            return str(value)
