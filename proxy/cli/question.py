"""``whosaw question``: the catalogue of questions that compare and trace."""

from __future__ import annotations

import csv
import json
import re
import sys
from datetime import datetime
from enum import Enum
from typing import Annotated

import typer

from proxy.asking.answering import OPTION
from proxy.asking.model import Ask, Rows
from proxy.cli.ask import From, Limit, To, period, put
from proxy.cli.options import (
    DEFAULT_CONFIG,
    ConfigFile,
    Service,
    ServiceCa,
    TokenFile,
    Why,
)
from proxy.cli.printing import console, line, table
from proxy.errors import ExitCode, UsageError
from proxy.store.questions import BY_NAME, CATALOGUE


class Format(Enum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d\Z")
EPILOG = "\n\n".join(
    f"{each.name} ({', '.join(OPTION[need] for need in each.needs) or 'the period'}): "
    f"{each.asks}"
    for each in CATALOGUE
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(question)


def question(
    name: Annotated[str, typer.Argument(help="Which; the list is below.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    start: From = None,
    end: To = None,
    client: Annotated[
        list[str] | None, typer.Option(help="Id of a client; several times.")
    ] = None,
    subject_type: Annotated[str, typer.Option("--type", help="Subject type.")] = (
        "client"
    ),
    employee: Annotated[str, typer.Option(help="Account.")] = "",
    search: Annotated[
        str, typer.Option("--term", help="NAME=TEXT of a search term.")
    ] = "",
    session: Annotated[str, typer.Option(help="Session, as answers show it.")] = "",
    limit: Limit = 10_000,
    output: Annotated[Format, typer.Option("--format")] = Format.TEXT,
    reason: Why = "",
    service: Service = "",
    token_file: TokenFile = None,
    service_ca: ServiceCa = None,
) -> int:
    """Ask one question of the catalogue about a period."""
    asked = BY_NAME.get(name)
    if asked is None:
        known = ", ".join(BY_NAME)
        raise UsageError(f"{name}: no such question; there are {known}")
    since, until = period(start, end)
    wanted = Ask(
        question=name,
        reason=reason,
        start=since,
        end=until,
        clients=tuple(client or ()),
        subject_type=subject_type,
        employee=employee,
        term=search,
        session=session,
        limit=limit,
    )
    found = put(wanted, Rows, config, service, token_file, service_ca)
    _write(found, asked.asks, output)
    return ExitCode.OK


def _write(found: Rows, asks: str, output: Format) -> None:
    if output is Format.JSON:
        plain = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
        typer.echo(json.dumps({"complete": found.complete, "rows": plain}))
        return
    if output is Format.CSV:
        writer = csv.writer(sys.stdout)
        writer.writerow(found.columns)
        writer.writerows(found.rows)
        return
    to = console()
    line(to, asks)
    table(
        to,
        "",
        tuple(name.replace("_", " ") for name in found.columns),
        [tuple(map(_shown, row)) for row in found.rows],
    )
    more = "" if found.complete else "; there are more: raise --limit"
    line(to, f"{len(found.rows)} rows{more}")


def _shown(value: object) -> str:
    """Times as the reader's clock says them; they come as text."""
    text = str(value)
    if isinstance(value, str) and _TIME.match(text):
        return f"{datetime.fromisoformat(text).astimezone():%F %T}"
    return text
