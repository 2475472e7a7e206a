"""``whosaw questions``: the question service, and who may ask it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, log_to_stderr
from proxy.config import load
from proxy.errors import ExitCode, UsageError
from proxy.ownership import refuse_root


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(questions)


def questions(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    add: Annotated[
        str, typer.Option(metavar="NAME", help="Only add this person, and end.")
    ] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(help="With --add: a new file for his token; give it to him."),
    ] = None,
) -> int:
    """Answer questions of known people, each recorded before it is answered.

    The only process that needs the keys to answer: commands talk to it with --service.
    """
    settings = load(config)
    if bool(add) != (token_file is not None):
        raise UsageError("--add NAME goes with --token-file FILE")
    if token_file is None:
        from proxy.app import questions as role

        log_to_stderr("questions")
        refuse_root(settings.state)
        return role.run(settings)
    from proxy.asking import people

    if settings.asking is None:
        raise UsageError(f"{settings.file}: there is no 'questions:' in it")
    people.add(settings.asking.people, add, token_file)
    typer.echo(f"{add} may ask; {token_file} holds the token, kept nowhere else")
    return ExitCode.OK
