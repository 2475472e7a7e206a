"""``whosaw doctor``: whether this host is fit, and what to do when it is not."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json
from proxy.cli.printing import console, line, table
from proxy.config import load
from proxy.doctor.finding import Finding, Grade
from proxy.doctor.run import examine
from proxy.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> int:
    """Check host, certificates, disk, clock, kernel, application, rules and store;
    exit code 1 when something is bad or refused. Changes nothing."""
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
