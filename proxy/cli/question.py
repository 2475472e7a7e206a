"""``whosaw question``: the catalogue of questions that compare and trace."""

from __future__ import annotations

import csv
import json
import sys
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import typer

from proxy.cli.ask import From, Limit, To, asking, period
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile
from proxy.cli.printing import console, line, table
from proxy.config import load
from proxy.errors import ExitCode, UsageError
from proxy.extraction.context import one_spelling
from proxy.keys import KeyFile
from proxy.keys import load as load_keys
from proxy.pseudonym import pseudonym, term_hash
from proxy.store.questions import BY_NAME, CATALOGUE, Needs, Table, ask


class Format(Enum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


_OPTION = {
    Needs.CLIENTS: "--client",
    Needs.EMPLOYEE: "--employee",
    Needs.TERM: "--term NAME=TEXT",
    Needs.SESSION: "--session",
}
EPILOG = "\n\n".join(
    f"{each.name} ({', '.join(_OPTION[need] for need in each.needs) or 'the period'}): "
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
) -> int:
    """Ask one question of the catalogue about a period."""
    asked = BY_NAME.get(name)
    if asked is None:
        known = ", ".join(BY_NAME)
        raise UsageError(f"{name}: no such question; there are {known}")
    settings = load(config)
    since, until = period(start, end)
    given: dict[Needs, object] = {
        Needs.CLIENTS: client,
        Needs.EMPLOYEE: employee,
        Needs.TERM: search,
        Needs.SESSION: session,
    }
    for need in asked.needs:
        if not given[need]:
            raise UsageError(f"{name}: {_OPTION[need]} is missing")
    parameters: dict[str, object] = {"from": since.isoformat(), "to": until.isoformat()}
    if Needs.EMPLOYEE in asked.needs:
        parameters["employee"] = employee
    if Needs.SESSION in asked.needs:
        parameters["session"] = session
    if Needs.CLIENTS in asked.needs:
        keys = load_keys(settings.keys)
        parameters |= {
            "subject_type": subject_type,
            "subjects": [
                pseudonym(key, subject_type, each).hex()
                for each in client or ()
                for key in keys.subject.values()
            ],
        }
    if Needs.TERM in asked.needs:
        parameters |= _term(search, load_keys(settings.keys))
    found = asking(settings, lambda store: ask(store, asked, parameters, limit=limit))
    _write(found, asked.asks, output)
    return ExitCode.OK


def _term(said: str, keys: KeyFile) -> dict[str, object]:
    name, equals, text = said.partition("=")
    if not equals or not text:
        raise UsageError(f"--term {name}: expected NAME=TEXT")
    text = one_spelling(text)
    hashes = [term_hash(key, name, text) for key in keys.subject.values()]
    # A rule set may say that a term is no personal data: then it is kept as it is.
    return {"term": name, "values": [*hashes, text]}


def _write(found: Table, asks: str, output: Format) -> None:
    if output is Format.JSON:
        plain = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
        typer.echo(
            json.dumps({"complete": found.complete, "rows": plain}, default=_plain)
        )
        return
    if output is Format.CSV:
        writer = csv.writer(sys.stdout)
        writer.writerow(found.columns)
        writer.writerows([_plain(value) for value in row] for row in found.rows)
        return
    to = console()
    line(to, asks)
    table(
        to,
        "",
        tuple(name.replace("_", " ") for name in found.columns),
        [tuple(_shown(value) for value in row) for row in found.rows],
    )
    more = "" if found.complete else "; there are more: raise --limit"
    line(to, f"{len(found.rows)} rows{more}")


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone():%F %T}"
    return str(_plain(value))


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
        case list() | tuple():
            return ", ".join(map(str, value))
        case str() | int() | float():
            return value
        case _:
            return str(value)
