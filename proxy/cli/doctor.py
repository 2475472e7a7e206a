"""``whosaw doctor``: whether this host is fit, and what to do when it is not."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from proxy.app.schema import store_user
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json
from proxy.cli.printing import console, line, table
from proxy.config import load
from proxy.doctor.finding import Finding, Grade
from proxy.doctor.roles import roles
from proxy.doctor.run import examine
from proxy.errors import ExitCode, UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    store: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Check only this ClickHouse server: what roles must not do.",
        ),
    ] = "",
    database: Annotated[str, typer.Option(help="With --store: its database.")] = (
        "whosaw"
    ),
    user: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ROLE:FILE",
            help="With --store: a user of a role, and the file with his password.",
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Check host, certificates, disk, clock, kernel, application, rules and store;
    exit code 1 when something is bad or refused. Changes nothing."""
    if bool(store) != bool(user):
        raise UsageError("--store URL goes with --user NAME=ROLE:FILE, one or more")
    if store:
        found = list(roles(store, database, [store_user(each) for each in user or ()]))
    else:
        found = list(examine(load(config)))
    if as_json:
        plain = [{**asdict(each), "grade": each.grade.value} for each in found]
        typer.echo(json.dumps(plain, indent=2))
    else:
        _print(found)
    bad = any(each.grade in {Grade.BAD, Grade.REFUSED} for each in found)
    return ExitCode.FAILED if bad else ExitCode.OK


def _print(found: list[Finding]) -> None:
    to = console()
    rows = [
        (each.grade.value, f"{each.check} {each.about}".rstrip(), each.said)
        for each in found
    ]
    table(to, "", ("", "checked", "found"), rows)
    wanted = [each for each in found if each.do]
    for each in wanted:
        to.print()
        line(to, f"{each.check} {each.about}: {each.said}", "bold")
        line(to, f"  {each.do}")
    to.print()
    refused = sum(each.grade is Grade.REFUSED for each in found)
    bad = sum(each.grade is Grade.BAD for each in found)
    line(to, f"{len(found)} checked, {bad} bad, {refused} refused")
