"""``report client``: one client's report, as a page or a table."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from proxy.app.access import keys_of
from proxy.asking.asked import Asked
from proxy.cli.ask import From, To, asking, period
from proxy.cli.inquiring import inquire
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Why
from proxy.cli.saving import save
from proxy.config import load
from proxy.errors import ExitCode
from proxy.pseudonym import pseudonym
from proxy.reports.client import client_report
from proxy.reports.page import page
from proxy.reports.shown import shown
from proxy.reports.table import table
from proxy.reports.words import Audience, Language
from proxy.store.crosswalk import Identifier

EPILOG = """Examples:

whosaw report client 4711 --from 2026-01-01 --to 2026-07-01
--reason "case 7" --out 4711.html

whosaw report client 4711 --for investigator --format csv
--reason "case 7" --out 4711.csv

whosaw report client 4711 --language nl --reason "request 12"
--out inzage.html

A citizen's report names no employee; both state the periods that are not
established. See docs/reports.md."""


class Format(Enum):
    """How the report is written."""

    HTML = "html"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the command."""
    report = typer.Typer(
        help="Reports for people: for the citizen, for an investigator.",
        no_args_is_help=True,
    )
    report.callback()(_reports)
    report.command("client", epilog=EPILOG)(client)
    app.add_typer(report, name="report")


def _reports() -> None:
    """Reports for people: for the citizen, for an investigator."""


def client(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="The client's id, as screens show it.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    audience: Annotated[Audience, typer.Option("--for", help="Who reads it.")] = (
        Audience.CITIZEN
    ),
    start: From = None,
    end: To = None,
    subject_type: Annotated[
        str, typer.Option("--type", help="Subject type, as the rule set names it.")
    ] = "client",
    language: Annotated[Language, typer.Option(help="Of the report.")] = Language.EN,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Most rows.")] = (
        100_000
    ),
    output: Annotated[Format, typer.Option("--format")] = Format.HTML,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write (0600); else stdout.")
    ] = None,
    reason: Why = "",
) -> int:
    """Write what was recorded about a client, and what was not established."""
    settings = load(config)
    since, until = period(start, end)
    asked = [
        Identifier(
            type=subject_type, pseudonym=pseudonym(key, subject_type, identifier).hex()
        )
        for key in keys_of(settings).subject.values()
    ]
    inquire(
        settings,
        Asked(
            question="report client",
            reason=reason,
            subject_type=subject_type,
            subjects=tuple(each.pseudonym for each in asked),
            about=f"for the {audience.value}",
            start=since,
            end=until,
        ),
    )
    report = asking(
        settings,
        lambda store: client_report(
            store, asked, identifier, since, until, datetime.now(UTC), limit=limit
        ),
    )
    seen = shown(report, audience, language)
    text = page(seen) if output is Format.HTML else table(seen)
    if out is None:
        sys.stdout.write(text)
        return ExitCode.OK
    save(out, text)
    for warning in seen.warnings:
        typer.echo(warning, err=True)
    typer.echo(f"{out}: {len(seen.lines)} rows", err=True)
    return ExitCode.OK
