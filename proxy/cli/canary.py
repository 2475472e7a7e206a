"""``whosaw canary``: a test account opens a test client; is that view there in time?"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, log_to_stderr
from proxy.config import load
from proxy.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(canary)


def canary(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    repeat: Annotated[
        bool,
        typer.Option("--repeat", help="Again and again, every canary.every of it."),
    ] = False,
) -> int:
    """Log in through the sidecar, open a page, find the view; exit code 1 if not."""
    from proxy.app import canary as role

    settings = load(config)
    if repeat:
        log_to_stderr("canary")
        return role.run(settings)
    outcome = asyncio.run(role.once(settings))
    typer.echo(f"canary: {outcome}")
    return ExitCode.FAILED if outcome.failed else ExitCode.OK
